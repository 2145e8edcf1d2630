/** Something on its way, and when it may come out. */
interface Parcel<T> {
  readonly item: T;
  readonly bytes: number;
  readonly dueAt: number;
}

/**
 * A wire of constant delay and no limit of rate: what goes in comes out in the same order, each thing one delay later.
 * It holds no more than `maxBytes`: then it is full, and whoever fills it has to wait, as with a TCP window.
 */
export class DelayLine<T> {
  private readonly delayMs: number;
  private readonly maxBytes: number;
  private parcels: Parcel<T>[] = [];
  /** Taken out already, from the front. */
  private taken = 0;
  private held = 0;

  constructor(delayMs: number, maxBytes: number) {
    this.delayMs = delayMs;
    this.maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.held;
  }

  /** Nothing more ought to be put in. */
  get isFull(): boolean {
    return this.held >= this.maxBytes;
  }

  /** When the next thing may come out; null when nothing is on its way. */
  get nextAt(): number | null {
    return this.parcels[this.taken]?.dueAt ?? null;
  }

  put(item: T, bytes: number, now: number): void {
    this.parcels.push({ item, bytes, dueAt: now + this.delayMs });
    this.held += bytes;
  }

  /** Takes out the first thing whose time has come; undefined when there is none. */
  take(now: number): T | undefined {
    const first = this.parcels[this.taken];
    if (first === undefined || first.dueAt > now) return undefined;
    this.taken++;
    this.held -= first.bytes;
    if (this.taken > 1_024 || this.taken === this.parcels.length) {
      this.parcels = this.parcels.slice(this.taken);
      this.taken = 0;
    }
    return first.item;
  }
}
