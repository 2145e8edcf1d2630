import type { Child } from "./child.ts";

/** Crashes within `WINDOW_MS` that are answered with a restart; one more and the program is given up. */
const MAX_RESTARTS = 5;
const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5000;

export interface KeepRunningHooks<Ready> {
  onCrash(why: string, pauseMs: number): void;
  /** A crash was answered: it runs again. */
  onRestarted(child: Child<Ready>): void;
  /** It keeps crashing; nothing more is tried. */
  onGivenUp(why: string): void;
}

type Start<Ready> = (signal: AbortSignal) => Promise<Child<Ready>>;

/** A program that is started again, with growing pauses, when it ends by itself. */
export class KeptChild<Ready> {
  /** The running one, or the last one that ran. */
  current: Child<Ready>;
  readonly #start: Start<Ready>;
  readonly #hooks: KeepRunningHooks<Ready>;
  #crashes: number[] = [];
  /** Ends the watch over `current` and any recovery under way. */
  #watch = new AbortController();
  #recovery: Promise<void> = Promise.resolve();

  private constructor(first: Child<Ready>, start: Start<Ready>, hooks: KeepRunningHooks<Ready>) {
    this.current = first;
    this.#start = start;
    this.#hooks = hooks;
    this.#watchCurrent();
  }

  /**
   * @param start starts one and waits for its readiness; gives up and cleans up when the signal says so
   * @param signal ends the wait for the first one; later ones are ended by `stop`
   * @throws whatever the first start throws: what never ran is not retried
   */
  static async start<Ready>(
    start: Start<Ready>,
    hooks: KeepRunningHooks<Ready>,
    signal: AbortSignal,
  ): Promise<KeptChild<Ready>> {
    return new KeptChild(await start(signal), start, hooks);
  }

  /** Ends it for good: SIGTERM, and SIGKILL after `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#watch.abort();
    await this.#recovery;
    await this.current.stop(timeoutMs);
  }

  /** Ends it and starts the next one, as after a change of its sources; its crashes so far are forgotten. */
  async restart(timeoutMs: number): Promise<void> {
    await this.stop(timeoutMs);
    this.#watch = new AbortController();
    this.#crashes = [];
    this.current = await this.#start(this.#watch.signal);
    this.#watchCurrent();
  }

  #watchCurrent() {
    const { signal } = this.#watch;
    this.current.ended.then((why) => {
      if (!signal.aborted) this.#recovery = this.#recover(why, signal);
    });
  }

  async #recover(firstWhy: string, signal: AbortSignal): Promise<void> {
    for (let why = firstWhy; ; ) {
      const now = Date.now();
      this.#crashes = [...this.#crashes.filter((at) => at > now - WINDOW_MS), now];
      if (this.#crashes.length > MAX_RESTARTS) return this.#hooks.onGivenUp(why);
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#crashes.length - 1), MAX_PAUSE_MS);
      this.#hooks.onCrash(why, pauseMs);
      try {
        await pause(pauseMs, signal);
        this.current = await this.#start(signal);
        this.#watchCurrent();
        return this.#hooks.onRestarted(this.current);
      } catch (error) {
        if (signal.aborted) return;
        why = (error as Error).message;
      }
    }
  }
}

/** Rejects when the signal comes first. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
