import type { Log } from "../../upstream/log.ts";
import type { CloudflaredRun } from "./child.ts";

/** Between two looks while it is not ready: a visitor should not wait for us to notice. */
const LOOK_UNREADY_MS = 250;
const LOOK_READY_MS = 2_000;
/** First wait before it is started again, and the longest. */
const FIRST_RESTART_MS = 500;
const MAX_RESTART_MS = 60_000;
/** One that was ready for so long has ended for a new reason: waits begin anew. */
const STEADY_MS = 60_000;
/** One whose process lives but which does not even say that it is not ready hangs. */
const HANGS_AFTER_MS = 60_000;

/** How the tunnel of this hub is. */
export interface TunnelState {
  running: boolean;
  /** Cloudflare sends requests here. */
  ready: boolean;
  connections: number;
  /** Why it does not run or is not ready, in words; null when it is. */
  problem: string | null;
  /** Since when it has not been ready, by the clock of `performance.now()`; null when it is. */
  unreadySince: number | null;
  /** How often it was started again because it had ended. */
  restarts: number;
}

export interface SupervisorOptions {
  /** Starts one. Whatever it throws is a start that failed. */
  start(): Promise<CloudflaredRun>;
  /** Connections to Cloudflare; null: no answer. */
  connections(run: CloudflaredRun): Promise<number | null>;
  /** The state is another one than before. */
  onChange(state: TunnelState): void;
  log: Log;
  /** In [0, 1). */
  random?: () => number;
}

/** Keeps one cloudflared running, and knows whether it works. */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private run: CloudflaredRun | null = null;
  private current: TunnelState = {
    running: false,
    ready: false,
    connections: 0,
    problem: "It has not been started yet.",
    unreadySince: null,
    restarts: 0,
  };
  private isStopping = false;
  /** Ends the wait before a start. */
  private wake: () => void = () => undefined;
  private isRestartWanted = false;
  private over: Promise<void> | null = null;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  get state(): TunnelState {
    return this.current;
  }

  start(): void {
    this.over ??= this.keepRunning();
  }

  /** Ends it and starts another at once, with what has changed. */
  async restart(): Promise<void> {
    this.isRestartWanted = true;
    this.wake();
    await this.run?.stop();
  }

  /** Ends it for good. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake();
    await this.run?.stop();
    await this.over;
  }

  private async keepRunning(): Promise<void> {
    let failures = 0;
    this.set({ unreadySince: performance.now() });
    while (!this.isStopping) {
      this.isRestartWanted = false;
      const { why, readyMs } = await this.once();
      if (this.isStopping) break;
      if (this.isRestartWanted) continue;
      failures = readyMs >= STEADY_MS ? 1 : failures + 1;
      const delayMs = restartDelayMs(failures - 1, this.options.random?.());
      this.options.log("warn", "cloudflared has ended and is started again", {
        reason: why,
        inMs: Math.round(delayMs),
      });
      this.set({ restarts: this.current.restarts + 1 });
      await this.wait(delayMs);
    }
    this.set({ running: false, ready: false, connections: 0, problem: "It has been stopped." });
  }

  /** One run from start to end. */
  private async once(): Promise<{ why: string; readyMs: number }> {
    let run: CloudflaredRun;
    try {
      run = await this.options.start();
    } catch (error) {
      const why = `cloudflared could not be started: ${(error as Error).message}`;
      this.lost(why);
      return { why, readyMs: 0 };
    }
    this.run = run;
    // Stopped while it was being started.
    if (this.isStopping) await run.stop();
    this.set({ running: true, problem: "It has no connection to Cloudflare yet." });
    let isOver = false;
    const ended = run.ended.then((why) => {
      isOver = true;
      this.wake();
      return why;
    });
    let answeredAt = performance.now();
    let readySince: number | null = null;
    while (!isOver && !this.isStopping && !this.isRestartWanted) {
      const connections = await this.options.connections(run);
      if (isOver) break;
      const now = performance.now();
      if (connections !== null) answeredAt = now;
      this.look(connections);
      readySince = this.current.ready ? (readySince ?? now) : null;
      if (now - answeredAt > HANGS_AFTER_MS) {
        this.options.log("error", "cloudflared does not answer and is started anew", {});
        await run.stop();
        break;
      }
      await this.wait(this.current.ready ? LOOK_READY_MS : LOOK_UNREADY_MS, () => isOver);
    }
    const why = await ended;
    this.run = null;
    this.lost(`cloudflared does not run: ${why}.`);
    return { why, readyMs: readySince === null ? 0 : performance.now() - readySince };
  }

  private look(connections: number | null): void {
    if (connections !== null && connections > 0) {
      this.set({ ready: true, connections, problem: null, unreadySince: null });
      return;
    }
    const problem =
      connections === null
        ? "cloudflared does not say whether it is ready."
        : "cloudflared has no connection to Cloudflare.";
    this.set({
      ready: false,
      connections: 0,
      problem,
      unreadySince: this.current.unreadySince ?? performance.now(),
    });
  }

  private lost(problem: string): void {
    const unreadySince = this.current.unreadySince ?? performance.now();
    this.set({ running: false, ready: false, connections: 0, problem, unreadySince });
  }

  private set(change: Partial<TunnelState>): void {
    const next = { ...this.current, ...change };
    const isNew = (Object.keys(change) as (keyof TunnelState)[]).some(
      (key) => next[key] !== this.current[key],
    );
    this.current = next;
    if (isNew) this.options.onChange(next);
  }

  private wait(ms: number, isOver: () => boolean = () => false): Promise<void> {
    if (this.isStopping || this.isRestartWanted || isOver()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * Wait before cloudflared is started again: twice as long after each failure, never above a minute, spread a little so
 * that the hubs of one place do not come back as one.
 *
 * @param attempt failures in a row before this start, from 0
 * @param random in [0, 1)
 */
export function restartDelayMs(attempt: number, random: number = Math.random()): number {
  const whole = Math.min(FIRST_RESTART_MS * 2 ** Math.min(attempt, 20), MAX_RESTART_MS);
  return whole * (0.75 + random / 4);
}
