import fc from "fast-check";
import { expect, test } from "vitest";
import { createAccessKey, createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { ownerContext } from "../testing/api.ts";
import { applyUsageBatch, type UsageRecord } from "../usage/index.ts";
import { usageBatch, usageRecord, usageTokens } from "../usage/testing.ts";
import { getUsageBreakdown, listUsageRequests } from "./index.ts";
import type { UsageRequest, UsageRequestsInput } from "./schemas.ts";

const { db } = await createTestDb();
const now = new Date("2026-11-21T12:00:00Z");
const HOUR = 3_600_000;

let serial = 0;
async function makeWorld(plan: "free" | "pro" = "pro") {
  const tenant = await createTenant(db, { plan });
  const endpoints = [await createEndpoint(db, tenant), await createEndpoint(db, tenant)];
  const { accessKeyId } = await createAccessKey(db, tenant);
  const ctx = ownerContext(db, tenant);
  return {
    tenant,
    ctx,
    endpoints,
    accessKeyId,
    async apply(records: Partial<UsageRecord>[]) {
      const whole = records.map((record) =>
        usageRecord({
          requestId: `req_${String(++serial).padStart(6, "0")}`,
          tenantId: tenant.tenantId,
          endpointId: endpoints[0]!.endpointId,
          ...record,
        }),
      );
      await applyUsageBatch(db, usageBatch(`journal-${++serial}`, 1, whole));
      return whole.map(({ requestId }) => requestId);
    },
    async all(input: UsageRequestsInput): Promise<UsageRequest[]> {
      const found: UsageRequest[] = [];
      let cursor: string | undefined;
      do {
        const page = await listUsageRequests({ ctx, input: { ...input, cursor }, now });
        found.push(...page.requests);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    },
  };
}

test("page by page come exactly the requests that a breakdown counts, newest first, whatever the filter", {
  timeout: 120_000,
}, async () => {
  const world = await makeWorld();
  const start = now.getTime() - 20 * 24 * HOUR;
  const records = fc.sample(
    fc
      .record({
        endpointId: fc.constantFrom(...world.endpoints.map(({ endpointId }) => endpointId)),
        accessKeyId: fc.constantFrom(null, world.accessKeyId),
        endedAt: fc.integer({ min: start, max: now.getTime() - 1 }),
        durationMs: fc.constantFrom(1, 900, 2 * HOUR, 23 * HOUR),
        usage: fc.constantFrom(
          null,
          usageTokens(),
          usageTokens({ model: "rare" }),
          ...Array.from({ length: 6 }, () => usageTokens()),
        ),
      })
      .map((record) => ({ ...record, startedAt: record.endedAt - record.durationMs })),
    { numRuns: 300, seed: 8 },
  );
  await world.apply(records);
  await fc.assert(
    fc.asyncProperty(
      fc.record(
        {
          slug: fc.constantFrom(...world.endpoints.map(({ slug }) => slug)),
          accessKeyId: fc.constantFrom("(none)", world.accessKeyId),
          model: fc.constantFrom("llama3", "rare", "(none)", "never"),
        },
        { requiredKeys: [] },
      ),
      fc.integer({ min: 0, max: 21 * 24 }),
      fc.integer({ min: 1, max: 21 * 24 }),
      fc.integer({ min: 3, max: 60 }),
      async (filters, first, length, limit) => {
        const from = Math.floor(start / HOUR) * HOUR + first * HOUR;
        const range = {
          from: new Date(from).toISOString(),
          to: new Date(from + length * HOUR).toISOString(),
        };
        const listed = await world.all({ ...range, ...filters, limit });
        const { total } = await getUsageBreakdown({
          ctx: world.ctx,
          input: { ...range, ...filters, by: "model" },
        });
        expect(listed).toHaveLength(total.requests);
        expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
        const begun = listed.map(({ startedAt }) => startedAt);
        expect(begun).toEqual([...begun].sort().reverse());
        const tokens = listed.reduce((sum, { inputTokens }) => sum + (inputTokens ?? 0), 0);
        expect(tokens).toBe(total.inputTokens);
      },
    ),
    { numRuns: 80 },
  );
});

test("a request stands where it ended; a meter leaves out what does not count for it", async () => {
  const world = await makeWorld();
  const midnight = Date.UTC(2026, 10, 20);
  const [over, before] = await world.apply([
    { startedAt: midnight - 2_000, endedAt: midnight + 1_000, durationMs: 3_000, usage: usageTokens() },
    { startedAt: midnight - 2_000, endedAt: midnight - 1_000, durationMs: 1_000, bytesIn: 0, bytesOut: 0 },
  ]);
  const ids = async (input: UsageRequestsInput) => (await world.all(input)).map(({ id }) => id);
  expect(await ids({ from: "2026-11-20", to: "2026-11-21" })).toEqual([over]);
  expect(await ids({ from: "2026-11-19", to: "2026-11-20" })).toEqual([before]);
  expect(await ids({ from: "2026-11-19", to: "2026-11-21", meter: "megabytes" })).toEqual([over]);
  expect(await ids({ from: "2026-11-19", to: "2026-11-21", meter: "tokens" })).toEqual([over]);
  expect(await ids({ from: "2026-11-20", to: "2026-11-21", timeZone: "America/New_York" })).toEqual([]);
});

test("a row says where its tokens come from", async () => {
  const world = await makeWorld();
  const endedAt = now.getTime() - HOUR;
  await world.apply([
    {
      endedAt,
      accessKeyId: world.accessKeyId,
      usage: usageTokens({ source: "estimated", status: "partial" }),
    },
  ]);
  const [request] = await world.all({});
  expect(request).toMatchObject({
    slug: world.endpoints[0]!.slug,
    model: "llama3",
    inputTokens: 100,
    outputTokens: 7,
    usageSource: "estimated",
    usageStatus: "partial",
    endedAt: new Date(endedAt).toISOString(),
    accessKeyName: expect.stringContaining("key "),
  });
});

test("what the plan keeps no longer is not listed, even while it is there, and the answer says so", async () => {
  const world = await makeWorld("free");
  const days = (count: number) => now.getTime() - count * 24 * HOUR;
  const [kept] = await world.apply([
    { startedAt: days(6) - 30, endedAt: days(6) },
    { startedAt: days(8) - 30, endedAt: days(8) },
  ]);
  const { requests, retention } = await listUsageRequests({
    ctx: world.ctx,
    input: { from: "2026-11-01", to: "2026-11-22" },
    now,
  });
  expect(requests.map(({ id }) => id)).toEqual([kept]);
  expect(retention).toEqual({
    days: 7,
    keptSince: "2026-11-14T12:00:00.000Z",
    message:
      "The Free plan keeps requests for 7 days. Those before 2026-11-14 are counted and billed as shown, but can no longer be listed one by one.",
  });
  const recent = await listUsageRequests({
    ctx: world.ctx,
    input: { from: "2026-11-20", to: "2026-11-22" },
    now,
  });
  expect(recent.retention.message).toBeNull();
});

test("another tenant's requests, endpoint and key are not there", async () => {
  const [world, stranger] = [await makeWorld(), await makeWorld()];
  await stranger.apply([{ endedAt: now.getTime() - HOUR }]);
  expect(await world.all({})).toEqual([]);
  const ask = (input: UsageRequestsInput) => listUsageRequests({ ctx: world.ctx, input, now });
  await expect(ask({ slug: stranger.endpoints[0]!.slug })).rejects.toMatchObject({
    code: "endpoint_not_found",
  });
  await expect(ask({ accessKeyId: stranger.accessKeyId })).rejects.toMatchObject({
    code: "access_key_not_found",
  });
});

test("members may look, a context without the permission may not", async () => {
  const world = await makeWorld();
  const ctx = { ...world.ctx, permissions: ["requests:read" as const] };
  await expect(listUsageRequests({ ctx, input: {}, now })).rejects.toMatchObject({
    code: "permission_missing",
  });
  await expect(getUsageBreakdown({ ctx, input: { by: "model" }, now })).rejects.toMatchObject({
    code: "permission_missing",
  });
});
