import { ROUND_TRIP_SPAN_MS } from "./limits.ts";

/** A process that is held up for a moment makes one round trip long: so many say more. */
const ENOUGH = 3;

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

  /** ms; null before there are enough. */
  get shortestMs(): number | null {
    return this.count < ENOUGH ? null : Math.min(this.present, this.before);
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
