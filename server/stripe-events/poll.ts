import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import { SnapshotEvent } from "./schemas.ts";
import { storeSnapshot } from "./store.ts";

export interface PollDeps {
  readonly db: Db;
  readonly stripe: Stripe;
  /** Whether Stripe sends us webhooks: then only those are asked for that did not arrive. */
  readonly hasWebhook: boolean;
  readonly now?: () => Date;
}

/** Stripe keeps trying for three days; what is older is found by the nightly sweep. */
const UNDELIVERED_DAYS = 3;
/** Seconds that the newest event we know is asked for again: ids of one second come in no order. */
const OVERLAP_SECONDS = 300;

/**
 * Asks Stripe for events that did not reach us and stores them like webhooks: those it could not deliver, or, when no
 * webhook is set up, everything since the newest that we have.
 *
 * @returns how many were new
 */
export async function pollEvents({ db, stripe, hasWebhook, now }: PollDeps): Promise<number> {
  const at = now?.() ?? new Date();
  const undelivered = Math.floor(at.getTime() / 1_000) - UNDELIVERED_DAYS * 86_400;
  const since = hasWebhook ? undelivered : ((await newestKnown(db)) ?? undelivered);
  const waiting: SnapshotEvent[] = [];
  const list = stripe.events.list({
    created: { gte: since },
    limit: 100,
    ...(hasWebhook && { delivery_success: false }),
  });
  for await (const event of list) waiting.push(SnapshotEvent.parse(event));
  let stored = 0;
  // Stripe lists the newest first. Oldest first, so that a round that breaks off leaves no gap behind the newest.
  for (const event of waiting.reverse()) {
    if (await storeSnapshot(db, event, "poll")) stored++;
  }
  return stored;
}

/** Unix seconds. */
async function newestKnown(db: Db): Promise<number | null> {
  const newest = await db
    .selectFrom("stripe_events")
    .select("created_at")
    .where("source", "in", ["poll", "webhook"])
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return newest ? Math.floor(newest.created_at.getTime() / 1_000) - OVERLAP_SECONDS : null;
}
