import type { Range } from "./range.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The parts of a range that are read from each roll-up. Together they cover it once. */
export interface Pieces {
  readonly month: readonly Range[];
  readonly day: readonly Range[];
  readonly hour: readonly Range[];
}

type Unit = keyof Pieces;
const shorter = { month: "day", day: "hour", hour: null } as const satisfies Record<Unit, Unit | null>;

/**
 * Whole months of UTC are read from the sums by month, whole days that are left over from those by day, and what is then
 * left over at the edges of buckets from those by hour.
 *
 * @param edges of the buckets, ascending
 */
export function piecesOf(edges: readonly Date[]): Pieces {
  const pieces = { month: [], day: [], hour: [] };
  for (let i = 0; i + 1 < edges.length; i++) {
    split(pieces, "month", edges[i]!.getTime(), edges[i + 1]!.getTime());
  }
  return pieces;
}

function split(pieces: Record<Unit, Range[]>, unit: Unit, from: number, to: number): void {
  if (from >= to) return;
  const next = shorter[unit];
  if (next === null) {
    add(pieces.hour, from, to);
    return;
  }
  const first = startOf(unit, from) === from ? from : startOfNext(unit, from);
  const last = startOf(unit, to);
  if (first >= last) {
    split(pieces, next, from, to);
    return;
  }
  split(pieces, next, from, first);
  add(pieces[unit], first, last);
  split(pieces, next, last, to);
}

function startOf(unit: Unit, at: number): number {
  if (unit === "day") return Math.floor(at / DAY_MS) * DAY_MS;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

function startOfNext(unit: Unit, at: number): number {
  if (unit === "day") return startOf(unit, at) + DAY_MS;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Neighbours become one, so that a month of days is one read. */
function add(ranges: Range[], from: number, to: number): void {
  const last = ranges.at(-1);
  if (last?.to.getTime() === from) ranges[ranges.length - 1] = { from: last.from, to: new Date(to) };
  else ranges.push({ from: new Date(from), to: new Date(to) });
}
