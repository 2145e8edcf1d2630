import { CompiledQuery, sql } from "kysely";
import { beforeAll, expect, test } from "vitest";
import type { Db } from "../../db/client.ts";
import { createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { ownerContext } from "../testing/api.ts";
import { getCurrentUsage, getUsageBreakdown, getUsageSeries, listUsageRequests } from "./index.ts";

/** A small likeness of `npm run bench -- usage`: not how long it takes, but that nothing is read from end to end. */
const { db } = await createTestDb();
const tenant = await createTenant(db, { plan: "pro" });
const { endpointId } = await createEndpoint(db, tenant);
const now = new Date("2026-11-21T00:00:00Z");

beforeAll(async () => {
  // A period with hours at its ends and days between them.
  await db
    .insertInto("subscriptions")
    .values({
      id: "sub_1",
      tenant_id: tenant.tenantId,
      stripe_customer_id: "cus_1",
      status: "active",
      plan: "pro",
      current_period_start: new Date("2026-11-05T10:00:00Z"),
      current_period_end: new Date("2026-12-05T10:00:00Z"),
      created_at: new Date("2026-11-05T10:00:00Z"),
    })
    .execute();
  // 20 tenants, 60 days, 24 hours; requests of which one in twenty is the tenant's.
  const someTenant = sql`case when n % 20 = 0 then ${tenant.tenantId} else 'ten_' || (n % 20) end`;
  const someEndpoint = sql`case when n % 20 = 0 then ${endpointId} else 'ep_' || (n % 20) end`;
  for (const [table, time, step] of [
    ["usage_hourly", "hour", "1 hour"],
    ["usage_daily", "day", "1 day"],
  ] as const) {
    await sql`
      insert into ${sql.table(table)} (tenant_id, ${sql.ref(time)}, endpoint_id, model, requests)
      select ${someTenant}, date_trunc(${time}, at, 'UTC'), ${someEndpoint}, 'model', 3
      from generate_series(${now}::timestamptz - interval '60 days', ${now}, ${step}::interval) at, generate_series(1, 20) n
    `.execute(db);
  }
  await sql`
    insert into requests (id, tenant_id, endpoint_id, relay_id, started_at, method, path, status, bytes_in, bytes_out,
      duration_ms, client_address, model)
    select 'req_' || n, ${someTenant}, ${someEndpoint}, 'relay', ${now}::timestamptz - n * interval '25 seconds', 'GET', '/',
      200, 1, 1, 20, '192.0.2.1', 'model'
    from generate_series(1, 60000) n`.execute(db);
  await sql`analyze requests, usage_hourly, usage_daily`.execute(db);
});

/** What Postgres would do for each statement that `work` sends. */
async function plansOf(work: (db: Db) => Promise<unknown>): Promise<string> {
  const sent: CompiledQuery[] = [];
  const watched = db.withPlugin({
    transformQuery({ node, queryId }) {
      sent.push(db.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await work(watched);
  const plans: string[] = [];
  for (const { sql: text, parameters } of sent) {
    const explain = CompiledQuery.raw(`explain ${text}`, [...parameters]);
    const { rows } = await db.executeQuery<{ "QUERY PLAN": string }>(explain);
    plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
  }
  return plans.join("\n\n");
}

const ctx = (from: Db) => ownerContext(from, tenant);

test.each([
  ["a period", (from: Db) => getCurrentUsage({ ctx: ctx(from), input: {}, now })],
  ["a series of days", (from: Db) => getUsageSeries({ ctx: ctx(from), input: { by: "model" }, now })],
  [
    "a series of hours",
    (from: Db) =>
      getUsageSeries({
        ctx: ctx(from),
        input: { from: "2026-11-14", to: "2026-11-21", bucket: "hour", by: "model" },
        now,
      }),
  ],
  ["a breakdown", (from: Db) => getUsageBreakdown({ ctx: ctx(from), input: { by: "access_key" }, now })],
])("%s reads its roll-up by the key, and never the requests", async (_, work) => {
  const plans = await plansOf(work);
  expect(plans).toMatch(/usage_(?:hourly|daily)_pkey/);
  expect(plans).not.toMatch(/Seq Scan on (?:usage_|requests)/);
  expect(plans).not.toMatch(/Scan[^\n]* on requests/);
});

test.each([
  ["all", {}],
  ["of a model", { model: "model" }],
])("the requests behind a figure, %s, come through their index", async (_, input) => {
  const plans = await plansOf(async (from) => {
    const { requests } = await listUsageRequests({ ctx: ctx(from), input, now });
    expect(requests).toHaveLength(50);
  });
  expect(plans).toMatch(/Index Scan[^\n]* requests_of_endpoint/);
  expect(plans).not.toMatch(/Seq Scan on (?:usage_|requests)/);
});
