import { type ProbeTarget, probe } from "../health/probe.ts";
import type { Log } from "../upstream/log.ts";
import { RunningCommand } from "./command.ts";
import type { WakeOptions } from "./options.ts";

/** Between two looks at an upstream that starts, ms. */
const PROBE_EVERY_MS = 100;
const PROBE_TIMEOUT_MS = 2_000;
/** After a failed start nobody starts it again for so long: a broken command must not run once per request, ms. */
const RETRY_AFTER_MS = 3_000;

export interface WakerOptions {
  wake: WakeOptions;
  /** What says that the upstream is ready. */
  target: ProbeTarget;
  log: Log;
  /** Tells the user, in a sentence. */
  onNote(message: string): void;
  /** Monotonic milliseconds. */
  now(): number;
  /** What its commands find in their environment; absent: what this process has. */
  env?: Record<string, string | undefined>;
}

type State =
  | { readonly kind: "asleep" }
  | { readonly kind: "starting"; readonly ready: Promise<string | null> }
  | { readonly kind: "awake" }
  | { readonly kind: "stopping"; readonly stopped: Promise<void> }
  | { readonly kind: "failed"; readonly why: string; readonly until: number };

/** Starts the upstream when it is needed and stops it when it is not. However many ask, there is one start. */
export class Waker {
  private state: State = { kind: "asleep" };
  private running: RunningCommand | null = null;
  private usedAt: number;
  private closed = false;
  private readonly options: WakerOptions;

  constructor(options: WakerOptions) {
    this.options = options;
    this.usedAt = options.now();
  }

  /** Requests can go to the upstream now. */
  get awake(): boolean {
    return this.state.kind === "awake";
  }

  /** Resolves when the upstream is ready, with null, or has failed to start, with the reason in words. */
  wake(): Promise<string | null> {
    const { state } = this;
    this.usedAt = this.options.now();
    switch (state.kind) {
      case "awake":
        return Promise.resolve(null);
      case "starting":
        return state.ready;
      case "stopping":
        return state.stopped.then(() => this.wake());
      case "failed":
        if (this.options.now() < state.until) return Promise.resolve(state.why);
        return this.begin();
      case "asleep":
        return this.begin();
    }
  }

  /** The upstream did not take a connection: it may have gone by itself, so the next request looks again. */
  lost(): void {
    if (this.state.kind === "awake") this.state = { kind: "asleep" };
  }

  /** Call every second or so. @param busy streams go on, or wait */
  tick(busy: boolean): void {
    const { now, wake } = this.options;
    if (busy) this.usedAt = now();
    const isIdle = wake.idleMs > 0 && now() - this.usedAt >= wake.idleMs;
    if (this.state.kind === "awake" && isIdle) void this.sleep("nobody needs it");
  }

  /** Stops what this started. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.state.kind === "stopping") await this.state.stopped;
    else await this.running?.stop();
  }

  private begin(): Promise<string | null> {
    const ready = this.start().then(
      (fault) => {
        if (fault === null) this.state = { kind: "awake" };
        else this.failed(fault);
        return fault;
      },
      (error: unknown) => {
        const why = (error as Error).message;
        this.failed(why);
        return why;
      },
    );
    this.state = { kind: "starting", ready };
    return ready;
  }

  private failed(why: string): void {
    const { log, now, onNote } = this.options;
    this.state = { kind: "failed", why, until: now() + RETRY_AFTER_MS };
    log("error", "the upstream did not start", { why });
    onNote(`The upstream did not start: ${why}.`);
  }

  private async start(): Promise<string | null> {
    // Somebody else may have started it.
    const { wake, target, log, now, onNote } = this.options;
    if ((await probe(target, PROBE_TIMEOUT_MS)) === null) return null;
    if (this.closed) return "the connector stops";
    await this.running?.stop();
    onNote("Starting the upstream.");
    const startedAt = now();
    const command = new RunningCommand(
      wake.command,
      (text) => log("info", "upstream", { text }),
      this.options.env,
    );
    this.running = command;
    let exitCode: number | null = null;
    void command.ended.then((code) => {
      exitCode = code;
      if (this.running === command) this.ended(code);
    });
    for (;;) {
      const fault = await probe(target, PROBE_TIMEOUT_MS);
      if (fault === null) {
        onNote(`The upstream is ready after ${((now() - startedAt) / 1_000).toFixed(1)} s.`);
        return null;
      }
      // 0 is how `docker start` and the like end: what they started is still on its way.
      if (exitCode !== null && exitCode !== 0) {
        const said = command.lastLine === "" ? "" : `: ${command.lastLine}`;
        return `its command ended with code ${exitCode}${said}`;
      }
      if (this.closed || now() - startedAt >= wake.startMs) {
        await command.stop();
        return this.closed ? "the connector stops" : `not ready after ${wake.startMs / 1_000} s: ${fault}`;
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
    }
  }

  private ended(code: number): void {
    this.running = null;
    // A command that only starts something ends with 0, and the upstream lives on.
    if (code === 0 || this.state.kind !== "awake") return;
    this.state = { kind: "asleep" };
    this.options.onNote(`The upstream has ended with code ${code}. The next request starts it again.`);
  }

  private sleep(why: string): Promise<void> {
    const { wake, log, onNote } = this.options;
    const stopped = (async () => {
      onNote(`Stopping the upstream: ${why}.`);
      if (wake.stopCommand !== null) {
        const command = new RunningCommand(
          wake.stopCommand,
          (text) => log("info", "upstream", { text }),
          this.options.env,
        );
        const code = await command.ended;
        if (code !== 0)
          onNote(`The command to stop the upstream ended with code ${code}: ${command.lastLine}`);
      }
      await this.running?.stop();
      this.running = null;
      this.state = { kind: "asleep" };
    })();
    this.state = { kind: "stopping", stopped };
    return stopped;
  }
}
