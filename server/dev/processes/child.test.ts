import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChild } from "./child.ts";
import { isRunning } from "./is-running.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "hotspot-child-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const never = new AbortController().signal;
const STAY = "setInterval(() => {}, 1000);";

function start(script: string, options: { readyTimeoutMs?: number; signal?: AbortSignal } = {}) {
  let pid = 0;
  const logPath = join(dir, `${Math.random()}.log`);
  const child = startChild(
    {
      name: "program",
      program: process.execPath,
      args: ["-e", script],
      env: process.env,
      cwd: dir,
      logPath,
      readReady: (line) => (line.startsWith("ready ") ? line.slice(6) : null),
      readyTimeoutMs: options.readyTimeoutMs ?? 20_000,
    },
    (spawned) => {
      pid = spawned;
    },
    options.signal ?? never,
  );
  return { child, logPath, pid: () => pid };
}

describe("a started program", () => {
  it("is there once it says so, in a process group of its own", async () => {
    const { child, logPath } = start(`console.log("hello"); console.log("ready 42"); ${STAY}`);
    const running = await child;
    expect(running.ready).toBe("42");
    expect(() => process.kill(-running.pid, 0)).not.toThrow();
    await running.stop(5000);
    expect(await running.ended).toBe("SIGTERM");
    expect(await readFile(logPath, "utf8")).toBe("hello\nready 42\n");
  });

  it("that ends before that is an error with its last lines", async () => {
    const { child } = start(`console.error("PORT is wrong"); process.exitCode = 3;`);
    await expect(child).rejects.toThrow(/did not start: it ended with code 3[\s\S]*PORT is wrong/);
  });

  it("that says nothing in time is ended", async () => {
    const { child, pid } = start(STAY, { readyTimeoutMs: 200 });
    await expect(child).rejects.toThrow(/no ready line in 0.2 s/);
    expect(isRunning(pid())).toBe(false);
  });

  it("that does not exist is an error, not a crash of the starter", async () => {
    const spec = { name: "program", program: join(dir, "missing"), args: [], env: process.env, cwd: dir };
    const more = { logPath: join(dir, "x.log"), readReady: () => null, readyTimeoutMs: 1000 };
    await expect(startChild({ ...spec, ...more }, () => undefined, never)).rejects.toThrow(
      /cannot be started.*ENOENT/,
    );
  });

  it("is ended when the start is called off", async () => {
    const stopping = new AbortController();
    const { child, pid } = start(STAY, { signal: stopping.signal });
    stopping.abort();
    await expect(child).rejects.toThrow(/it was stopped/);
    expect(isRunning(pid())).toBe(false);
  });

  it("is killed with what it started when it does not listen", async () => {
    const grandchild = `require("child_process").spawn(process.execPath, ["-e", "${STAY}"]).pid`;
    const script = `process.on("SIGTERM", () => {}); console.log("ready " + ${grandchild}); ${STAY}`;
    const running = await start(script).child;
    await running.stop(100);
    expect(await running.ended).toBe("SIGKILL");
    await expect.poll(() => isRunning(Number(running.ready))).toBe(false);
  });
});
