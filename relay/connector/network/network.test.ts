import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { bytes } from "../../protocol/testing/recorder.ts";
import { makeCertificate, type TestCertificate } from "../testing/certificates.ts";
import { Client } from "../testing/link.ts";
import { startTestProxy, type TestProxy } from "../testing/proxy.ts";
import { startTestRelay, type TestRelay } from "../testing/relay.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const main = join(root, "relay/connector/main.ts");

let dir: string;
let certificate: TestCertificate;
let relay: TestRelay;
let proxy: TestProxy;
let upstream: https.Server;
const children: ChildProcess[] = [];

// Nothing but the proxy knows the name that portal and relay go by, and nothing but the file the authority.
const NAME = "portal.invalid";

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hotspot-network-"));
  certificate = makeCertificate(dir, [NAME, "127.0.0.1"]);
  relay = await startTestRelay({ name: NAME, ...certificate });
  proxy = await startTestProxy({ user: "me", password: "p@ss:w" });
  upstream = https.createServer(certificate, (request, response) => response.end(`you asked ${request.url}`));
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  proxy.asked.length = 0;
  proxy.refuse = null;
});
afterAll(() => {
  relay.close();
  proxy.close();
  upstream.closeAllConnections();
  upstream.close();
  rmSync(dir, { recursive: true });
});

const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 10_000, interval: 10 });

const proxyUrl = (login: string) => `http://${login}@127.0.0.1:${proxy.port}`;
const good = "me:p%40ss%3Aw";

function connect(program: string, env: Record<string, string>, args: string[] = []) {
  const port = (upstream.address() as AddressInfo).port;
  const target = ["--slug", "acme", "--to", `https://127.0.0.1:${port}`, "--portal", relay.portalUrl];
  const child = spawn(program, [main, "connect", ...target, ...args], {
    cwd: dir,
    env: {
      NODE_ENV: "test",
      PATH: process.env.PATH,
      HOTSPOT_CONFIG_DIR: dir,
      HOTSPOT_LICENSE_KEY: "hs_lic_x",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const output = { text: "", code: null as number | null };
  const gather = (data: Buffer) => {
    output.text += data;
  };
  child.stdout.on("data", gather);
  child.stderr.on("data", gather);
  child.on("close", (code) => {
    output.code = code;
  });
  return output;
}

describe.each([
  ["Bun", join(root, "node_modules/.bin/bun")],
  ["Node", process.execPath],
])("on %s", (_, program) => {
  test("portal and relay are reached by the proxy with its password, and the file's authority is trusted, also for the upstream", async () => {
    const before = relay.links.length;
    const output = connect(program, { HTTPS_PROXY: proxyUrl(good), HOTSPOT_CA_FILE: certificate.caFile });
    await until(() => output.text.includes("live "));
    const client = new Client();
    const head = bytes("GET /hello HTTP/1.1\r\nHost: acme.localhost\r\n\r\n");
    expect(relay.links).toHaveLength(before + 1);
    client.stream = relay.links.at(-1)!.session.open(0, 0, head, true, client)!;
    await until(() => client.ended || client.reset);
    expect(client.body).toBe("you asked /hello");
    const { port } = new URL(relay.portalUrl);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${NAME}:${port}`]));
    expect(proxy.asked.length).toBeGreaterThanOrEqual(2);
  }, 20_000);

  test("a wrong password is said to be the proxy's fault", async () => {
    const output = connect(program, { NODE_EXTRA_CA_CERTS: certificate.caFile }, [
      ...["--proxy", proxyUrl("me:wrong"), "--no-retry"],
    ]);
    await until(() => output.code !== null);
    expect(output.text).toMatch(/does not answer by the proxy 127\.0\.0\.1:\d+ of --proxy \(.*407/);
    expect(output.text).not.toContain("wrong");
    expect(output.code).toBe(5);
  }, 20_000);

  test("without the authority the certificate is refused", async () => {
    const output = connect(program, { HTTPS_PROXY: proxyUrl(good) }, ["--no-retry"]);
    await until(() => output.code !== null);
    expect(output.text).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    expect(output.code).toBe(5);
  }, 20_000);
});

test("a file without certificates is refused by name", async () => {
  const file = join(dir, "empty.pem");
  writeFileSync(file, "nothing");
  const output = connect(process.execPath, {}, ["--ca-file", file]);
  await until(() => output.code !== null);
  expect(output.text).toContain(`--ca-file: ${file} holds no PEM certificate`);
  expect(output.code).toBe(2);
});
