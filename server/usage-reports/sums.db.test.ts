import fc from "fast-check";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { createAccessKey, createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { ownerContext } from "../testing/api.ts";
import { applyUsageBatch, type UsageRecord } from "../usage/index.ts";
import { usageBatch, usageRecord, usageTokens } from "../usage/testing.ts";
import { type FigureName, figureNames } from "./figures.ts";
import { getUsageBreakdown, getUsageSeries } from "./index.ts";
import type { GroupBy } from "./schemas.ts";

const { db } = await createTestDb();

/** Around both changes of clocks in Berlin and New York, and a turn of the year. */
const start = Date.UTC(2026, 8, 27);
const end = Date.UTC(2026, 10, 10);
const october20 = Date.UTC(2026, 9, 20);

async function makeTenant() {
  const tenant = await createTenant(db, { plan: "team" });
  const endpoints = [await createEndpoint(db, tenant), await createEndpoint(db, tenant)];
  const keys = [await createAccessKey(db, tenant), await createAccessKey(db, tenant)];
  return {
    tenant,
    ctx: ownerContext(db, tenant),
    endpointIds: endpoints.map(({ endpointId }) => endpointId),
    slugs: endpoints.map(({ slug }) => slug),
    keyIds: keys.map(({ accessKeyId }) => accessKeyId),
  };
}
type World = Awaited<ReturnType<typeof makeTenant>>;

let serial = 0;
async function apply(world: World, records: Partial<UsageRecord>[]): Promise<void> {
  const whole = records.map((record) =>
    usageRecord({ requestId: `req_${++serial}`, tenantId: world.tenant.tenantId, ...record }),
  );
  await applyUsageBatch(db, usageBatch(`journal-${++serial}`, 1, whole));
}

const someRecord = (world: World) =>
  fc.record({
    endpointId: fc.constantFrom(...world.endpointIds),
    accessKeyId: fc.constantFrom(null, ...world.keyIds),
    status: fc.constantFrom(200, 404, 502),
    bytesIn: fc.nat(5_000),
    bytesOut: fc.nat(50_000),
    endedAt: fc.integer({ min: start, max: end - 1 }),
    usage: fc.option(
      fc
        .record({
          model: fc.constantFrom("llama3", "qwen", "=cmd()"),
          inputTokens: fc.nat(9_000),
          cachedTokens: fc.nat(90),
          outputTokens: fc.nat(900),
          reasoningTokens: fc.nat(90),
          source: fc.constantFrom("provider" as const, "estimated" as const, "none" as const),
        })
        .map(usageTokens),
    ),
  });

const endedAt = sql`(started_at + duration_ms * interval '1 ms')`;
const columnOf = { endpoint: "endpoint_id", access_key: "access_key_id", model: "model" } as const;

/** The same sums from the rows of the log, without any roll-up. */
async function naive(world: World, by: GroupBy, unit: string, timeZone: string, from: Date, to: Date) {
  const { rows } = await sql<Record<FigureName, number> & { at: Date; groupId: string }>`
    select
      date_trunc(${unit}, ${endedAt}, ${timeZone}) as at, coalesce(${sql.ref(columnOf[by])}, '') as "groupId",
      count(*) as requests, count(*) filter (where status >= 400) as errors,
      sum(bytes_in)::bigint as "bytesIn", sum(bytes_out)::bigint as "bytesOut",
      sum(duration_ms)::bigint as "connectionMs",
      coalesce(sum(input_tokens), 0)::bigint as "inputTokens",
      coalesce(sum(cached_tokens), 0)::bigint as "cachedTokens",
      coalesce(sum(cache_write_tokens), 0)::bigint as "cacheWriteTokens",
      coalesce(sum(output_tokens), 0)::bigint as "outputTokens",
      coalesce(sum(reasoning_tokens), 0)::bigint as "reasoningTokens",
      coalesce(sum(input_tokens + output_tokens) filter (where usage_source = 'estimated'), 0)::bigint
        as "estimatedTokens",
      count(*) filter (where usage_source = 'none') as "unmeteredRequests"
    from requests
    where forwarded and tenant_id = ${world.tenant.tenantId} and ${endedAt} >= ${from} and ${endedAt} < ${to}
    group by 1, 2`.execute(db);
  return rows;
}

test("a series and a breakdown are what a plain sum over the requests gives, in any zone, bucket and grouping", {
  timeout: 120_000,
}, async () => {
  const world = await makeTenant();
  const stranger = await makeTenant();
  await apply(world, fc.sample(someRecord(world), { numRuns: 600, seed: 4 }));
  await apply(stranger, fc.sample(someRecord(stranger), { numRuns: 50, seed: 5 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("endpoint" as const, "access_key" as const, "model" as const),
      fc.constantFrom("hour" as const, "day" as const, "month" as const),
      fc.constantFrom("UTC", "Europe/Berlin", "America/New_York"),
      fc.integer({ min: start, max: end }),
      fc.integer({ min: start, max: end }),
      async (by, bucket, timeZone, one, other) => {
        // Whole hours: a report counts an hour where it starts.
        const hour = (at: number) => new Date(Math.floor(at / 3_600_000) * 3_600_000);
        const from = hour(Math.min(one, other));
        const longest = bucket !== "month" ? from.getTime() + 31 * 86_400_000 : end;
        const to = hour(Math.min(longest, Math.max(one, other)) + 3_600_000);
        const range = { from: from.toISOString(), to: to.toISOString(), timeZone };
        const expected = await naive(world, by, bucket, timeZone, from, to);

        const series = await getUsageSeries({
          ctx: world.ctx,
          input: { ...range, bucket, by, top: 20, metrics: figureNames.join(",") },
        });
        const idOf = (id: string) => (id === "(none)" ? "" : id);
        const cells = series.buckets.flatMap(({ start: at, values }) =>
          values.flatMap((row, group) =>
            row.some((value) => value > 0) ? [[at, idOf(series.groups[group]!.id), ...row]] : [],
          ),
        );
        const expectedCells = expected.map((row) => [
          new Date(Math.max(row.at.getTime(), from.getTime())).toISOString(),
          row.groupId,
          ...figureNames.map((name) => row[name]),
        ]);
        expect(cells.map(String).sort()).toEqual(expectedCells.map(String).sort());

        const { rows, total } = await getUsageBreakdown({ ctx: world.ctx, input: { ...range, by } });
        for (const name of figureNames) {
          expect(total[name]).toBe(expected.reduce((sum, row) => sum + row[name], 0));
          expect(rows.reduce((sum, row) => sum + row.figures[name], 0)).toBe(total[name]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("filters leave the rest out, and together they leave out more", async () => {
  const world = await makeTenant();
  const at = { endedAt: october20 + 60_000 };
  await apply(world, [
    { ...at, endpointId: world.endpointIds[0]!, accessKeyId: world.keyIds[0]!, usage: usageTokens() },
    { ...at, endpointId: world.endpointIds[0]!, accessKeyId: null, usage: usageTokens({ model: "qwen" }) },
    { ...at, endpointId: world.endpointIds[1]!, accessKeyId: world.keyIds[0]! },
  ]);
  const count = async (input: { slug?: string; accessKeyId?: string; model?: string }) => {
    const range = { from: "2026-10-20", to: "2026-10-21" };
    const { total } = await getUsageBreakdown({ ctx: world.ctx, input: { ...range, by: "model", ...input } });
    return total.requests;
  };
  expect(await count({})).toBe(3);
  expect(await count({ slug: world.slugs[0]! })).toBe(2);
  expect(await count({ accessKeyId: world.keyIds[0]! })).toBe(2);
  expect(await count({ accessKeyId: "(none)" })).toBe(1);
  expect(await count({ model: "llama3" })).toBe(1);
  expect(await count({ model: "(none)" })).toBe(1);
  expect(await count({ slug: world.slugs[0]!, accessKeyId: world.keyIds[0]!, model: "qwen" })).toBe(0);
});

test("the largest groups stand alone, the others as one that keeps the sum", async () => {
  const world = await makeTenant();
  await apply(
    world,
    [5, 4, 3, 2, 1].flatMap((times, index) =>
      Array.from({ length: times }, () => ({
        endpointId: world.endpointIds[0]!,
        endedAt: october20 + 1,
        usage: usageTokens({ model: `model-${index}` }),
      })),
    ),
  );
  const { groups, buckets } = await getUsageSeries({
    ctx: world.ctx,
    input: { from: "2026-10-20", to: "2026-10-22", by: "model", metrics: "requests,tokens", top: 2 },
  });
  expect(groups.map(({ label }) => label)).toEqual(["model-0", "model-1", "all others"]);
  expect(buckets[0]!.values).toEqual([
    [5, 5 * 107],
    [4, 4 * 107],
    [6, 6 * 107],
  ]);
  expect(buckets[1]!.values).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});

test("sums by day and by month are the sums by hour, also for a stream that was settled in parts over midnight", async () => {
  const world = await makeTenant();
  const midnight = Date.UTC(2026, 9, 25);
  const part = { requestId: "req_long", endpointId: world.endpointIds[0]!, startedAt: midnight - 5_000 };
  await apply(world, [
    { ...part, part: 0, final: false, endedAt: midnight - 1, usage: usageTokens({ outputTokens: 10 }) },
    {
      ...part,
      part: 1,
      final: true,
      endedAt: midnight,
      usage: usageTokens({ inputTokens: 0, outputTokens: 5 }),
    },
  ]);
  const { buckets } = await getUsageSeries({
    ctx: world.ctx,
    input: { from: "2026-10-24", to: "2026-10-26", metrics: "requests,outputTokens" },
  });
  expect(buckets.map(({ values }) => values[0])).toEqual([
    [0, 10],
    [1, 5],
  ]);
  for (const [longer, unit] of [
    ["usage_daily", "day"],
    ["usage_monthly", "month"],
  ] as const) {
    const { rows } = await sql<{ differences: number }>`
      with by_hour as (
        select tenant_id, date_trunc(${unit}, hour, 'UTC') as start, endpoint_id, access_key_id, model,
          sum(requests) as requests, sum(output_tokens) as output_tokens, sum(bytes_out) as bytes_out
        from usage_hourly group by 1, 2, 3, 4, 5
      ), kept as (select *, ${sql.ref(unit)} as start from ${sql.table(longer)})
      select count(*) as differences
      from by_hour full join kept using (tenant_id, start, endpoint_id, access_key_id, model)
      where by_hour.requests is distinct from kept.requests
        or by_hour.output_tokens is distinct from kept.output_tokens
        or by_hour.bytes_out is distinct from kept.bytes_out`.execute(db);
    expect(rows).toEqual([{ differences: 0 }]);
  }
});
