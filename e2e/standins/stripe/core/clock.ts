/**
 * Time of the whole stand-in, in unix seconds. It runs with the machine's, or stands still; either way it can be moved
 * forward, and a running one goes on from there.
 */
export class WorldClock {
  readonly frozen: boolean;
  /** Frozen: the time itself. Running: seconds ahead of the machine. */
  #value: number;

  /** @param frozenAt unix seconds; null: runs */
  constructor(frozenAt: number | null) {
    this.frozen = frozenAt !== null;
    this.#value = frozenAt ?? 0;
  }

  now(): number {
    return this.frozen ? this.#value : Math.floor(Date.now() / 1000) + this.#value;
  }

  /** It never goes back: objects would be younger than their clock. */
  moveTo(seconds: number): void {
    const ahead = seconds - this.now();
    if (ahead > 0) this.#value += ahead;
  }
}
