import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { runCli } from "../cli.ts";
import { makeCertificate, type TestCertificate } from "../testing/certificates.ts";
import { startTestProxy } from "../testing/proxy.ts";
import { portalError, startTestRelay, type TestRelay } from "../testing/relay.ts";
import type { Finding } from "./finding.ts";

let relay: TestRelay;
let dir: string;
let scratch: string;
let certificate: TestCertificate;
let upstream: string;
const closes: (() => void)[] = [];

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "hotspot-doctor-"));
  certificate = makeCertificate(scratch, ["127.0.0.1"]);
});
afterAll(() => rmSync(scratch, { recursive: true }));
beforeEach(async () => {
  dir = mkdtempSync(join(scratch, "config-"));
  relay = await startTestRelay();
  closes.push(relay.close);
  relay.portal = (path) => (path === "/api/endpoints/details" ? details("active") : null);
  upstream = await serve((_, response) => response.end("hello"));
});
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

const details = (status: string) => ({
  status: 200,
  body: {
    endpoint: { slug: "acme", publicBaseUrl: "http://acme.example.com:81", status },
    relay: { online: false, connectors: [] },
  },
});

async function listen(server: net.Server, host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  closes.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const serve = async (handle: http.RequestListener) =>
  `http://127.0.0.1:${await listen(http.createServer({ keepAliveTimeout: 1 }, handle))}`;

async function doctor(args: string[] = [], env: Record<string, string> = {}) {
  let text = "";
  const code = await runCli(
    ["doctor", "--json", "--slug", "acme", ...(args.includes("--to") ? [] : ["--to", upstream]), ...args],
    {
      env: {
        HOTSPOT_CONFIG_DIR: dir,
        HOTSPOT_PORTAL: relay.portalUrl,
        HOTSPOT_LICENSE_KEY: "hs_lic_x",
        ...env,
      },
      cwd: dir,
      program: ["hotspot"],
      terminal: null,
      stdout: (more) => {
        text += more;
      },
      stderr: () => undefined,
      stopRequested: new Promise(() => undefined),
      onReload: () => undefined,
    },
  );
  const { findings } = JSON.parse(text) as { findings: Finding[] };
  const bad = findings.filter(({ state }) => state === "fault" || state === "warning");
  return { code, findings, bad: bad.map(({ check, message, advice }) => `${check}: ${message} ${advice}`) };
}

/** The one thing that is wrong, and that the program says so by its exit code. */
async function onlyFault(args: string[] = [], env: Record<string, string> = {}): Promise<string> {
  const { code, bad } = await doctor(args, env);
  expect(bad).toHaveLength(1);
  expect(code).toBe(7);
  return bad[0]!;
}

test("where all is well it says so, with 0, having looked at everything", async () => {
  const { code, findings, bad } = await doctor();
  expect(bad).toEqual([]);
  expect(code).toBe(0);
  expect(findings.map(({ check }) => check)).toEqual([
    ...["config-dir", "secrets", "proxy", "portal", "clock", "credential", "endpoint", "relay"],
    ...["upstream", "host", "model"],
  ]);
});

test("in words: a line for each, and what to do under a fault", async () => {
  let text = "";
  const stdout = (more: string) => {
    text += more;
  };
  const code = await runCli(["doctor", "--to", "127.0.0.1:1", "--portal", relay.portalUrl], {
    env: { HOTSPOT_CONFIG_DIR: dir },
    cwd: dir,
    program: ["hotspot"],
    terminal: null,
    stdout,
    stderr: () => undefined,
    stopRequested: new Promise(() => undefined),
    onReload: () => undefined,
  });
  expect(code).toBe(7);
  expect(text).toMatch(/^FAULT +There is neither a license key nor a login\.\n {8}Run `hotspot login`/m);
  expect(text).toMatch(/2 faults found\.\n$/);
});

test.each([
  [401, "invalid_license_key", /^credential: The portal does not accept the key: no\. Copy the license key/],
  [403, "device_limit", /^credential: The portal refuses: no\./],
  [402, "payment_required", /^endpoint: acme is not served: no\./],
  [403, "endpoint_suspended", /^endpoint: acme is not served: no\./],
  [404, "endpoint_not_found", /^endpoint: You have no endpoint acme\. .*--claim/],
])("the portal says %i %s", async (status, code, message) => {
  relay.portal = (path) => (path === "/api/endpoints/details" ? portalError(status, code, "no") : null);
  expect(await onlyFault()).toMatch(message);
});

test("a suspended endpoint", async () => {
  relay.portal = (path) => (path === "/api/endpoints/details" ? details("suspended") : null);
  expect(await onlyFault()).toMatch(/^endpoint: The endpoint acme is suspended/);
});

test("a portal that is not there, by name or by port", async () => {
  expect(await onlyFault(["--portal", "http://portal.invalid"])).toMatch(
    /^portal: The name portal.invalid is not found/,
  );
  expect(await onlyFault(["--portal", "http://127.0.0.1:1"])).toMatch(
    /^portal: Nothing listens at http:..127.0.0.1:1/,
  );
});

test("a page in the portal's place: a network that wants a login first, or a wrong address", async () => {
  const captive = await serve((_, response) =>
    response.writeHead(302, { location: "http://login.example" }).end(),
  );
  expect(await onlyFault(["--portal", captive])).toMatch(
    /answers for .* \(302, to http:..login.example\). Sign in/,
  );
  expect(await onlyFault(["--portal", upstream])).toMatch(/answers 200, but not as a portal/);
});

test("a certificate that nobody vouches for, and the file that does", async () => {
  const server = https.createServer(certificate, (_, response) => response.end('{"slug":"x"}'));
  const port = await listen(server);
  const portal = ["--portal", `https://127.0.0.1:${port}`];
  expect(await onlyFault(portal)).toMatch(/^portal: The certificate of .* is not accepted .*--ca-file/);
  const { findings } = await doctor([...portal, "--ca-file", certificate.caFile]);
  expect(findings.find(({ check }) => check === "portal")).toMatchObject({ state: "ok" });
});

test("a clock ten minutes ahead of the portal's", async () => {
  const portal = await serve((_, response) => {
    response.setHeader("date", new Date(Date.now() - 600_000).toUTCString());
    response.writeHead(404).end(JSON.stringify(portalError(404, "x", "x").body));
  });
  const { bad } = await doctor(["--portal", portal]);
  expect(bad[0]).toMatch(/^clock: The clock of this machine is 10 min ahead/);
});

test("a proxy that wants a password, one that is not there, and one that a variable names in vain", async () => {
  const proxy = await startTestProxy({ user: "me", password: "pw" });
  closes.push(proxy.close);
  const secure = ["--portal", "https://portal.invalid"];
  expect(await onlyFault([...secure, "--proxy", `http://127.0.0.1:${proxy.port}`])).toMatch(
    /^proxy: The proxy .* of --proxy does not let us through: .*407.*http:\/\/user:password@/,
  );
  const env = { HTTPS_PROXY: "http://127.0.0.1:1" };
  expect(await onlyFault(secure, env)).toMatch(
    /^proxy: .* cannot be reached by the proxy 127.0.0.1:1 of HTTPS_PROXY/,
  );
  expect(await onlyFault(secure, { HTTPS_PROXY: "socks5://x:1" })).toMatch(
    /^config: HTTPS_PROXY names a socks5 proxy/,
  );
});

test("a relay that WebSockets do not reach, and one that has gone on without us", async () => {
  relay.refuse = () => 400;
  expect(await onlyFault()).toMatch(/^relay: No WebSocket comes through .* answers 400/);
  relay.refuse = () => 426;
  expect(await onlyFault()).toMatch(/^version: This connector is too old .*Update hotspot/);
  expect(await onlyFault(["--relay", "ws://127.0.0.1:1"])).toMatch(
    /^relay: The relay 127.0.0.1:1 cannot be reached/,
  );
});

test("nothing listens at the upstream's port", async () => {
  expect(await onlyFault(["--to", "127.0.0.1:1"])).toMatch(
    /^upstream: Nothing listens at http:..127.0.0.1:1 .*correct --to/,
  );
});

test("the upstream is bound to the other kind of address", async () => {
  const { port } = new URL(upstream);
  expect(await onlyFault(["--to", `http://[::1]:${port}`])).toMatch(
    new RegExp(`something does at 127.0.0.1:${port}: .* Write --to http://127.0.0.1:${port}`),
  );
});

test("the upstream speaks something else: not HTTP, or TLS, or no TLS", async () => {
  const ssh = await listen(net.createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n")));
  expect(await onlyFault(["--to", `127.0.0.1:${ssh}`])).toMatch(
    /does not speak HTTP: it says "SSH-2.0.*hotspot tcp \d+/,
  );
  const secure = await listen(https.createServer(certificate));
  const url = `127.0.0.1:${secure}`;
  expect(await onlyFault(["--to", `https://${url}`])).toMatch(
    /certificate of .* is not accepted .*--insecure-upstream/,
  );
  expect(await onlyFault(["--to", upstream.replace("http:", "https:")])).toMatch(
    /does not speak TLS.*--to http:/,
  );
});

test("the upstream refuses the public name in Host", async () => {
  upstream = await serve((request, response) =>
    response.writeHead(request.headers.host?.startsWith("127.") ? 200 : 403).end(),
  );
  expect(await onlyFault(["--host-header", "preserve"])).toMatch(
    /^host: The upstream refuses the Host acme.example.com:81 with 403. .*--host-header rewrite/,
  );
  expect((await doctor()).bad).toEqual([]);
});

test("a model that the upstream does not have", async () => {
  upstream = await serve((_, response) =>
    response.end('{"object":"list","data":[{"id":"llama3.2:latest"}]}'),
  );
  expect(await onlyFault(["--model", "qwen3"])).toMatch(
    /^model: The upstream has no model qwen3. It has llama3.2:latest/,
  );
  expect((await doctor(["--model", "llama3.2"])).bad).toEqual([]);
});

test("a config file with a mistake, and one with a key that others can read", async () => {
  const file = join(dir, "hotspot.yaml");
  writeFileSync(file, "slugg: acme\n");
  expect(await onlyFault()).toMatch(/^config: .*hotspot.yaml:1: unknown setting "slugg"/);
  writeFileSync(file, "license-key: hs_lic_mine\n");
  chmodSync(file, 0o644);
  const { bad, code } = await doctor();
  expect(bad).toEqual([
    expect.stringMatching(/^secrets: .*hotspot.yaml can be read by other users .*chmod 600/),
  ]);
  expect(code).toBe(0);
});

test("a config directory that cannot be one", async () => {
  writeFileSync(join(dir, "file"), "");
  const { bad, code } = await doctor(["--device-id", "d"], {
    HOTSPOT_CONFIG_DIR: join(dir, "file", "below"),
  });
  expect(bad).toEqual([expect.stringMatching(/^config-dir: .* cannot be written \(ENOTDIR\)/)]);
  expect(code).toBe(7);
});
