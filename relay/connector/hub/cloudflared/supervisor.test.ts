import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CloudflaredRun } from "./child.ts";
import { restartDelayMs, Supervisor, type TunnelState } from "./supervisor.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Stand-ins for the processes, with a hand on each. */
function world(options: { connections?: () => number | null; start?: () => Promise<void> } = {}) {
  const runs: { end(why: string): void; stopped: boolean }[] = [];
  const states: TunnelState[] = [];
  const logged: string[] = [];
  let connections = options.connections ?? (() => 4);
  const supervisor = new Supervisor({
    async start(): Promise<CloudflaredRun> {
      await options.start?.();
      const { promise, resolve } = Promise.withResolvers<string>();
      const run = { end: resolve, stopped: false };
      runs.push(run);
      return {
        metricsAddress: "127.0.0.1:1",
        ended: promise,
        async stop() {
          run.stopped = true;
          resolve("it was ended by SIGTERM");
        },
      };
    },
    connections: async () => connections(),
    onChange: (state) => states.push(state),
    log: (_level, message) => logged.push(message),
    random: () => 0,
  });
  supervisor.start();
  return {
    supervisor,
    runs,
    states,
    logged,
    answer: (next: () => number | null) => {
      connections = next;
    },
  };
}

test("it is ready when /ready says so, not when its process lives", async () => {
  const { supervisor, runs, answer } = world({ connections: () => null });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(supervisor.state).toMatchObject({ running: true, ready: false });
  answer(() => 0);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(supervisor.state).toMatchObject({
    running: true,
    ready: false,
    problem: "cloudflared has no connection to Cloudflare.",
  });
  expect(performance.now() - supervisor.state.unreadySince!).toBeGreaterThan(3_600_000);
  // A wrong token is not cured by another process.
  expect(runs).toHaveLength(1);
  answer(() => 2);
  await vi.advanceTimersByTimeAsync(300);
  expect(supervisor.state).toMatchObject({ ready: true, connections: 2, problem: null, unreadySince: null });
});

test("one that has ended is started again, later and later, and soon again after a steady time", async () => {
  const { supervisor, runs, logged } = world();
  const startsWithin = async (ms: number) => {
    const before = runs.length;
    runs.at(-1)!.end("it ended with exit code 1");
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(runs).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toHaveLength(before + 1);
  };
  await vi.advanceTimersByTimeAsync(10);
  await startsWithin(375);
  await startsWithin(750);
  await startsWithin(1_500);
  expect(supervisor.state.restarts).toBe(3);
  await vi.advanceTimersByTimeAsync(61_000);
  await startsWithin(375);
  expect(new Set(logged)).toEqual(new Set(["cloudflared has ended and is started again"]));
});

test("no wait is longer than a minute", () => {
  expect(restartDelayMs(1_000, 0.999)).toBeLessThanOrEqual(60_000);
  expect(restartDelayMs(1_000, 0)).toBe(45_000);
  expect(restartDelayMs(0, 0)).toBe(375);
});

test("why it does not run is said, and a start that fails is tried again", async () => {
  const start = vi.fn().mockRejectedValueOnce(new Error("no free port")).mockResolvedValue(undefined);
  const { supervisor, runs, states } = world({ start });
  await vi.advanceTimersByTimeAsync(1);
  expect(supervisor.state.problem).toBe("cloudflared could not be started: no free port");
  await vi.advanceTimersByTimeAsync(400);
  expect(supervisor.state).toMatchObject({ ready: true });
  runs[0]!.end("it ended with exit code 255: bad token");
  await vi.advanceTimersByTimeAsync(1);
  expect(supervisor.state).toMatchObject({
    running: false,
    ready: false,
    problem: "cloudflared does not run: it ended with exit code 255: bad token.",
  });
  // Told once per change, not once per look.
  expect(states.length).toBeLessThan(10);
});

test("one that hangs is ended and started anew", async () => {
  const { runs, answer } = world();
  await vi.advanceTimersByTimeAsync(5_000);
  answer(() => null);
  await vi.advanceTimersByTimeAsync(55_000);
  expect(runs).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(runs.map(({ stopped }) => stopped)).toEqual([true, false]);
});

test("a restart that is wanted does not wait, and a stop is the end", async () => {
  const { supervisor, runs } = world();
  await vi.advanceTimersByTimeAsync(1_000);
  await supervisor.restart();
  await vi.advanceTimersByTimeAsync(1);
  expect(runs.map(({ stopped }) => stopped)).toEqual([true, false]);
  await supervisor.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(runs.map(({ stopped }) => stopped)).toEqual([true, true]);
  expect(supervisor.state).toMatchObject({ running: false, ready: false });
});

test("a stop between two starts does not start another", async () => {
  const { supervisor, runs } = world();
  await vi.advanceTimersByTimeAsync(10);
  runs[0]!.end("it ended with exit code 1");
  await vi.advanceTimersByTimeAsync(10);
  await supervisor.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(runs).toHaveLength(1);
});
