import { expect, test } from "vitest";
import { createAccessKey, createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import type { Mail } from "../../emails/index.ts";
import { ownerContext } from "../testing/api.ts";
import { sendBudgetAlerts } from "./alerts.ts";
import { listBudgets, readSpending, removeBudget, setBudget } from "./index.ts";

const { db } = await createTestDb();
const now = new Date("2026-11-21T10:30:00Z");

async function world(plan: "free" | "pro" = "pro") {
  const tenant = await createTenant(db, { plan });
  const endpoint = await createEndpoint(db, tenant);
  const key = await createAccessKey(db, tenant);
  const ctx = ownerContext(db, tenant);
  const use = (hour: string, sums: { requests?: number; bytes?: number; tokens?: number }, byKey = false) =>
    db
      .insertInto("usage_hourly")
      .values({
        tenant_id: tenant.tenantId,
        hour: new Date(hour),
        endpoint_id: endpoint.endpointId,
        access_key_id: byKey ? key.accessKeyId : "",
        model: "",
        requests: sums.requests ?? 0,
        errors: 0,
        bytes_in: 0,
        bytes_out: sums.bytes ?? 0,
        connection_ms: 0,
        input_tokens: 0,
        cached_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: sums.tokens ?? 0,
        reasoning_tokens: 0,
        estimated_tokens: 0,
        unmetered_requests: 0,
      })
      .execute();
  return { tenant, key, ctx, use };
}

test("a budget of one owner, metric and period is one: set again it changes", async () => {
  const { ctx, key } = await world();
  const budget = { metric: "tokens", period: "day", hard: true } as const;
  const first = await setBudget({ ctx, input: { ...budget, limit: 100 } });
  const again = await setBudget({ ctx, input: { ...budget, limit: 200, hard: false } });
  expect(again).toMatchObject({ id: first.id, limit: 200, hard: false, used: 0, accessKeyId: null });
  const ofKey = await setBudget({ ctx, input: { ...budget, accessKeyId: key.accessKeyId, limit: 5 } });
  const { budgets, hasPrices } = await listBudgets({ ctx });
  expect(budgets.map(({ id }) => id)).toEqual([first.id, ofKey.id]);
  expect(hasPrices).toBe(true);
  await removeBudget({ ctx, input: { id: first.id } });
  await expect(removeBudget({ ctx, input: { id: first.id } })).rejects.toMatchObject({
    code: "budget_not_found",
  });
});

test("two who set the same budget at once make one", async () => {
  const { ctx } = await world();
  const input = { metric: "requests", period: "month", hard: true } as const;
  const made = await Promise.all([1, 2, 3, 4].map((limit) => setBudget({ ctx, input: { ...input, limit } })));
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect((await listBudgets({ ctx })).budgets).toHaveLength(1);
});

test("money cannot be limited where usage costs nothing, nor a key of somebody else", async () => {
  const { ctx } = await world("free");
  const other = await world();
  const input = { metric: "cents", period: "month", limit: 5, hard: true } as const;
  await expect(setBudget({ ctx, input })).rejects.toMatchObject({ code: "budget_without_price" });
  await expect(
    setBudget({ ctx, input: { ...input, metric: "tokens", accessKeyId: other.key.accessKeyId } }),
  ).rejects.toMatchObject({ code: "access_key_not_found" });
});

test("used is that of the day or the billing period, of the account or the key, in the unit of the limit", async () => {
  const { ctx, key, use } = await world();
  await use("2026-11-20T23:00:00Z", { requests: 7, tokens: 1_000 }, true);
  await use("2026-11-21T00:00:00Z", { requests: 2, tokens: 60_000_000 }, true);
  await use("2026-11-21T10:00:00Z", { requests: 1, tokens: 500 });
  const input = { limit: 1_000, hard: true } as const;
  await setBudget({ ctx, input: { ...input, metric: "requests", period: "day" } });
  await setBudget({ ctx, input: { ...input, metric: "requests", period: "month" } });
  await setBudget({ ctx, input: { ...input, metric: "cents", period: "month" } });
  await setBudget({ ctx, input: { ...input, metric: "cents", period: "day", accessKeyId: key.accessKeyId } });
  await setBudget({
    ctx,
    input: { ...input, metric: "tokens", period: "day", accessKeyId: key.accessKeyId },
  });
  const { budgets } = await listBudgets({ ctx, now });
  // 60,001,500 tokens are 10,001,500 above the included: 20 cents. The key's 60,000,000 at list price: 120.
  expect(budgets.map(({ used }) => used)).toEqual([3, 10, 20, 120, 60_000_000]);
  expect(budgets.map(({ resetsAt }) => resetsAt.slice(0, 10))).toEqual([
    "2026-11-22",
    "2026-12-01",
    "2026-12-01",
    "2026-11-22",
    "2026-11-22",
  ]);
});

test("a relay learns hard budgets and what a plan without a price includes, with its own place in its journal", async () => {
  const free = await world("free");
  await free.use("2026-11-02T00:00:00Z", { requests: 3, bytes: 5_000_000 });
  const paid = await world();
  await setBudget({ ctx: paid.ctx, input: { metric: "tokens", period: "day", limit: 9, hard: true } });
  await setBudget({ ctx: paid.ctx, input: { metric: "requests", period: "day", limit: 9, hard: false } });
  await db
    .insertInto("usage_journals")
    .values({ journal_id: "jrn_1", relay_id: "r", next_seq: 41 })
    .execute();
  const of = ({ tenant }: typeof free) =>
    readSpending(db, { tenantId: tenant.tenantId, journalId: "jrn_1", now });
  expect(await of(free)).toMatchObject({
    nextSeq: 41,
    limits: [
      { budgetId: null, metric: "requests", limit: 250_000, used: { requests: 3, bytes: 5_000_000 } },
      { metric: "megabytes", limit: 20_000 },
      { metric: "tokens", limit: 2_000_000 },
    ],
  });
  expect((await of(paid)).limits).toMatchObject([{ metric: "tokens", limit: 9, accessKeyId: null }]);
  const unknown = await readSpending(db, { tenantId: paid.tenant.tenantId, journalId: "jrn_2", now });
  expect(unknown.nextSeq).toBe(1);
});

test("mails go out once at 50, 80 and 100 %, only the highest of those passed at once, and anew for a new limit", async () => {
  await db.deleteFrom("budgets").execute();
  const { ctx, use, tenant, key } = await world();
  const sent: Mail[] = [];
  const mailer = {
    kind: "mailbox" as const,
    async send(_to: string, mail: Mail) {
      sent.push(mail);
      return "sent" as const;
    },
    close() {},
  };
  const deps = { db, mailer, portalUrl: "http://localhost:3000", now: () => now };
  const input = { metric: "requests", period: "day", hard: true, accessKeyId: key.accessKeyId } as const;
  await setBudget({ ctx, input: { ...input, limit: 100 } });
  expect(await sendBudgetAlerts(deps)).toBe(0);
  await use("2026-11-21T01:00:00Z", { requests: 51 }, true);
  expect(await sendBudgetAlerts(deps)).toBe(1);
  expect(await sendBudgetAlerts(deps)).toBe(0);
  await use("2026-11-21T02:00:00Z", { requests: 60 }, true);
  expect(await sendBudgetAlerts(deps)).toBe(1);
  expect(sent).toMatchObject([
    { kind: "budget_alert", threshold: 50, used: "51 requests", limit: "100 requests", hard: true },
    { threshold: 100, used: "111 requests", resetsOn: "22 November 2026" },
  ]);
  await setBudget({ ctx, input: { ...input, limit: 120 } });
  expect(await sendBudgetAlerts(deps)).toBe(1);
  expect(sent.at(-1)).toMatchObject({ threshold: 80, limit: "120 requests" });
  const tomorrow = new Date(now.getTime() + 86_400_000);
  expect(await sendBudgetAlerts({ ...deps, now: () => tomorrow })).toBe(0);
  expect(tenant.tenantId).toBeTruthy();
});
