import { ROUND_TRIP_SPAN_MS } from "./limits.ts";

/** The shortest of the round trips of the last five to ten minutes: what the path takes without a queue on it. */
export class RoundTrips {
  /** Round trips measured so far. */
  count = 0;
  private present = Number.POSITIVE_INFINITY;
  private before = Number.POSITIVE_INFINITY;
  private spanAt: number;

  constructor(at: number) {
    this.spanAt = at;
  }

  /** ms; null before the first. */
  get shortestMs(): number | null {
    return this.count === 0 ? null : Math.min(this.present, this.before);
  }

  add(roundTripMs: number, at: number): void {
    if (at - this.spanAt >= ROUND_TRIP_SPAN_MS) {
      this.before = this.present;
      this.present = Number.POSITIVE_INFINITY;
      this.spanAt = at;
    }
    this.count++;
    this.present = Math.min(this.present, roundTripMs);
  }
}
