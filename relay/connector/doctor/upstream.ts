import { isIP } from "node:net";
import { detectUpstreams } from "../detect/detect.ts";
import { isLoopback } from "../network/no-proxy.ts";
import type { EndpointOptions } from "../options/connect-options.ts";
import { parseUpstream, type UpstreamTarget, UpstreamUrlError } from "../upstream/target.ts";
import type { Examination, Finding } from "./finding.ts";
import { fault, ok, skipped } from "./finding.ts";
import { checkModel } from "./model.ts";
import { listens, type Probe, probeUpstream } from "./probe-upstream.ts";

/** Ports that development servers and models commonly use. */
const COMMON_PORTS = [3000, 4000, 5000, 5173, 8000, 8080, 8081, 8888, 9000, 1234, 11434];

/** What an endpoint forwards to is there, speaks HTTP, takes our Host, and has its model. */
export async function checkUpstream(examination: Examination, endpoint: EndpointOptions): Promise<Finding[]> {
  if (endpoint.to === null && endpoint.tcp.length > 0) return [];
  const target = await chooseTarget(examination, endpoint);
  if ("check" in target) return [target];
  if (endpoint.wake !== null && !(await listens(target.host, target.port))) {
    return [skipped("upstream", `${target.url} sleeps until a request wakes it.`)];
  }
  const path = `${target.basePath}/`;
  const probe = await probeUpstream(target, path, target.authority);
  if (probe.kind !== "http") return [await unreachable(target, probe)];
  if (target.tls === null && /plain HTTP request|HTTP request to an HTTPS/i.test(probe.text))
    return [wantsTls(target)];
  const reached = ok("upstream", `${target.url} answers.`);
  const host = await checkHost(examination, endpoint, target, probe.status);
  return [reached, host, await checkModel(target, examination.model)];
}

async function chooseTarget({ options }: Examination, { to, insecureUpstream }: EndpointOptions) {
  if (to === null) {
    const found = (await detectUpstreams())[0];
    if (found !== undefined) return parseUpstream(found.url);
    return fault(
      "upstream",
      "There is no --to, and no model server runs on its usual port.",
      await suggestion("127.0.0.1"),
    );
  }
  try {
    const target = parseUpstream(to, !insecureUpstream);
    const { trusted } = options.network;
    return target.tls === null || trusted === null ? target : { ...target, tls: { ...target.tls, trusted } };
  } catch (error) {
    if (error instanceof UpstreamUrlError) return fault("upstream", error.message, "Correct --to.");
    throw error;
  }
}

async function unreachable(
  target: UpstreamTarget,
  probe: Exclude<Probe, { kind: "http" }>,
): Promise<Finding> {
  const { url, host, port } = target;
  if (probe.kind === "closed" && /CERT|SIGNED|UNABLE_TO|ALTNAME/.test(probe.code)) {
    return fault(
      "upstream",
      `The certificate of ${url} is not accepted (${probe.code}).`,
      "Trust its authority with --ca-file, or do not check it: --insecure-upstream.",
    );
  }
  if (probe.kind === "closed" && /WRONG_VERSION|EPROTO|ERR_SSL|PACKET_LENGTH/.test(probe.code)) {
    return fault("upstream", `${url} does not speak TLS.`, `Write --to http://${target.authority}.`);
  }
  if (probe.kind === "closed") {
    const other = await otherFamily(host, port);
    if (other !== null) {
      return fault(
        "upstream",
        `Nothing listens at ${url}, but something does at ${other}: it is bound to the other kind of address.`,
        `Write --to http://${other}.`,
      );
    }
    const problem =
      probe.code === "ENOTFOUND" ? `The name ${host} is not found` : `Nothing listens at ${url}`;
    return fault("upstream", `${problem} (${probe.code}).`, await suggestion(host));
  }
  if (probe.kind === "silent" || probe.text.charCodeAt(0) === 0x15) {
    if (target.tls === null && probe.kind !== "silent") return wantsTls(target);
    return fault(
      "upstream",
      `${url} takes the connection, but says nothing.`,
      "Is it an HTTP server? TCP has `hotspot tcp`.",
    );
  }
  const said = JSON.stringify(probe.text.slice(0, 40));
  return fault(
    "upstream",
    `${url} does not speak HTTP: it says ${said}.`,
    `Other protocols go by \`hotspot tcp ${port}\`.`,
  );
}

function wantsTls({ url, authority }: UpstreamTarget): Finding {
  return fault("upstream", `${url} speaks TLS only.`, `Write --to https://${authority}.`);
}

/** `localhost` may mean ::1 where the server is at 127.0.0.1, and the other way round. */
async function otherFamily(host: string, port: number): Promise<string | null> {
  if (!isLoopback(host) && host !== "0.0.0.0" && host !== "::") return null;
  for (const candidate of ["127.0.0.1", "::1"]) {
    if (candidate !== host && (await listens(candidate, port))) {
      return `${isIP(candidate) === 6 ? `[${candidate}]` : candidate}:${port}`;
    }
  }
  return null;
}

async function suggestion(host: string): Promise<string> {
  const start = "Start it, or correct --to.";
  if (!isLoopback(host) && isIP(host) === 0) return start;
  const open = await Promise.all(
    COMMON_PORTS.map(async (port) => ((await listens("127.0.0.1", port)) ? [port] : [])),
  );
  const ports = open.flat();
  return ports.length === 0 ? start : `${start} On this machine something listens on ${ports.join(", ")}.`;
}

/** Some servers answer only to names they know (Ollama, development servers): 403, 421 or 400 to others. */
async function checkHost(
  { hosts }: Examination,
  { hostHeader, slug }: EndpointOptions,
  target: UpstreamTarget,
  usualStatus: number,
): Promise<Finding> {
  if (hostHeader === "rewrite") return ok("host", "The upstream sees its own name in Host.");
  const host =
    hostHeader === "preserve"
      ? ((slug && hosts.get(slug)) ?? `${slug ?? "acme"}.example.com`)
      : hostHeader.value;
  const probe = await probeUpstream(target, `${target.basePath}/`, host);
  const refused =
    probe.kind === "http" && [400, 403, 421].includes(probe.status) && probe.status !== usualStatus;
  if (!refused) return ok("host", `The upstream takes ${host} in Host.`);
  return fault(
    "host",
    `The upstream refuses the Host ${host} with ${probe.status}.`,
    `Allow that name there, or send its own: --host-header rewrite.`,
  );
}
