import { sql } from "kysely";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { pollEvents } from "./poll.ts";
import { SnapshotEvent } from "./schemas.ts";
import { storeSnapshot } from "./store.ts";
import { sweepSubscriptions } from "./sweep.ts";
import { makeEvent, stripe } from "./testing.ts";
import { purgeEvents, resumeForgottenEvents } from "./upkeep.ts";

const { db } = await createTestDb();
const asked: URLSearchParams[] = [];
const api = setupServer();
beforeAll(() => api.listen({ onUnhandledFrame: "error" }));
beforeEach(async () => {
  asked.length = 0;
  await db.deleteFrom("stripe_events").execute();
  await sql`delete from graphile_worker._private_jobs`.execute(db);
});
afterEach(() => api.resetHandlers());
afterAll(() => api.close());

/** Lists in pages of one, as Stripe pages. */
function serveList(path: string, items: { id: string }[]) {
  api.use(
    http.get(`https://api.stripe.com${path}`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked.push(query);
      const after = query.get("starting_after");
      const at = after ? items.findIndex(({ id }) => id === after) + 1 : 0;
      return HttpResponse.json({
        object: "list",
        data: items.slice(at, at + 1),
        has_more: at + 1 < items.length,
        url: path,
      });
    }),
  );
}
const jobKeys = async () =>
  (
    await sql<{ key: string }>`select key from graphile_worker._private_jobs order by key`.execute(db)
  ).rows.map(({ key }) => key);
const now = new Date("2026-11-21T12:00:00Z");
const seconds = now.getTime() / 1_000;

test("with a webhook only what could not be delivered is asked for, page by page, and stored like a webhook", async () => {
  const events = [makeEvent({ created: seconds }), makeEvent({ created: seconds - 60 }), makeEvent()];
  await storeSnapshot(db, SnapshotEvent.parse(events[2]), "webhook");
  serveList("/v1/events", events);
  const poll = () => pollEvents({ db, stripe, hasWebhook: true, now: () => now });
  expect(await poll()).toBe(2);
  expect(Object.fromEntries(asked[0]!)).toEqual({
    "created[gte]": String(seconds - 3 * 86_400),
    delivery_success: "false",
    limit: "100",
  });
  expect(asked).toHaveLength(3);
  const rows = await db.selectFrom("stripe_events").select(["id", "source"]).execute();
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(events.map(({ id }) => id)));
  expect(rows.filter(({ source }) => source === "poll")).toHaveLength(2);
  expect(await jobKeys()).toEqual(["stripe:cus_1"]);
  expect(await poll()).toBe(0);
});

test("without a webhook everything since the newest event is asked for, with an overlap", async () => {
  serveList("/v1/events", [makeEvent({ created: seconds - 7_000 })]);
  const poll = () => pollEvents({ db, stripe, hasWebhook: false, now: () => now });
  expect(await poll()).toBe(1);
  expect(await poll()).toBe(0);
  expect(asked.map((query) => [query.get("created[gte]"), query.get("delivery_success")])).toEqual([
    [String(seconds - 3 * 86_400), null],
    [String(seconds - 7_000 - 300), null],
  ]);
});

test("the nightly sweep reads whom Stripe knows otherwise, and whom nobody read for a day", async () => {
  const tenant = await createTenant(db);
  const insert = (id: string, status: string, hoursAgo: number) =>
    db
      .insertInto("subscriptions")
      .values({
        id,
        tenant_id: tenant.tenantId,
        stripe_customer_id: `cus_of_${id}`,
        status,
        plan: "pro",
        current_period_start: new Date(),
        current_period_end: new Date(),
        created_at: new Date(),
        synced_at: new Date(Date.now() - hoursAgo * 3_600_000),
      })
      .execute();
  await insert("sub_same", "active", 1);
  await insert("sub_changed", "active", 1);
  await insert("sub_old", "active", 30);
  await insert("sub_over", "canceled", 300);
  const there = (id: string, status: string) => ({
    id,
    object: "subscription",
    status,
    customer: `cus_of_${id}`,
  });
  serveList("/v1/subscriptions", [
    there("sub_same", "active"),
    there("sub_changed", "past_due"),
    there("sub_old", "active"),
    there("sub_over", "canceled"),
    there("sub_new", "active"),
  ]);
  expect(await sweepSubscriptions({ db, stripe })).toBe(3);
  expect(asked[0]!.get("status")).toBe("all");
  expect(await jobKeys()).toEqual([
    "stripe:cus_of_sub_changed",
    "stripe:cus_of_sub_new",
    "stripe:cus_of_sub_old",
  ]);
});

test("events that wait without a job get one; those whose job waits keep it; old worked ones go after 30 days", async () => {
  const store = (id: string, customer: string | null) =>
    storeSnapshot(db, SnapshotEvent.parse(makeEvent({ id, data: { object: { customer } } })), "webhook");
  await store("evt_lost", "cus_lost");
  await store("evt_none", null);
  await sql`delete from graphile_worker._private_jobs`.execute(db);
  await store("evt_waits", "cus_waits");
  await sql`update graphile_worker._private_jobs set run_at = now() + interval '1 hour'`.execute(db);
  expect(await resumeForgottenEvents(db)).toBe(0);
  await db
    .updateTable("stripe_events")
    .set({ received_at: new Date(0) })
    .execute();
  expect(await resumeForgottenEvents(db)).toBe(2);
  expect(await jobKeys()).toEqual(["stripe:cus_lost", "stripe:cus_waits", "stripe:no_customer"]);
  const later = await sql<{ waits: boolean }>`
    select run_at > now() + interval '50 minutes' as waits from graphile_worker._private_jobs
    where key = 'stripe:cus_waits'`.execute(db);
  expect(later.rows).toEqual([{ waits: true }]);

  const days = (count: number) => new Date(Date.now() - count * 86_400_000);
  const work = (id: string, at: Date) =>
    db.updateTable("stripe_events").set({ processed_at: at }).where("id", "=", id).execute();
  await work("evt_lost", days(31));
  await work("evt_none", days(29));
  expect(await purgeEvents(db)).toBe(1);
  const left = await db.selectFrom("stripe_events").select("id").orderBy("id").execute();
  expect(left.map(({ id }) => id)).toEqual(["evt_none", "evt_waits"]);
});
