import { sql } from "kysely";
import { expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { noTotals } from "../pricing/index.ts";
import { getPeriodTotals, recordAdjustment } from "./index.ts";
import { createPostgresStore } from "./postgres-store.ts";
import { createPostgresLedger } from "./testing/postgres-ledger.ts";

const { db } = await createTestDb();
const at = (text: string) => new Date(text);
const clock = () => at("2026-11-21T10:00:00Z");

async function subscribe() {
  const ledger = await createPostgresLedger(db, clock);
  await ledger.putSubscription({
    subscriptionId: `sub_${ledger.tenantId}`,
    stripeCustomerId: `cus_${ledger.tenantId}`,
    status: "active",
    plan: "pro",
    periodStart: at("2026-11-05T10:20:00Z"),
    periodEnd: at("2026-12-05T10:20:00Z"),
    trialEnd: null,
    endedAt: null,
    createdAt: at("2026-11-05T10:20:00Z"),
    latestInvoiceId: null,
  });
  return ledger;
}

test("an hour belongs, whole, to the period in which it starts; bytes become megabytes once, at the end", async () => {
  const ledger = await createPostgresLedger(db, clock);
  for (const hour of ["09", "10", "11"])
    await ledger.addUsage(at(`2026-11-05T${hour}:00:00Z`), { requests: 1, bytes: 600_000, tokens: 10 });
  const boundary = at("2026-11-05T10:20:00Z");
  const { tenantId } = ledger;
  const before = await getPeriodTotals(db, { tenantId, from: at("2026-11-01T00:00:00Z"), to: boundary });
  const after = await getPeriodTotals(db, { tenantId, from: boundary, to: at("2026-12-01T00:00:00Z") });
  expect(before).toEqual({ ...noTotals(), requests: 2, bytes: 1_200_000, megabytes: 1, tokens: 20 });
  expect(after).toEqual({ ...noTotals(), requests: 1, bytes: 600_000, megabytes: 0, tokens: 10 });
});

test("a day of a bucket belongs, whole, to the period in which it starts; each day's peak is rounded up to megabytes", async () => {
  const ledger = await createPostgresLedger(db, clock);
  const day = { writes: 3, reads: 5 };
  await ledger.addStorage(at("2026-11-04T00:00:00Z"), { ...day, peakBytes: 1 });
  await ledger.addStorage(at("2026-11-05T00:00:00Z"), { ...day, peakBytes: 1_000_001 });
  await ledger.addStorage(at("2026-11-06T00:00:00Z"), { ...day, peakBytes: 10_000_000_000 });
  const totals = (from: string, to: string) =>
    getPeriodTotals(db, { tenantId: ledger.tenantId, from: at(from), to: at(to) });
  const boundary = "2026-11-05T10:20:00Z";
  const before = { ...noTotals(), bytes: 0, storage: 1 + 2, storage_writes: 6, storage_reads: 10 };
  const after = { ...noTotals(), bytes: 0, storage: 10_000, storage_writes: 3, storage_reads: 5 };
  expect(await totals("2026-11-01T00:00:00Z", boundary)).toEqual(before);
  expect(await totals(boundary, "2026-12-05T10:20:00Z")).toEqual(after);
  // Midnight itself begins a period with its day.
  expect((await totals("2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z")).storage).toBe(2);
});

test("another tenant's usage and corrections are in nobody else's total", async () => {
  const [mine, other] = [await createPostgresLedger(db, clock), await createPostgresLedger(db, clock)];
  await other.addUsage(at("2026-11-05T09:00:00Z"), { requests: 5, bytes: 5, tokens: 5 });
  await other.addStorage(at("2026-11-05T00:00:00Z"), { peakBytes: 9_000_000, writes: 1, reads: 1 });
  await other.addAdjustment("tokens", at("2026-11-05T09:00:00Z"), 7);
  const whole = { from: at("2026-11-01T00:00:00Z"), to: at("2026-12-01T00:00:00Z") };
  expect(await getPeriodTotals(db, { tenantId: mine.tenantId, ...whole })).toEqual({
    ...noTotals(),
    bytes: 0,
  });
  expect((await getPeriodTotals(db, { tenantId: other.tenantId, ...whole })).tokens).toBe(12);
});

test("sums go far beyond what one number of bytes could hold in a period of a real tenant, and stay exact", async () => {
  const ledger = await createPostgresLedger(db, clock);
  await ledger.addUsage(at("2026-11-05T09:00:00Z"), { requests: 1, bytes: 4_503_599_627_370_495, tokens: 1 });
  await ledger.addUsage(at("2026-11-05T10:00:00Z"), { requests: 1, bytes: 4_503_599_627_370_496, tokens: 1 });
  const whole = { from: at("2026-11-01T00:00:00Z"), to: at("2026-12-01T00:00:00Z") };
  expect(await getPeriodTotals(db, { tenantId: ledger.tenantId, ...whole })).toMatchObject({
    bytes: Number.MAX_SAFE_INTEGER,
    megabytes: 9_007_199_254,
  });
});

test("an operator's correction is part of the running period, and written down twice", async () => {
  const { tenantId } = await subscribe();
  const deps = { db, requestId: "req_1", now: clock() };
  const input = {
    tenantId,
    meter: "tokens",
    quantity: -500,
    reason: "double counted",
    by: "ops@example",
  } as const;
  const made = await recordAdjustment(deps, input);
  expect(made).toMatchObject({
    periodStart: "2026-11-05T10:20:00.000Z",
    periodEnd: "2026-12-05T10:20:00.000Z",
  });
  const totals = await getPeriodTotals(db, { tenantId, from: at(made.periodStart), to: at(made.periodEnd) });
  expect(totals.tokens).toBe(-500);
  const audit = await db.selectFrom("audit_log").selectAll().where("subject", "=", made.id).execute();
  expect(audit).toMatchObject([
    { action: "usage.adjust", tenant_id: tenantId, detail: { by: "ops@example" } },
  ]);
});

test("a correction of a closed, unknown or foreign period is refused", async () => {
  const { tenantId } = await subscribe();
  const stranger = await createTenant(db);
  const row = (period: string, closed: boolean) => ({
    subscription_id: `sub_${tenantId}`,
    tenant_id: tenantId,
    stripe_customer_id: "cus",
    period_start: at(`2026-${period}-05T10:20:00Z`),
    period_end: at(`2026-${period}-28T10:20:00Z`),
    ...(closed ? { closed_at: clock(), billed_requests: 0, billed_megabytes: 0, billed_tokens: 0 } : {}),
  });
  await db
    .insertInto("meter_periods")
    .values([row("09", true), row("10", false)])
    .execute();
  const adjust = (tenant: string, month: string) =>
    recordAdjustment(
      { db, requestId: "req_1" },
      {
        tenantId: tenant,
        meter: "requests",
        quantity: 1,
        reason: "good will",
        by: "ops",
        periodStart: `2026-${month}-05T10:20:00Z`,
      },
    );
  await expect(adjust(tenantId, "09")).rejects.toMatchObject({ code: "period_closed" });
  await expect(adjust(tenantId, "08")).rejects.toMatchObject({ code: "period_unknown" });
  await expect(adjust(stranger.tenantId, "10")).rejects.toMatchObject({ code: "period_unknown" });
  await expect(adjust("ten_none", "10")).rejects.toMatchObject({ code: "tenant_not_found" });
  expect((await adjust(tenantId, "10")).periodStart).toBe("2026-10-05T10:20:00.000Z");
});

test("two relays never work on the same tenant; a lock outlives no connection", async () => {
  const { tenantId } = await subscribe();
  const store = createPostgresStore(db, clock);
  let release = () => {};
  const held = store.withTenant(
    tenantId,
    0,
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  const taken = async () => {
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from pg_locks where locktype = 'advisory'`.execute(db);
    return rows[0]!.n;
  };
  await expect.poll(taken).toBe(1);
  expect(await store.withTenant(tenantId, 0, async () => "mine")).toBeNull();
  const waiting = store.withTenant(tenantId, 5_000, async () => "mine");
  release();
  await held;
  expect(await waiting).toEqual({ result: "mine" });
  await expect(store.withTenant(tenantId, 0, () => Promise.reject(new Error("broke")))).rejects.toThrow(
    "broke",
  );
  expect(await store.withTenant(tenantId, 0, async () => "mine")).toEqual({ result: "mine" });
});

test("due are tenants with a subscription; near an end only those whose period ends", async () => {
  await db.deleteFrom("organization").execute();
  const { tenantId } = await subscribe();
  await createTenant(db);
  const due = (time: string, scope: "all" | "near_end") =>
    createPostgresStore(db, () => at(time)).listDue(scope);
  expect(await due("2026-11-21T10:00:00Z", "all")).toEqual([tenantId]);
  expect(await due("2026-12-05T10:00:00Z", "near_end")).toEqual([]);
  expect(await due("2026-12-05T10:06:00Z", "near_end")).toEqual([tenantId]);
  expect(await due("2026-12-05T12:00:00Z", "near_end")).toEqual([tenantId]);
  expect(await due("2026-12-05T12:21:00Z", "near_end")).toEqual([]);
});
