import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listProcesses } from "../processes.ts";
import { startCloudflared } from "./child.ts";
import { findCloudflared } from "./find.ts";
import { endLeftovers, runsWith } from "./leftover.ts";
import { createLogReader, readLine } from "./log-lines.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hotspot-cloudflared-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A program of our own in the place of cloudflared. */
function script(body: string, name = "cloudflared"): string {
  const path = join(dir, name);
  writeFileSync(path, `#!${process.execPath}\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("its lines become ours, with their level, without a secret, however they are cut", () => {
  const lines: unknown[] = [];
  const read = createLogReader(
    (level, message, fields) => lines.push([level, message, fields]),
    () => ["tok-123", ""],
  );
  for (const piece of [
    "2026-11-20T09:30:00Z INF Registered tun",
    "nel connection\n2026-11-20T09:30:01Z ER",
    "R token tok-",
    "123 refused\r\npanic: x\n\n",
  ])
    read(piece);
  expect(lines).toEqual([
    ["info", "cloudflared", { message: "Registered tunnel connection" }],
    ["error", "cloudflared", { message: "token [secret] refused" }],
    ["warn", "cloudflared", { message: "panic: x" }],
  ]);
  expect(readLine(`2026-11-20T09:30:00Z FTL ${"x".repeat(9_000)}`).message).toHaveLength(2_000);
});

test("it gets no secret of ours and no proxy by its environment, but whom to trust, and says why it ended", async () => {
  const program = script(`
    for (const name of Object.keys(process.env)) if (/^(HOTSPOT|TUNNEL|(HTTPS?|ALL|NO)_PROXY$)/i.test(name)) console.log("2026-01-01T00:00:00Z INF " + name);
    console.log("2026-01-01T00:00:00Z INF " + process.env.SSL_CERT_FILE);
    console.error("2026-01-01T00:00:00Z ERR Provided Tunnel token is not valid.");
    process.exitCode = 255;`);
  const log = vi.fn();
  const others = {
    ...{ TUNNEL_TOKEN: "x", TUNNEL_REGION: "us", HOTSPOT_LICENSE_KEY: "y" },
    // By these it would reach the service, not Cloudflare.
    ...{ HTTPS_PROXY: "http://p:1", http_proxy: "http://p:1" },
  };
  const run = startCloudflared({
    program,
    args: [],
    metricsAddress: "127.0.0.1:1",
    env: { ...process.env, ...others },
    trustedFile: "/trusted.pem",
    log,
    secrets: () => [],
  });
  expect(await run.ended).toBe("it ended with exit code 255: Provided Tunnel token is not valid.");
  const names = log.mock.calls.filter(([level]) => level === "info").map(([, , fields]) => fields.message);
  expect(names.sort()).toEqual(["/trusted.pem", "TUNNEL_GRACE_PERIOD", "TUNNEL_REGION"]);
});

test("a program that cannot be started ends with why", async () => {
  const options = {
    args: [],
    metricsAddress: "",
    env: process.env,
    trustedFile: null,
    log: vi.fn(),
    secrets: () => [],
  };
  const run = startCloudflared({ ...options, program: join(dir, "none") });
  expect(await run.ended).toMatch(/could not be started \(.*ENOENT/);
  await run.stop();
});

test("what an earlier run has left behind is found by the file that it was given, and ended", async () => {
  const program = script("setInterval(() => {}, 1000); console.log('2026-01-01T00:00:00Z INF up');");
  const token = join(dir, "a b", "token");
  const start = (file: string) => {
    const log = vi.fn();
    const args = ["tunnel", "--metrics", "127.0.0.1:1", "run", "--token-file", file];
    const run = startCloudflared({
      program,
      args,
      metricsAddress: "",
      env: process.env,
      trustedFile: null,
      log,
      secrets: () => [],
    });
    return { run, up: vi.waitFor(() => expect(log).toHaveBeenCalled(), 5_000) };
  };
  const [ours, others] = [start(token), start(`${token}2`)];
  await Promise.all([ours.up, others.up]);
  expect(await endLeftovers(token, process.env, vi.fn())).toBe(1);
  expect(await ours.run.ended).toBe("it was ended by SIGTERM");
  expect(
    (await listProcesses(process.env)).filter(({ commandLine }) => runsWith(commandLine, `${token}2`)),
  ).toHaveLength(1);
  await others.run.stop();
  expect(await endLeftovers(token, process.env, vi.fn())).toBe(0);
});

test("a command line is that of a cloudflared of this hub, or not", () => {
  const file = "/home/a b/hubs/x.d/token";
  expect(runsWith(`/usr/bin/cloudflared tunnel --metrics 127.0.0.1:1 run --token-file ${file}`, file)).toBe(
    true,
  );
  expect(runsWith(`"C:\\cloudflared.exe" tunnel --config "${file}" run`, file)).toBe(true);
  expect(runsWith(`vi ${file}`, file)).toBe(false);
  expect(runsWith(`cloudflared tunnel run --token-file ${file}.old`, file)).toBe(false);
});

test("it is looked for in PATH, and a path is taken as it is", () => {
  const path = script("");
  writeFileSync(join(dir, "notes"), "");
  const env = { PATH: `/nowhere:${dir}` };
  expect(findCloudflared(null, env, "/")).toBe(path);
  expect(findCloudflared("./cloudflared", {}, dir)).toBe(path);
  expect(findCloudflared(path, {}, "/")).toBe(path);
  expect(findCloudflared("notes", env, "/")).toBeNull();
  expect(findCloudflared(null, { PATH: "/nowhere" }, "/")).toBeNull();
});
