/** Further apart than this the relay follows Postgres, ms. Less is a round trip or a clock that is being set right. */
const TOLERANCE_MS = 2_000;
/** An answer that took longer says too little about the time, ms. */
const SLOWEST_ANSWER_MS = 2_000;

export interface RelayClockOptions {
  /** Milliseconds that only grow: `performance.now`. */
  monotonic(): number;
  /** What this machine says the time is: `Date.now`. */
  wall(): number;
  /** What Postgres says, ms since the epoch: its clock is the one of the books. */
  ask(): Promise<number>;
  /** Told when the machine's clock turns out to be wrong by `byMs`. */
  onCorrected(byMs: number): void;
}

/**
 * The time for timers, tokens and usage records. A machine whose clock is set, or was wrong from the start, moves no
 * usage to another period and ends no connection: between two looks at Postgres this clock only counts on.
 */
export class RelayClock {
  private readonly options: RelayClockOptions;
  private base: number;
  private asking = false;

  constructor(options: RelayClockOptions) {
    this.options = options;
    this.base = options.wall() - options.monotonic();
  }

  /** Milliseconds since the epoch, whole. */
  readonly now = (): number => Math.floor(this.base + this.options.monotonic());

  /** Compares with Postgres. Without an answer the clock counts on. Call every few seconds. */
  async follow(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    const { monotonic, ask, onCorrected } = this.options;
    try {
      const before = monotonic();
      const time = await ask();
      const after = monotonic();
      if (after - before > SLOWEST_ANSWER_MS) return;
      const base = time - (before + after) / 2;
      const byMs = Math.round(base - this.base);
      if (Math.abs(byMs) <= TOLERANCE_MS) return;
      this.base = base;
      onCorrected(byMs);
    } finally {
      this.asking = false;
    }
  }
}
