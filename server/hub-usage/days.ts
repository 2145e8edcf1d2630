import type { R2Size, R2Use } from "../cloudflare/index.ts";

/** What is known of a day of a bucket. */
export interface BucketDay {
  /** `YYYY-MM-DD`, of UTC. */
  readonly day: string;
  readonly peakBytes: number;
  /** At the day's end, as far as is known: what a day without samples takes over. */
  readonly lastBytes: number;
  readonly objects: number;
  readonly classA: number;
  readonly classB: number;
  /** When the sizes were asked for; null: there was no sample, they are those of the day before. */
  readonly sampledAt: Date | null;
  /** When the operations were asked for. */
  readonly fetchedAt: Date;
}

/** An answer about a day. */
export interface DayFetch {
  readonly day: string;
  /** When it was asked for. */
  readonly at: Date;
  readonly use: Pick<R2Use, "size" | "classA" | "classB">;
}

const NOTHING: R2Size = { peakBytes: 0, lastBytes: 0, objects: 0 };

/**
 * What is known after further answers. Of two answers about a day the later one holds, whichever comes first and however often
 * it comes; one without a sample never takes away a size that was seen. A day without any sample holds what the day before it
 * ended with; before the first sample there is nothing.
 *
 * @param known days of one bucket, with all days from the first fetched one on, and the one before it
 * @returns all of them, in order
 */
export function applyFetches(known: readonly BucketDay[], fetches: readonly DayFetch[]): BucketDay[] {
  const days = new Map(known.map((day) => [day.day, day]));
  for (const { day, at, use } of fetches) {
    const before = days.get(day);
    days.set(day, {
      day,
      ...sizesOf(before, at, use.size),
      ...(before === undefined || at > before.fetchedAt
        ? { classA: use.classA, classB: use.classB, fetchedAt: at }
        : { classA: before.classA, classB: before.classB, fetchedAt: before.fetchedAt }),
    });
  }
  const sorted = [...days.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
  const filled: BucketDay[] = [];
  // What is before the first one is not known here, so that one stays as it is.
  for (const day of sorted) filled.push(carried(day, filled.at(-1)));
  return filled;
}

function sizesOf(before: BucketDay | undefined, at: Date, size: R2Size | null) {
  const sampledAt = before?.sampledAt ?? null;
  if (size !== null && (sampledAt === null || at > sampledAt)) return { ...size, sampledAt: at };
  const { peakBytes, lastBytes, objects } = before ?? NOTHING;
  return { peakBytes, lastBytes, objects, sampledAt };
}

function carried(day: BucketDay, before: BucketDay | undefined): BucketDay {
  if (day.sampledAt !== null || before === undefined) return day;
  const { lastBytes, objects } = before;
  return { ...day, peakBytes: lastBytes, lastBytes, objects };
}
