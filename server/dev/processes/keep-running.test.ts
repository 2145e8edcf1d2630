import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Child } from "./child.ts";
import { KeptChild } from "./keep-running.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Programs that end when the test says so. */
function fakePrograms(startOf: (attempt: number) => Error | null = () => null) {
  const running: { child: Child<null>; end: (why: string) => void; stops: number[] }[] = [];
  let attempts = 0;
  const start = async (signal: AbortSignal) => {
    signal.throwIfAborted();
    const failure = startOf(++attempts);
    if (failure) throw failure;
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    const stops: number[] = [];
    const stop = async (timeoutMs: number) => {
      stops.push(timeoutMs);
      end("SIGTERM");
    };
    running.push({ child: { name: "fake", pid: attempts, ready: null, ended, stop }, end, stops });
    return running.at(-1)!.child;
  };
  const hooks = { onCrash: vi.fn(), onRestarted: vi.fn(), onGivenUp: vi.fn() };
  return { start, hooks, running, attempts: () => attempts };
}

const never = new AbortController().signal;

describe("a kept program", () => {
  it("is started again after a crash, with its reason told", async () => {
    const programs = fakePrograms();
    const kept = await KeptChild.start(programs.start, programs.hooks, never);
    programs.running[0]!.end("SIGKILL");
    await vi.runAllTimersAsync();
    expect(programs.hooks.onCrash).toHaveBeenCalledExactlyOnceWith("SIGKILL", 200);
    expect(programs.hooks.onRestarted).toHaveBeenCalledExactlyOnceWith(kept.current);
    expect(kept.current.pid).toBe(2);
  });

  it("waits longer each time and is given up when it keeps crashing", async () => {
    const programs = fakePrograms((attempt) => (attempt === 1 ? null : new Error("no such file")));
    await KeptChild.start(programs.start, programs.hooks, never);
    programs.running[0]!.end("code 1");
    await vi.runAllTimersAsync();
    expect(programs.hooks.onCrash.mock.calls).toEqual([
      ["code 1", 200],
      ["no such file", 400],
      ["no such file", 800],
      ["no such file", 1600],
      ["no such file", 3200],
    ]);
    expect(programs.hooks.onGivenUp).toHaveBeenCalledExactlyOnceWith("no such file");
  });

  it("may crash now and then for ever", async () => {
    const programs = fakePrograms();
    await KeptChild.start(programs.start, programs.hooks, never);
    for (let crash = 0; crash < 20; crash++) {
      programs.running.at(-1)!.end("code 1");
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(programs.hooks.onRestarted).toHaveBeenCalledTimes(20);
    expect(programs.hooks.onGivenUp).not.toHaveBeenCalled();
  });

  it("stays ended once it was stopped, also in the pause before a restart", async () => {
    const programs = fakePrograms();
    const kept = await KeptChild.start(programs.start, programs.hooks, never);
    programs.running[0]!.end("code 1");
    await vi.advanceTimersByTimeAsync(100);
    await kept.stop(1000);
    await vi.runAllTimersAsync();
    expect(programs.attempts()).toBe(1);
    expect(programs.hooks.onRestarted).not.toHaveBeenCalled();
  });

  it("is not taken for crashed when it is restarted on purpose", async () => {
    const programs = fakePrograms();
    const kept = await KeptChild.start(programs.start, programs.hooks, never);
    await kept.restart(1000);
    await vi.runAllTimersAsync();
    expect(programs.running[0]!.stops).toEqual([1000]);
    expect(kept.current.pid).toBe(2);
    expect(programs.hooks.onCrash).not.toHaveBeenCalled();
  });
});
