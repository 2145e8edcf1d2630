import type { Db } from "../../db/client.ts";
import type { R2Use } from "../cloudflare/index.ts";
import type { DayFetch } from "./days.ts";
import { type BucketLife, dueDays, LOOK_BACK_MS, spanOf } from "./due.ts";
import { listFetchedDays, storeFetches } from "./store.ts";

/** A bucket as Cloudflare is asked about it. */
export interface CountedBucket extends BucketLife {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly jurisdiction: string;
  readonly accountId: string;
}

/** How a question about a day ended; `lost`: nobody could ask while Cloudflare knew. */
export type FetchOutcome = "done" | "failed" | "lost";

export interface BucketUseDeps {
  readonly db: Db;
  /** Asks Cloudflare. @throws when it does not know or does not answer */
  readUse(
    place: { bucket: string; jurisdiction: string; accountId: string },
    span: { from: Date; to: Date },
  ): Promise<R2Use>;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  count(outcome: FetchOutcome): void;
  readonly now?: () => Date;
}

export interface FetchReport {
  readonly done: number;
  readonly failed: number;
  readonly lost: number;
  /** Days that were due and not asked for this time. */
  readonly left: number;
}

/** Analytics take 300 questions in five minutes; rounds are ten minutes apart, and some are left to others. */
const QUESTIONS = 240;
/** After so many failures in a row Cloudflare is away. */
const GIVE_UP_AFTER = 3;

/**
 * Asks for the days of all buckets that are due, the oldest first, and writes down what is answered. What fails is left as it
 * was and is due again the next time; after a failure a bucket is left alone for this round.
 */
export async function fetchBucketUse(
  deps: BucketUseDeps,
  { questions = QUESTIONS, signal }: { questions?: number; signal?: AbortSignal } = {},
): Promise<FetchReport> {
  const now = deps.now?.() ?? new Date();
  const { due, lost } = await listDue(deps.db, now);
  for (const { bucket, day } of lost) await lose(deps, bucket, day, now);
  const ill = new Set<string>();
  let [asked, done, failed, inARow] = [0, 0, 0, 0];
  for (const { bucket, day } of due) {
    if (asked >= questions || inARow >= GIVE_UP_AFTER || signal?.aborted) break;
    if (ill.has(bucket.id)) continue;
    asked++;
    if (await fetchDay(deps, bucket, day)) {
      done++;
      inARow = 0;
    } else {
      failed++;
      inARow++;
      ill.add(bucket.id);
    }
  }
  return { done, failed, lost: lost.length, left: due.length - done };
}

interface DueDay {
  readonly bucket: CountedBucket;
  readonly day: string;
}

async function listDue(db: Db, now: Date): Promise<{ due: DueDay[]; lost: DueDay[] }> {
  const since = new Date(now.getTime() - LOOK_BACK_MS);
  const buckets = await listBuckets(db, since);
  const fetched = await listFetchedDays(
    db,
    buckets.map(({ id }) => id),
    since,
  );
  const due: (DueDay & { at: number })[] = [];
  const lost: DueDay[] = [];
  for (const bucket of buckets) {
    const times = fetched.get(bucket.id)!;
    const days = dueDays(bucket, times, now);
    lost.push(...days.lost.map((day) => ({ bucket, day })));
    due.push(...days.due.map((day) => ({ bucket, day, at: times.get(day)?.getTime() ?? 0 })));
  }
  // The oldest are forgotten first; of one day, those that were asked for the longest ago.
  due.sort((a, b) => a.day.localeCompare(b.day) || a.at - b.at);
  return { due, lost };
}

/** Those that are there, and those deleted lately. One that is only wanted has never been. */
async function listBuckets(db: Db, since: Date): Promise<CountedBucket[]> {
  const rows = await db
    .selectFrom("hub_buckets")
    .select(["id", "tenant_id", "name", "jurisdiction", "cf_account_id", "created_at", "deleted_at"])
    .where((eb) =>
      eb.or([eb("state", "in", ["ready", "retained", "emptying"]), eb("deleted_at", ">", since)]),
    )
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    jurisdiction: row.jurisdiction,
    accountId: row.cf_account_id,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  }));
}

/** @returns whether it was answered */
async function fetchDay(deps: BucketUseDeps, bucket: CountedBucket, day: string): Promise<boolean> {
  const at = deps.now?.() ?? new Date();
  const fields = { tenantId: bucket.tenantId, bucketId: bucket.id, day };
  let use: R2Use;
  try {
    use = await deps.readUse({ ...bucket, bucket: bucket.name }, spanOf(day));
  } catch (err) {
    deps.count("failed");
    deps.log.warn({ ...fields, err }, "use of a bucket not read, asking again later");
    return false;
  }
  await storeFetches(deps.db, bucket, [{ day, at, use }]);
  deps.count("done");
  if (use.unknownActions.length > 0)
    deps.log.warn(
      { ...fields, actions: use.unknownActions },
      "operations of an unknown name are not counted",
    );
  return true;
}

/** Its size is that of the day before; its operations nobody will know. */
async function lose(deps: BucketUseDeps, bucket: CountedBucket, day: string, at: Date): Promise<void> {
  const fetch: DayFetch = { day, at, use: { size: null, classA: 0, classB: 0 } };
  await storeFetches(deps.db, bucket, [fetch]);
  deps.count("lost");
  deps.log.error(
    { tenantId: bucket.tenantId, bucketId: bucket.id, day },
    "use of a bucket was not read before Cloudflare forgot it; the size of the day before stands for it",
  );
}
