import type { Range } from "./range.ts";

const DAY_MS = 86_400_000;

/** The parts of a range that are read from each roll-up. Together they cover it once. */
export interface Pieces {
  readonly days: readonly Range[];
  readonly hours: readonly Range[];
}

/**
 * Whole days of UTC are read from the daily roll-up, what is left over at the edges of buckets from the hourly one.
 *
 * @param edges of the buckets, ascending
 */
export function piecesOf(edges: readonly Date[]): Pieces {
  const days: Range[] = [];
  const hours: Range[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const from = edges[i]!.getTime();
    const to = edges[i + 1]!.getTime();
    const firstDay = Math.ceil(from / DAY_MS) * DAY_MS;
    const lastDay = Math.floor(to / DAY_MS) * DAY_MS;
    if (firstDay >= lastDay) {
      add(hours, from, to);
      continue;
    }
    add(hours, from, firstDay);
    add(days, firstDay, lastDay);
    add(hours, lastDay, to);
  }
  return { days, hours };
}

/** Neighbours become one, so that a month of days is one read. */
function add(ranges: Range[], from: number, to: number): void {
  if (from >= to) return;
  const last = ranges.at(-1);
  if (last?.to.getTime() === from) ranges[ranges.length - 1] = { from: last.from, to: new Date(to) };
  else ranges.push({ from: new Date(from), to: new Date(to) });
}
