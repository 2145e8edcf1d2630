/** Time of the whole stand-in, in unix seconds: the machine's own, or one that stands still until it is moved. */
export class WorldClock {
  #frozenAt: number | null;

  /** @param frozenAt unix seconds; null: the machine's time */
  constructor(frozenAt: number | null) {
    this.#frozenAt = frozenAt;
  }

  get frozen(): boolean {
    return this.#frozenAt !== null;
  }

  now(): number {
    return this.#frozenAt ?? Math.floor(Date.now() / 1000);
  }

  /** Stops the clock there. It never goes back: objects would be younger than their clock. */
  freezeAt(seconds: number): void {
    if (seconds < this.now()) throw new Error(`the clock is at ${this.now()} already, later than ${seconds}`);
    this.#frozenAt = seconds;
  }

  /** Takes over a time of a run before. */
  restore(frozenAt: number): void {
    this.#frozenAt = Math.max(frozenAt, this.#frozenAt ?? 0);
  }
}
