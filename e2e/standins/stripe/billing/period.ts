import type { Interval } from "../core/objects.ts";

export interface Every {
  readonly interval: Interval;
  readonly interval_count: number;
}

export interface Period {
  /** Unix seconds. */
  readonly start: number;
  /** Not in the period any more. */
  readonly end: number;
}

/**
 * The `n`th boundary after an anchor, UTC. Months keep the anchor's day; where a month is too short, its last day.
 * Counted from the anchor each time, so that 31 January, 28 February, 31 March keep the 31st.
 */
export function boundary(anchor: number, every: Every, n: number): number {
  const steps = n * every.interval_count;
  if (every.interval === "day" || every.interval === "week") {
    return anchor + steps * 86_400 * (every.interval === "week" ? 7 : 1);
  }
  const date = new Date(anchor * 1000);
  const months = date.getUTCMonth() + steps * (every.interval === "year" ? 12 : 1);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), months + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), lastDay);
  const start = Date.UTC(date.getUTCFullYear(), months, day);
  return start / 1000 + (anchor % 86_400);
}

/** The period around a time, for an anchor before or after it. */
export function periodAt(anchor: number, every: Every, at: number): Period {
  const days = { day: 1, week: 7, month: 30.44, year: 365.25 }[every.interval] * every.interval_count;
  let n = Math.floor((at - anchor) / 86_400 / days);
  while (boundary(anchor, every, n) > at) n--;
  while (boundary(anchor, every, n + 1) <= at) n++;
  return { start: boundary(anchor, every, n), end: boundary(anchor, every, n + 1) };
}
