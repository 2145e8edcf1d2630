import { isIP } from "node:net";
import { ProxyRefusedError } from "../network/errors.ts";
import { request } from "../network/http.ts";
import type { HttpAnswer } from "../network/http-types.ts";
import { PROXY_VARIABLES } from "../network/proxy.ts";
import { agentName } from "../version.ts";
import { type Examination, type Finding, fault, ok, warning } from "./finding.ts";

const TIMEOUT_MS = 8_000;
/** Tokens and certificates stand a difference of this, s. */
const CLOCK_SECONDS = 120;

/** The portal answers, the clock is right, and the proxy is none of the trouble. */
export async function checkPortal({ options }: Examination, env: Record<string, string | undefined>) {
  const { portal, network } = options;
  const url = `${portal}/api/connectors/status?slug=hotspot-doctor`;
  const proxy = network.proxyFor(url);
  const sentAt = Date.now();
  let answer: HttpAnswer;
  try {
    const headers = { accept: "application/json", "user-agent": agentName() };
    answer = await request(url, { method: "GET", headers, timeoutMs: TIMEOUT_MS, network });
  } catch (error) {
    return [portalFault(portal, error as Error, proxy)];
  }
  const findings: Finding[] = [];
  if (proxy !== null)
    findings.push(ok("proxy", `The proxy ${proxy.host}:${proxy.port} of ${proxy.source} lets us through.`));
  else findings.push(ignoredProxy(env, portal));
  findings.push(isPortal(answer) ? ok("portal", `${portal} answers.`) : notPortal(portal, answer));
  findings.push(checkClock(answer, sentAt));
  return findings;
}

function portalFault(
  portal: string,
  error: Error & { code?: string; cause?: unknown },
  proxy: { host: string; port: number; source: string } | null,
): Finding {
  const cause = error.cause as { code?: string } | undefined;
  const code = cause?.code ?? error.code ?? "";
  const { hostname, protocol } = new URL(portal);
  if (error instanceof ProxyRefusedError) {
    return fault(
      "proxy",
      `The proxy ${proxy?.host}:${proxy?.port} of ${proxy?.source} does not let us through: ${error.message}.`,
      error.status === 407
        ? "Put user and password into its address: http://user:password@proxy:3128."
        : `Ask for ${hostname} to be allowed there, or go without it: --proxy none.`,
    );
  }
  if (/CERT|SIGNED|TLS|SSL|UNABLE_TO/i.test(code) || /certificate/i.test(error.message)) {
    return fault(
      "portal",
      `The certificate of ${portal} is not accepted (${code || error.message}).`,
      "When a company's proxy opens TLS, pass its authority with --ca-file; otherwise do not go on.",
    );
  }
  if (proxy !== null) {
    return fault(
      "proxy",
      `The portal cannot be reached by the proxy ${proxy.host}:${proxy.port} of ${proxy.source} (${code || error.message}).`,
      `Correct ${proxy.source}, or go without it: --proxy none.`,
    );
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return fault("portal", `The name ${hostname} is not found.`, "Check --portal, and this machine's DNS.");
  }
  if (code === "ECONNREFUSED" || code === "ConnectionRefused") {
    return fault("portal", `Nothing listens at ${portal}.`, "Check host and port of --portal.");
  }
  if (/EPROTO|WRONG_VERSION|ERR_SSL/i.test(code) && protocol === "https:") {
    return fault("portal", `${portal} does not speak TLS.`, "Check --portal: http or https?");
  }
  return fault(
    "portal",
    `${portal} does not answer (${code || error.message}).`,
    "Check the network and whether a firewall asks for a proxy (HTTPS_PROXY).",
  );
}

function isPortal({ text }: HttpAnswer): boolean {
  try {
    const body = JSON.parse(text) as { error?: { code?: string }; slug?: string };
    return body.slug !== undefined || body.error?.code !== undefined;
  } catch {
    // A page of somebody else.
    return false;
  }
}

function notPortal(portal: string, { status, header }: HttpAnswer): Finding {
  if (status === 511 || (status >= 300 && status < 400)) {
    return fault(
      "portal",
      `Something on the way answers for ${portal} (${status}${header("location") ? `, to ${header("location")}` : ""}).`,
      "Sign in to this network in a browser first, or correct --portal.",
    );
  }
  return fault("portal", `${portal} answers ${status}, but not as a portal.`, "Check --portal.");
}

function checkClock({ header }: HttpAnswer, sentAt: number): Finding {
  const date = Date.parse(header("date") ?? "");
  if (Number.isNaN(date)) return ok("clock", "The portal does not say what time it is.");
  const seconds = Math.round((sentAt - date) / 1_000);
  if (Math.abs(seconds) <= CLOCK_SECONDS) return ok("clock", "The clock is right.");
  const amount = `${Math.round(Math.abs(seconds) / 60)} min ${seconds > 0 ? "ahead" : "behind"}`;
  return fault(
    "clock",
    `The clock of this machine is ${amount}: tokens and certificates look expired or not yet valid.`,
    "Switch on its time synchronisation (timedatectl set-ntp true).",
  );
}

function ignoredProxy(env: Record<string, string | undefined>, portal: string): Finding {
  const set = PROXY_VARIABLES.filter((name) => name !== "NO_PROXY").filter(
    (name) => env[name] || env[name.toLowerCase()],
  );
  if (set.length === 0) return ok("proxy", "No proxy is set.");
  const { hostname } = new URL(portal);
  const local = hostname === "localhost" || hostname.endsWith(".localhost") || isIP(hostname) !== 0;
  if (local) return ok("proxy", `${set.join(", ")} is not for ${hostname}.`);
  return warning(
    "proxy",
    `${set.join(", ")} is set, but not used for ${portal}.`,
    "When that is not meant: check NO_PROXY, and that https has HTTPS_PROXY.",
  );
}
