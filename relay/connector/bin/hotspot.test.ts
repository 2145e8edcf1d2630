import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bytes } from "../../protocol/testing/recorder.ts";
import { Client } from "../testing/link.ts";
import { startTestRelay, type TestRelay } from "../testing/relay.ts";
import { VERSION } from "../version.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const launcher = join(root, "relay/connector/bin/hotspot.mjs");
const main = join(root, "relay/connector/main.ts");
const bun = join(root, "node_modules/.bin/bun");

let relay: TestRelay;
let upstream: http.Server;
let upstreamUrl: string;
let dir: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  relay = await startTestRelay();
  upstream = http.createServer((request, response) => response.end(`you asked ${request.url}`));
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  dir = mkdtempSync(join(tmpdir(), "hotspot-cli-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  relay.close();
  upstream.closeAllConnections();
  upstream.close();
  rmSync(dir, { recursive: true });
});

const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 8_000, interval: 10 });

function run(command: string[], args: string[], env: Record<string, string> = {}) {
  const [program, ...before] = command as [string, ...string[]];
  const child = spawn(program, [...before, ...args], {
    cwd: dir,
    env: {
      NODE_ENV: "test",
      PATH: process.env.PATH,
      HOTSPOT_CONFIG_DIR: dir,
      HOTSPOT_PORTAL: relay.portalUrl,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const output = { out: "", err: "", code: null as number | null };
  child.stdout.on("data", (data) => {
    output.out += data;
  });
  child.stderr.on("data", (data) => {
    output.err += data;
  });
  child.on("close", (code) => {
    output.code = code ?? -1;
  });
  return { child, output };
}

const hotspot = (args: string[], env?: Record<string, string>) =>
  run([process.execPath, launcher], args, env);
const licensed = { HOTSPOT_LICENSE_KEY: "hs_lic_x" };

async function ask(path: string): Promise<Client> {
  const client = new Client();
  const head = bytes(`GET ${path} HTTP/1.1\r\nHost: acme.localhost\r\n\r\n`);
  client.stream = relay.links.at(-1)!.session.open(0, 0, head, true, client)!;
  await until(() => client.ended || client.reset);
  return client;
}

describe.each([
  ["the launcher", [process.execPath, launcher]],
  ["Bun", [bun, main]],
  ["Node", [process.execPath, main]],
])("by %s", (_, command) => {
  test("is live, answers, lists requests on stdout, and stops at SIGTERM with 0", async () => {
    const { child, output } = run(command, ["connect", "--slug", "acme", "--to", upstreamUrl], licensed);
    await until(() => output.out.includes("\n"));
    expect(output.out).toBe(`live http://acme.localhost:8789 -> ${upstreamUrl}\n`);
    expect((await ask("/hello")).body).toBe("you asked /hello");
    await until(() => output.out.includes("/hello"));
    expect(output.out.split("\n")[1]).toMatch(/^\d\d:\d\d:\d\d GET \/hello 200 [\d.]+ ms 16 B$/);
    child.kill("SIGHUP");
    await until(() => output.err.includes("Reloaded: nothing has changed."));
    relay.links[0]!.socket.terminate();
    await until(() => relay.links[1]?.session.accepting);
    await until(() => output.err.includes("online: 1 of 1"));
    expect(output.out.match(/live /g)).toHaveLength(1);
    child.kill("SIGTERM");
    await until(() => output.code !== null);
    expect(output.code).toBe(0);
    expect(relay.links[1]!.goaways).toHaveLength(1);
  }, 20_000);
});

test("a launcher killed by -9 leaves nothing behind", async () => {
  const { child, output } = hotspot(["connect", "1", "--slug", "acme"], licensed);
  await until(() => output.out.includes("live "));
  child.kill("SIGKILL");
  await until(() => relay.links[0]!.session.closed);
  // Its stdout is closed only when the last process that holds it is gone.
  await until(() => output.code !== null);
}, 20_000);

test("--version is that of the package", async () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
  const { output } = hotspot(["--version"]);
  await until(() => output.code !== null);
  expect(output).toEqual({ out: `${VERSION}\n`, err: "", code: 0 });
}, 20_000);

test("the exit code is passed on, and stdout stays empty", async () => {
  const { output } = hotspot(["connect", "--bogus"]);
  await until(() => output.code !== null);
  expect(output).toEqual({ out: "", err: expect.stringContaining("unknown option '--bogus'"), code: 2 });
}, 20_000);
