import { RETENTION_DAYS } from "../cloudflare/index.ts";

const DAY_MS = 86_400_000;
/** What happened on a day is known for good so long after its end, ms: analytics lag behind. */
const SETTLED_AFTER_MS = 3_600_000;
/** Until then it is asked for about once an hour, ms. */
const AGAIN_AFTER_MS = 55 * 60_000;
/** Days that were missed for longer than Cloudflare remembers are looked for so far back. */
const LOOK_BACK_DAYS = 2 * RETENTION_DAYS;
/** The same, ms. */
export const LOOK_BACK_MS = LOOK_BACK_DAYS * DAY_MS;

/** When a bucket was there. */
export interface BucketLife {
  readonly createdAt: Date;
  /** null: it still is. */
  readonly deletedAt: Date | null;
}

export interface DueDays {
  /** To be asked for, oldest first. */
  readonly due: readonly string[];
  /** Nobody asked while Cloudflare knew them, oldest first. */
  readonly lost: readonly string[];
}

/**
 * The days of a bucket that have to be asked for: from the one it was made on to today, or the one it was deleted on; those
 * never asked for, and those whose last answer is from before they were over and settled.
 *
 * @param fetchedAt when each day was asked for last
 */
export function dueDays(life: BucketLife, fetchedAt: ReadonlyMap<string, Date>, now: Date): DueDays {
  const today = startOfDay(now);
  const last = Math.min(today, life.deletedAt === null ? today : startOfDay(life.deletedAt));
  // Of the oldest day that Cloudflare remembers it has lost a part.
  const remembered = today - (RETENTION_DAYS - 1) * DAY_MS;
  const due: string[] = [];
  const lost: string[] = [];
  const first = Math.max(startOfDay(life.createdAt), today - LOOK_BACK_MS + DAY_MS);
  for (let start = first; start <= last; start += DAY_MS) {
    const day = dayOf(start);
    const at = fetchedAt.get(day)?.getTime();
    if (start < remembered) {
      if (at === undefined) lost.push(day);
    } else if (
      at === undefined ||
      (at < start + DAY_MS + SETTLED_AFTER_MS && now.getTime() - at >= AGAIN_AFTER_MS)
    )
      due.push(day);
  }
  return { due, lost };
}

const startOfDay = (time: Date) => Math.floor(time.getTime() / DAY_MS) * DAY_MS;
const dayOf = (start: number) => new Date(start).toISOString().slice(0, 10);

/** From the start of a day to that of the next. */
export function spanOf(day: string): { from: Date; to: Date } {
  const from = new Date(`${day}T00:00:00Z`);
  return { from, to: new Date(from.getTime() + DAY_MS) };
}
