import { expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { ownerContext } from "../testing/api.ts";
import { applyUsageBatch, type UsageRecord } from "../usage/index.ts";
import { usageBatch, usageRecord, usageTokens } from "../usage/testing.ts";
import { getCurrentUsage } from "./index.ts";

const { db } = await createTestDb();
let serial = 0;

async function makeTenant(plan: "free" | "pro" | "team") {
  const tenant = await createTenant(db, { plan });
  const { endpointId } = await createEndpoint(db, tenant);
  return { ...tenant, endpointId, ctx: ownerContext(db, tenant) };
}
type Tenant = Awaited<ReturnType<typeof makeTenant>>;

async function use(tenant: Tenant, at: string, record: Partial<UsageRecord> = {}): Promise<void> {
  const { tenantId, endpointId } = tenant;
  const endedAt = Date.parse(at);
  await applyUsageBatch(
    db,
    usageBatch(`journal-${++serial}`, 1, [
      usageRecord({ requestId: `req_${serial}`, tenantId, endpointId, endedAt, ...record }),
    ]),
  );
}

async function subscribe(tenant: Tenant, given: { status?: string; seats?: number; trialEnd?: string } = {}) {
  await db
    .insertInto("subscriptions")
    .values({
      id: `sub_${++serial}`,
      tenant_id: tenant.tenantId,
      stripe_customer_id: "cus_1",
      status: given.status ?? "active",
      plan: "team",
      seats: given.seats ?? 1,
      current_period_start: new Date("2026-11-05T10:00:00Z"),
      current_period_end: new Date("2026-12-05T10:00:00Z"),
      trial_end: given.trialEnd ? new Date(given.trialEnd) : null,
      created_at: new Date("2026-11-05T10:00:00Z"),
    })
    .execute();
}

test("without a subscription the period is the month of UTC, and its edges are kept", async () => {
  const tenant = await makeTenant("free");
  await use(tenant, "2026-10-31T23:59:59.999Z");
  await use(tenant, "2026-11-01T00:00:00.000Z", { bytesIn: 600_000, bytesOut: 0 });
  await use(tenant, "2026-11-30T23:59:59.999Z", { bytesIn: 0, bytesOut: 600_000, usage: usageTokens() });
  await use(tenant, "2026-12-01T00:00:00.000Z");
  const now = new Date("2026-11-30T23:59:59.999Z");
  const usage = await getCurrentUsage({ ctx: tenant.ctx, input: {}, now });
  expect(usage.period).toEqual({
    start: "2026-11-01T00:00:00.000Z",
    end: "2026-12-01T00:00:00.000Z",
    source: "month",
  });
  expect(usage.meters.map(({ meter, used, limit }) => [meter, used, limit])).toEqual([
    ["requests", 2, 250_000],
    // Two times 0.6 MB are one whole megabyte: rounded once, for the period.
    ["megabytes", 1, 20_000],
    ["tokens", 107, 2_000_000],
    // Free has no hubs.
    ["storage", 0, 0],
    ["storage_writes", 0, 0],
    ["storage_reads", 0, 0],
  ]);
  expect([usage.baseCents, usage.costSoFarCents]).toEqual([0, 0]);
  const previous = await getCurrentUsage({ ctx: tenant.ctx, input: { period: "previous" }, now });
  expect(previous.period.end).toBe(usage.period.start);
  expect(previous.figures.requests).toBe(1);
});

test("a subscription's period starts where Stripe says, and what is above the included has its price", async () => {
  const tenant = await makeTenant("team");
  await subscribe(tenant, { seats: 3 });
  await use(tenant, "2026-11-05T09:59:59Z");
  const tokens = usageTokens({ inputTokens: 1_000_000_000, outputTokens: 250_000_000 });
  await use(tenant, "2026-11-05T10:00:00Z", { usage: tokens });
  const now = new Date("2026-11-20T10:00:00Z");
  const usage = await getCurrentUsage({ ctx: tenant.ctx, input: {}, now });
  expect(usage.period).toMatchObject({ start: "2026-11-05T10:00:00.000Z", source: "subscription" });
  expect(usage.meters.find(({ meter }) => meter === "tokens")).toEqual({
    meter: "tokens",
    used: 1_250_000_000,
    included: 250_000_000,
    billable: 1_000_000_000,
    costCents: 1_000,
    limit: null,
  });
  expect(usage).toMatchObject({ baseCents: 8_700, costSoFarCents: 9_700 });
  // Half of the period is over.
  expect(usage.forecast?.perMeter.find(({ meter }) => meter === "tokens")).toEqual({
    meter: "tokens",
    used: 2_500_000_000,
    costCents: 2_250,
  });
  expect(usage.forecast?.totalCents).toBe(8_700 + 2_250);
});

test("a correction by an operator counts, a trial costs nothing", async () => {
  const tenant = await makeTenant("team");
  await subscribe(tenant, { status: "trialing", trialEnd: "2026-12-05T10:00:00Z" });
  await use(tenant, "2026-11-06T10:00:00Z", {
    usage: usageTokens({ inputTokens: 900_000_000, outputTokens: 0 }),
  });
  await db
    .insertInto("usage_adjustments")
    .values({
      id: `adj_${++serial}`,
      tenant_id: tenant.tenantId,
      meter: "tokens",
      period_start: new Date("2026-11-05T10:00:00Z"),
      quantity: -100_000_000,
      reason: "counted twice",
      created_by: null,
    })
    .execute();
  const now = new Date("2026-11-20T10:00:00Z");
  const usage = await getCurrentUsage({ ctx: tenant.ctx, input: {}, now });
  expect(usage.meters.find(({ meter }) => meter === "tokens")).toMatchObject({
    used: 800_000_000,
    costCents: 0,
  });
  expect(usage).toMatchObject({ baseCents: 0, costSoFarCents: 0, trialEndsAt: "2026-12-05T10:00:00.000Z" });
});

test("another tenant's usage is not in it", async () => {
  const [tenant, stranger] = [await makeTenant("pro"), await makeTenant("pro")];
  await use(stranger, "2026-11-06T10:00:00Z");
  const now = new Date("2026-11-20T10:00:00Z");
  const usage = await getCurrentUsage({ ctx: tenant.ctx, input: {}, now });
  expect(usage.figures.requests).toBe(0);
});
