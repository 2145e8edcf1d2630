import { type ProbeTarget, probe } from "./probe.ts";

/** Failures in a row after which an upstream counts as unhealthy; one success makes it healthy again. */
const FAILURES = 2;

export interface HealthMonitorOptions {
  target: ProbeTarget;
  /** Between two looks, ms; also the longest that one look may take. */
  everyMs: number;
  /** False: the upstream sleeps, which is no fault. */
  isExpected(): boolean;
  /** Told when it changes; `why` is null for healthy. */
  onChange(why: string | null): void;
}

/** Looks at an upstream again and again, so that a connector whose upstream is ill can say so before requests fail. */
export class HealthMonitor {
  /** Why it is unhealthy; null when it is not. */
  why: string | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;
  private readonly options: HealthMonitorOptions;

  constructor(options: HealthMonitorOptions) {
    this.options = options;
  }

  /** Looks now, and then again and again. */
  start(): void {
    void this.look();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    const { target, everyMs, isExpected } = this.options;
    const fault = isExpected() ? await probe(target, everyMs) : null;
    if (this.stopped) return;
    this.failures = fault === null ? 0 : this.failures + 1;
    if (fault === null || this.failures >= FAILURES) this.set(fault);
    this.timer = setTimeout(() => void this.look(), everyMs);
  }

  private set(why: string | null): void {
    const changed = (why === null) !== (this.why === null);
    this.why = why;
    if (changed) this.options.onChange(why);
  }
}
