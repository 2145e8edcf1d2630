import { sql } from "kysely";
import { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import { type DunningDeps, runDunning } from "../dunning/index.ts";
import { defineTask, type Task } from "../jobs/index.ts";
import type { StripeEventMetrics } from "./event-metrics.ts";
import { meaningOf } from "./event-types.ts";
import type { SpecialDeps } from "./special/types.ts";
import { workKind } from "./work-kind.ts";

export interface WorkDeps extends SpecialDeps, DunningDeps {
  readonly metrics: StripeEventMetrics;
  /** Reads everything of a tenant's customer from Stripe and writes it down; any number of times. */
  readonly sync: (tenantId: string) => Promise<unknown>;
}

/** Events of one run; more are left for the next, which follows at once. */
const MAX_EVENTS = 500;

/** Works off what is stored of one customer. Jobs of one customer never overlap, so its state is written by one at a time. */
export function workTask(deps: WorkDeps): Task<{ customerId: string | null }> {
  return defineTask({ ...workKind, run: ({ customerId }) => workOffEvents(deps, customerId) });
}

/**
 * Reads a customer anew and does what its waiting events ask for beside that. What an event says of its object is not
 * believed: it may be old, twice, or out of order. Without a waiting event the customer is read all the same.
 *
 * @returns how many events were worked off; undefined when none waited
 * @throws what Stripe, the database or a mail failed with: the events stay and are tried again
 */
export async function workOffEvents(
  deps: WorkDeps,
  customerId: string | null,
): Promise<{ events: number; customerId: string | null } | undefined> {
  const { db, log } = deps;
  let done = 0;
  for (;;) {
    const events = await listWaiting(db, customerId);
    const tenantId = customerId === null ? null : await findTenant(db, customerId);
    if (customerId !== null && tenantId === null && events.length > 0)
      log.warn({ customerId, events: events.length }, "events of a customer that no account has");
    const wantsSync = events.length === 0 || events.some(({ type }) => meaningOf(type)?.sync);
    if (tenantId !== null && wantsSync && (events.length > 0 || done === 0)) {
      await noteFailure(deps, events, () => deps.sync(tenantId));
    }
    const failures: unknown[] = [];
    for (const event of events) {
      await noteFailure(deps, [event], () => workOff(deps, event, tenantId)).catch((error) =>
        failures.push(error),
      );
    }
    done += events.length - failures.length;
    if (tenantId !== null && wantsSync) await runDunning(deps, tenantId);
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} events are left`);
    if (events.length < MAX_EVENTS) return done === 0 ? undefined : { events: done, customerId };
  }
}

type WaitingEvent = Awaited<ReturnType<typeof listWaiting>>[number];

function listWaiting(db: Db, customerId: string | null) {
  return db
    .selectFrom("stripe_events")
    .select(["id", "type", "object_id"])
    .where("customer_id", "is not distinct from", customerId)
    .where("processed_at", "is", null)
    .orderBy("created_at")
    .orderBy("id")
    .limit(MAX_EVENTS)
    .execute();
}

async function workOff(deps: WorkDeps, event: WaitingEvent, tenantId: string | null): Promise<void> {
  const { db, log, metrics } = deps;
  const meaning = meaningOf(event.type);
  const { id, type, object_id } = event;
  // An error report of no meter at all is about no object.
  if (meaning?.special) {
    await meaning.special(deps, { id, type, object_id: object_id ?? id, tenantId }).catch((error) => {
      if (!isNotOurs(error)) throw error;
      log.warn({ eventId: id, type, objectId: object_id }, "the object of an event is not in our account");
    });
  }
  await db
    .updateTable("stripe_events")
    .set({ processed_at: sql`now()`, last_error: null })
    .where("id", "=", id)
    .execute();
  metrics.countWorked(meaning ? "worked" : "ignored");
}

/** Stripe does not know it under our key: deleted, or of somebody else's account. */
function isNotOurs(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === "resource_missing";
}

async function noteFailure(
  { db, metrics }: WorkDeps,
  events: readonly WaitingEvent[],
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    metrics.countWorked("failed");
    if (events.length > 0) {
      await db
        .updateTable("stripe_events")
        .set({ attempts: sql`attempts + 1`, last_error: String(error).slice(0, 500) })
        .where(
          "id",
          "in",
          events.map(({ id }) => id),
        )
        .execute();
    }
    throw error;
  }
}

/** Whose customer it is; of one that was deleted in Stripe only the subscriptions still tell. */
async function findTenant(db: Db, customerId: string): Promise<string | null> {
  const { rows } = await sql<{ tenant_id: string }>`
    select tenant_id from tenant_settings where stripe_customer_id = ${customerId}
    union all
    select tenant_id from subscriptions where stripe_customer_id = ${customerId}
    limit 1`.execute(db);
  return rows[0]?.tenant_id ?? null;
}
