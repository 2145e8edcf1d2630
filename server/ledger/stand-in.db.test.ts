import { afterEach, expect, test } from "vitest";
import type { MeterName } from "../../db/schema/index.ts";
import { createTestDb } from "../../db/testing/index.ts";
import { provisionSubscriptions } from "../billing/provision/subscriptions.ts";
import { planOf } from "../plans.ts";
import { chargeOf, meterNames, noTotals, requestMeterNames } from "../pricing/index.ts";
import { pushDueMeters, pushFinal } from "./index.ts";
import { Random } from "./testing/random.ts";
import { startStandInWorld } from "./testing/stand-in-world.ts";

const { db } = await createTestDb();
const HOUR = 3_600;
/** A leap year's 31 January: the period ends on the 29th of February. */
const START = Date.UTC(2028, 0, 31, 8) / 1_000;
const END = Date.UTC(2028, 1, 29, 8) / 1_000;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(settings: object = {}, meters: readonly MeterName[] = meterNames) {
  const world = await startStandInWorld(db, START, settings, meters);
  stops.push(() => world.stop());
  const use = (unixSeconds: number, requests: number, tokens = 0, bytes = 0) =>
    world.tenant.addUsage(new Date(Math.floor(unixSeconds / HOUR) * HOUR * 1_000), {
      requests,
      bytes,
      tokens,
    });
  const invoices = () => world.deps.gateway.listUsageInvoices(world.subscriptionId);
  const final = async (from: number) =>
    (await invoices()).find(
      (invoice) =>
        invoice.isFinal &&
        invoice.periodStart.getTime() === from * 1_000 &&
        invoice.createdAt.getTime() > from * 1_000,
    )!;
  const pushes = () =>
    db
      .selectFrom("meter_pushes")
      .selectAll()
      .where("tenant_id", "=", world.tenant.tenantId)
      .orderBy("id")
      .execute();
  return { ...world, use, invoices, final, pushes };
}

test("usage of a month is on its invoice, to the cent, with one report for each change", async () => {
  const w = await start();
  await w.control.advance(START + 10 * HOUR);
  await w.use(START + HOUR, 3_000_000, 60_000_000, 250_000_900_000);
  expect(await pushDueMeters(w.deps)).toMatchObject({ tenants: 1, sent: 3, failed: 0 });
  expect(await pushDueMeters(w.deps)).toMatchObject({ sent: 0 });
  await w.control.advance(END - 120);
  await w.use(END - 3_600, 7);
  expect(await pushDueMeters(w.deps)).toMatchObject({ sent: 1 });
  // The period ends; the portal has not heard of it, and a relay hands over what it counted in the last minute.
  await w.control.advance(END + 30);
  await w.use(END - 60, 5);
  expect(await pushDueMeters(w.deps)).toMatchObject({ sent: 1 });
  const times = (await w.pushes())
    .filter(({ meter }) => meter === "requests")
    .map(({ event_time }) => event_time.getTime());
  expect(times).toEqual([(START + 10 * HOUR - 60) * 1_000, (END - 600) * 1_000, (END - 599) * 1_000]);
  await w.control.advance(END + HOUR + 60);
  expect(await pushDueMeters(w.deps)).toMatchObject({ closed: 1, carried: 0 });
  const invoice = await w.final(START);
  expect(invoice.quantities).toEqual({
    ...noTotals(),
    requests: 3_000_012,
    megabytes: 250_000,
    tokens: 60_000_000,
  });
  for (const meter of meterNames) {
    const cents = chargeOf(planOf("pro"), meter, invoice.quantities[meter]).amountCents;
    expect(invoice.amountsCents[meter], meter).toBe(cents);
  }
  expect(invoice.amountsCents).toEqual({ ...noTotals(), requests: 40, megabytes: 250, tokens: 20 });
});

test("usage after the final invoice is on the next one, and the ledger says why", async () => {
  const w = await start();
  await w.use(START + HOUR, 100);
  await w.control.advance(END + 60);
  await pushDueMeters(w.deps);
  await w.control.advance(END + 2 * HOUR);
  await w.sync();
  await w.use(START + 5 * HOUR, 23);
  expect(await pushDueMeters(w.deps)).toMatchObject({ closed: 1, carried: 1 });
  expect((await w.final(START)).quantities.requests).toBe(100);
  const next = new Date(END * 1_000);
  expect((await w.tenant.getTotals(next, new Date((END + 1) * 1_000))).requests).toBe(23);
  const moved = await db
    .selectFrom("usage_adjustments")
    .selectAll()
    .where("tenant_id", "=", w.tenant.tenantId)
    .execute();
  expect(moved.map(({ quantity }) => quantity).sort()).toEqual([-23, 23]);
  expect(moved[0]!.reason).toBe(
    "usage of the period from 2028-01-31T08:00:00.000Z that its invoice does not have",
  );
});

test("an upgrade within a period is charged for in two parts, and nothing twice", async () => {
  const w = await start();
  await w.use(START + HOUR, 5_000_000);
  const change = START + 240 * HOUR;
  await w.control.advance(change);
  expect(await pushFinal(w.deps, w.tenant.tenantId)).toBe("counted");
  const changedAt = w.control.now();
  await w.changePlan("team");
  expect((await w.final(START)).quantities.requests).toBe(5_000_000);
  await w.control.advance(change + 3 * HOUR);
  await w.use(change + 2 * HOUR, 11_000_000);
  await pushDueMeters(w.deps);
  await w.control.advance(END + 60);
  await pushDueMeters(w.deps);
  await w.control.advance(END + 2 * HOUR);
  await pushDueMeters(w.deps);
  const rest = await w.final(changedAt);
  expect(rest).toMatchObject({
    plan: "team",
    quantities: { requests: 11_000_000 },
    amountsCents: { requests: 30 },
  });
  const periods = await db
    .selectFrom("meter_periods")
    .select(["plan", "billed_requests"])
    .where("tenant_id", "=", w.tenant.tenantId)
    .orderBy("period_start")
    .execute();
  expect(periods.slice(0, 2)).toEqual([
    { plan: "pro", billed_requests: 5_000_000 },
    { plan: "team", billed_requests: 11_000_000 },
  ]);
});

test("a subscription that is cancelled at once has all its usage on the last invoice", async () => {
  const w = await start();
  await w.control.advance(START + 50 * HOUR);
  await w.use(START + HOUR, 4_000_000);
  expect(await pushFinal(w.deps, w.tenant.tenantId)).toBe("counted");
  await w.stripe.subscriptions.cancel(w.subscriptionId, { invoice_now: true });
  await w.sync();
  expect((await w.final(START)).quantities.requests).toBe(4_000_000);
  expect(await pushDueMeters(w.deps)).toMatchObject({ closed: 1, carried: 0 });
});

test("prices that a subscription gets within a period charge for all of it, on the one invoice, and no period is cut", async () => {
  const w = await start({}, requestMeterNames);
  await w.use(START + HOUR, 3_000_000);
  const added = START + 100 * HOUR;
  await w.control.advance(added);
  await pushDueMeters(w.deps);
  const steps: string[] = [];
  await provisionSubscriptions(w.stripe, ({ what }) => steps.push(what));
  expect(steps).toEqual(["subscription of pro: now with storage, storage_writes, storage_reads"]);
  await provisionSubscriptions(w.stripe, ({ what }) => steps.push(what));
  expect(steps).toHaveLength(1);
  await w.sync();
  await w.control.advance(added + 24 * HOUR);
  // Of the day before the prices were there, too.
  for (const day of ["2028-02-02", "2028-02-05"])
    await w.tenant.addStorage(new Date(`${day}T00:00:00Z`), { peakBytes: 2e11, writes: 900_000, reads: 1 });
  await pushDueMeters(w.deps);
  await w.control.advance(END + 60);
  await pushDueMeters(w.deps);
  await w.control.advance(END + 2 * HOUR);
  expect(await pushDueMeters(w.deps)).toMatchObject({ closed: 1, carried: 0 });
  expect(await w.final(START)).toMatchObject({
    quantities: { requests: 3_000_000, storage: 400_000, storage_writes: 1_800_000, storage_reads: 2 },
    amountsCents: { requests: 40, storage: 6, storage_writes: 400, storage_reads: 0 },
  });
  const periods = await db
    .selectFrom("meter_periods")
    .select(["period_start", "billed_requests", "billed_storage"])
    .where("tenant_id", "=", w.tenant.tenantId)
    .where("closed_at", "is not", null)
    .execute();
  expect(periods).toEqual([
    { period_start: new Date(START * 1_000), billed_requests: 3_000_000, billed_storage: 400_000 },
  ]);
});

test("whatever Stripe does to our calls, the invoice is the ledger", async () => {
  const random = new Random(7);
  const w = await start();
  const kinds = ["rate_limit", "error_500", "error_500_after", "reset", "reset_after"] as const;
  let used = 0;
  for (let time = START + HOUR; time < END + 60; time += 47 * HOUR) {
    await w.control.advance(Math.min(time, END - 10));
    w.control.setFaults({
      calls: [{ path: "/v1/billing/meter_events", kind: random.pick(kinds), probability: 0.6 }],
      forgetIdentifiers: random.chance(0.3),
      summaryLagSeconds: random.int(0, 300),
    });
    const requests = random.int(1, 900_000);
    await w.use(w.control.now(), requests);
    used += requests;
    await Promise.all([pushDueMeters(w.deps), pushDueMeters(w.deps)]);
  }
  for (const after of [30, 600, 1_800]) {
    await w.control.advance(END + after);
    await pushDueMeters(w.deps);
  }
  w.control.setFaults({});
  await w.control.advance(END + 3_000);
  await pushDueMeters(w.deps);
  await w.control.advance(END + 2 * HOUR);
  expect(await pushDueMeters(w.deps)).toMatchObject({ closed: 1, carried: 0 });
  expect((await w.final(START)).quantities.requests).toBe(used);
  const states = new Set((await w.pushes()).map(({ state }) => state));
  expect(states).toEqual(new Set(["accepted"]));
});

test("an event that Stripe refuses is written down, raised once, and not sent in a loop", async () => {
  const w = await start();
  await w.use(START + HOUR, 100);
  await w.control.advance(START + 2 * HOUR);
  const meters = await w.stripe.billing.meters.list({ limit: 100 });
  const meter = meters.data.find(({ event_name }) => event_name === "hotspot_requests")!;
  await w.stripe.billing.meters.deactivate(meter.id);
  for (let i = 0; i < 5; i++) await pushDueMeters(w.deps);
  expect(await w.pushes()).toMatchObject([{ state: "rejected", attempts: 1, error: expect.any(String) }]);
  const incidents = await db
    .selectFrom("billing_incidents")
    .selectAll()
    .where("tenant_id", "=", w.tenant.tenantId)
    .execute();
  expect(incidents).toMatchObject([{ kind: "meter_push_rejected" }]);
  await w.stripe.billing.meters.reactivate(meter.id);
  await w.control.advance(START + 4 * HOUR);
  expect(await pushDueMeters(w.deps)).toMatchObject({ sent: 1 });
});

test("a report whose outcome is unknown for 34 days is for a person, and never sent again", async () => {
  const w = await start();
  await w.use(START + HOUR, 100);
  await w.control.advance(START + 2 * HOUR);
  w.control.setFaults({ calls: [{ path: "/v1/billing/meter_events", kind: "reset_after" }] });
  expect(await pushDueMeters(w.deps)).toMatchObject({ unsettled: 1 });
  w.control.setFaults({});
  await w.control.advance(START + 2 * HOUR + 34 * 24 * HOUR);
  await pushDueMeters(w.deps);
  const [first] = await w.pushes();
  expect(first).toMatchObject({
    state: "review",
    error: "its outcome is unknown and it is older than 34 days",
  });
  const incidents = await db
    .selectFrom("billing_incidents")
    .select("kind")
    .where("tenant_id", "=", w.tenant.tenantId)
    .execute();
  expect(incidents).toContainEqual({ kind: "meter_push_review" });
});
