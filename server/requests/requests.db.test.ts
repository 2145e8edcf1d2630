import { expect, test } from "vitest";
import { createAccessKey, createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { ownerContext } from "../testing/api.ts";
import { listRequests, type RequestRow, recordRequests } from "./index.ts";

const { db } = await createTestDb();

let count = 0;
function row(of: { tenantId: string; endpointId: string }, values: Partial<RequestRow> = {}): RequestRow {
  count += 1;
  return {
    id: `req_${String(count).padStart(6, "0")}`,
    tenant_id: of.tenantId,
    endpoint_id: of.endpointId,
    relay_id: "relay-a",
    started_at: new Date(Date.UTC(2026, 10, 20, 12, 0, count)),
    method: "POST",
    path: "/v1/chat/completions",
    status: 200,
    bytes_in: 10,
    bytes_out: 20,
    duration_ms: 1.5,
    client_address: "203.0.113.5",
    ...values,
  };
}
async function setting() {
  const tenant = await createTenant(db, { plan: "pro" });
  const endpoint = await createEndpoint(db, tenant);
  const of = { tenantId: tenant.tenantId, endpointId: endpoint.endpointId };
  return { tenant, endpoint, of, ctx: ownerContext(db, tenant) };
}

test("thousands of rows in one call are all written", async () => {
  const { of } = await setting();
  await recordRequests(
    db,
    Array.from({ length: 5000 }, () => row(of)),
  );
  const { count } = await db
    .selectFrom("requests")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("endpoint_id", "=", of.endpointId)
    .executeTakeFirstOrThrow();
  expect(count).toBe(5000);
});

test("pages follow each other without gap or repeat while new rows arrive", async () => {
  const { of, ctx, endpoint } = await setting();
  const sameMoment = new Date(Date.UTC(2026, 10, 20, 13));
  await recordRequests(
    db,
    Array.from({ length: 25 }, () => row(of, { started_at: sameMoment })),
  );
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const input = { slug: endpoint.slug, limit: 10, ...(cursor ? { cursor } : {}) };
    const page = await listRequests({ ctx, input });
    seen.push(...page.requests.map(({ id }) => id));
    cursor = page.nextCursor;
    await recordRequests(db, [row(of, { started_at: new Date(Date.UTC(2026, 10, 20, 14)) })]);
  } while (cursor);
  expect(seen).toHaveLength(25);
  expect(new Set(seen).size).toBe(25);
  expect(seen).toEqual([...seen].sort().reverse());
});

test("the pages of a whole tenant merge those of its endpoints, released ones too", async () => {
  const { tenant, of, ctx } = await setting();
  const other = await createEndpoint(db, tenant);
  const both = [of, { ...of, endpointId: other.endpointId }];
  const rows = Array.from({ length: 30 }, (_, n) => row(both[n % 2]!));
  await recordRequests(db, rows);
  await db
    .updateTable("endpoints")
    .set({ released_at: new Date() })
    .where("id", "=", other.endpointId)
    .execute();
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listRequests({ ctx, input: { limit: 7, ...(cursor ? { cursor } : {}) } });
    seen.push(...page.requests.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual(rows.map(({ id }) => id).toReversed());
});

test("a row shows the key's name and its endpoint; byte counts past 2^31 stay exact numbers", async () => {
  const { tenant, of, ctx, endpoint } = await setting();
  const { accessKeyId } = await createAccessKey(db, tenant);
  await recordRequests(db, [
    row(of, {
      access_key_id: accessKeyId,
      bytes_out: 9_007_199_254_740_991,
      error_code: "upstream_timeout",
      status: 504,
    }),
  ]);
  expect((await listRequests({ ctx, input: {} })).requests).toEqual([
    expect.objectContaining({
      slug: endpoint.slug,
      accessKeyName: expect.stringContaining("key"),
      bytesOut: 9_007_199_254_740_991,
      errorCode: "upstream_timeout",
      status: 504,
    }),
  ]);
});

test("another tenant's rows are not listed, its slug is not found, a made-up cursor is refused", async () => {
  const [mine, other] = [await setting(), await setting()];
  await recordRequests(db, [row(other.of)]);
  expect((await listRequests({ ctx: mine.ctx, input: {} })).requests).toEqual([]);
  await expect(listRequests({ ctx: mine.ctx, input: { slug: other.endpoint.slug } })).rejects.toMatchObject({
    code: "endpoint_not_found",
  });
  for (const cursor of ["x", "W10", Buffer.from('["a","b"]').toString("base64url"), "%%%"]) {
    await expect(listRequests({ ctx: mine.ctx, input: { cursor } })).rejects.toMatchObject({
      kind: "invalid",
      code: "invalid_cursor",
      details: { field: "cursor" },
    });
  }
});

test("a hostile path cannot fail the batch that it travels in", async () => {
  const { of, ctx } = await setting();
  await recordRequests(db, [row(of, { path: "/a\0b", user_agent: "\0", method: "GE\0T" }), row(of)]);
  expect((await listRequests({ ctx, input: {} })).requests).toHaveLength(2);
});

test("a path that Postgres cannot hold does not fail its batch", async () => {
  const { of, ctx, endpoint } = await setting();
  const hostile = row(of, { path: "/a\0b\ud800c", user_agent: "\0" });
  await recordRequests(db, [row(of), hostile]);
  const { requests } = await listRequests({ ctx, input: { slug: endpoint.slug, limit: 10 } });
  expect(requests.find(({ id }) => id === hostile.id)?.path).toBe("/a\ufffdb\ufffdc");
});

test("a request to a model is listed with its tokens, another one without", async () => {
  const { of, ctx, endpoint } = await setting();
  const usage = { api_kind: "openai_chat", model: "llama3", input_tokens: 7, output_tokens: 3 };
  await recordRequests(db, [
    row(of),
    row(of, { ...usage, usage_source: "provider", usage_status: "partial" }),
  ]);
  const { requests } = await listRequests({ ctx, input: { slug: endpoint.slug } });
  expect(requests.map(({ tokens }) => tokens)).toEqual([
    { model: "llama3", input: 7, output: 3, source: "provider", status: "partial" },
    null,
  ]);
});
