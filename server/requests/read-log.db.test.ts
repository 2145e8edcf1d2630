import fc from "fast-check";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import type { LogFilter } from "./log-filter.ts";
import { type LogQuestion, type LogRow, readLog } from "./read-log.ts";
import { type RequestRow, recordRequests } from "./record.ts";
import { recordAsBlocks } from "./testing.ts";

const { db } = await createTestDb();
const START = Date.UTC(2026, 10, 20, 12);
const endpoints = ["ep_1", "ep_2"];
const keys = [null, "key_1", "key_2"];

let count = 0;
const row = (values: Partial<RequestRow>): RequestRow => ({
  id: `req_${String(++count).padStart(6, "0")}`,
  tenant_id: "ten_1",
  endpoint_id: "ep_1",
  relay_id: "relay-a",
  started_at: new Date(START),
  method: "GET",
  path: "/",
  status: 200,
  bytes_in: 0,
  bytes_out: 20,
  duration_ms: 5,
  client_address: "203.0.113.5",
  ...values,
});

async function idsOfAll(question: Omit<LogQuestion, "cursor">): Promise<string[]> {
  const ids: string[] = [];
  let last: LogRow | undefined;
  do {
    const cursor = last === undefined ? null : { startedAtMicros: last.micros, id: last.id };
    const page = await readLog(db, { ...question, cursor });
    ids.push(...page.map(({ id }) => id));
    last = page.length < question.limit ? undefined : page.at(-1);
  } while (last !== undefined);
  return ids;
}

/** Some minutes, with many requests at the same moment, and a few a day before. */
const someTime = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((n) => START + n * 15_000),
  fc.integer({ min: 0, max: 180_000 }).map((n) => START + n),
  fc.integer({ min: 0, max: 60_000 }).map((n) => START - 86_400_000 + n),
);
const someRow = fc.record({
  endpoint_id: fc.constantFrom(...endpoints),
  access_key_id: fc.constantFrom(...keys),
  connector_id: fc.constantFrom("con_1", "con_2"),
  started_at: someTime.map((time) => new Date(time)),
  duration_ms: fc.constantFrom(0, 5, 20_000),
  bytes_out: fc.constantFrom(0, 20),
  forwarded: fc.boolean(),
  model: fc.constantFrom(null, null, "llama3"),
  store: fc.constantFrom("row", "row of microseconds", "first batch", "second batch", "third batch"),
});
const someFilter: fc.Arbitrary<LogFilter> = fc.record(
  {
    ended: fc
      .tuple(someTime, someTime)
      .map(([a, b]) => ({ from: new Date(Math.min(a, b)), to: new Date(Math.max(a, b)) })),
    forwarded: fc.constant(true as const),
    accessKeyId: fc.constantFrom(...keys),
    model: fc.constantFrom(null, "llama3"),
    with: fc.constantFrom("bytes" as const, "tokens" as const),
  },
  { requiredKeys: [] },
);

test("rows and blocks, however requests are spread over both: page by page come those of the question, newest first", {
  timeout: 120_000,
}, async () => {
  const made = fc.sample(someRow, { numRuns: 600, seed: 3 });
  const all: (RequestRow & { micros: number })[] = made.map(({ store, model, ...values }) => {
    const tokens =
      model !== null ? { api_kind: "openai_chat", model, input_tokens: 5, output_tokens: 7 } : {};
    const micros = values.started_at.getTime() * 1_000 + (store === "row of microseconds" ? 123 : 0);
    return { ...row({ ...values, ...tokens }), micros };
  });
  const isRow = (n: number) => made[n]!.store.startsWith("row") || made[n]!.model !== null;
  await recordRequests(
    db,
    all.filter((_, n) => isRow(n)),
  );
  const precise = all.filter((_, n) => made[n]!.store === "row of microseconds").map(({ id }) => id);
  for (const [n, one] of all.entries())
    if (isRow(n) && !precise.includes(one.id)) one.micros = one.started_at.getTime() * 1_000;
  await sql`update requests set started_at = started_at + interval '123 microseconds' where id = any(${precise})`.execute(
    db,
  );
  for (const batch of ["first batch", "second batch", "third batch"])
    await recordAsBlocks(
      db,
      all.filter((_, n) => !isRow(n) && made[n]!.store === batch),
    );
  // A stranger's, at the same moments.
  await recordAsBlocks(
    db,
    endpoints.map((endpoint_id) => row({ endpoint_id, tenant_id: "ten_2" })),
  );

  const some = {
    stretch: fc.record({ endpointId: fc.constantFrom(...endpoints), from: someTime, to: someTime }),
  };
  await fc.assert(
    fc.asyncProperty(
      someFilter,
      fc.oneof(
        fc.constant(endpoints.map((endpointId) => ({ endpointId }))),
        fc
          .array(
            some.stretch.map(({ endpointId, from, to }) => ({
              endpointId,
              from: new Date(from),
              to: new Date(to),
            })),
            {
              maxLength: 2,
            },
          )
          .filter(([a, b]) => a?.endpointId !== b?.endpointId),
      ),
      fc.integer({ min: 1, max: 80 }),
      async (filter, stretches, limit) => {
        const expected = all
          .filter((one) => {
            const begun = one.micros / 1_000;
            const ended = begun + one.duration_ms;
            const isInside = stretches.some(
              (stretch: LogQuestion["stretches"][number]) =>
                stretch.endpointId === one.endpoint_id &&
                (!stretch.from || begun >= stretch.from.getTime()) &&
                (!stretch.to || begun < stretch.to.getTime()),
            );
            return (
              isInside &&
              (!filter.ended ||
                (ended >= filter.ended.from.getTime() && ended < filter.ended.to.getTime())) &&
              (!filter.forwarded || one.forwarded !== false) &&
              (filter.accessKeyId === undefined || (one.access_key_id ?? null) === filter.accessKeyId) &&
              (filter.model === undefined || (one.model ?? null) === filter.model) &&
              (filter.with !== "bytes" || one.bytes_out > 0) &&
              (filter.with !== "tokens" || one.model != null)
            );
          })
          .sort((a, b) => b.micros - a.micros || (a.id < b.id ? 1 : -1))
          .map(({ id }) => id);
        expect(await idsOfAll({ tenantId: "ten_1", stretches, filter, limit })).toEqual(expected);
      },
    ),
    { numRuns: 150 },
  );
});

test("a page of a busy endpoint reads a block or two, however many there are", async () => {
  const of = { endpoint_id: "ep_busy", tenant_id: "ten_busy" };
  for (let n = 0; n < 20; n++) {
    const rows = Array.from({ length: 300 }, (_, i) =>
      row({ ...of, started_at: new Date(START + n * 3_000 + i * 10) }),
    );
    await recordAsBlocks(db, rows);
  }
  const sent: string[] = [];
  const watched = db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      for (const one of result.rows) if (typeof one.lines === "string") sent.push(one.lines);
      return result;
    },
  });
  const question = { tenantId: "ten_busy", stretches: [{ endpointId: "ep_busy" }], cursor: null, limit: 51 };
  expect(await readLog(watched, question)).toHaveLength(51);
  expect(sent).toHaveLength(1);
});

test("whatever a client sent comes back as it was", async () => {
  const paths = ["/a\tb", "/a\\tb", "/\\N", "\\", "/\\\\t", "/line\nbreak\r", "/é/\u{1f600}", "", "\\N"];
  const of = {
    tenant_id: "ten_odd",
    endpoint_id: "ep_odd",
    error_code: "x\\y",
    queue_ms: 3,
    upstream_ms: null,
  };
  const rows = paths.map((path) => row({ ...of, path, method: "A\tB" }));
  await recordAsBlocks(db, rows);
  const question = { tenantId: "ten_odd", stretches: [{ endpointId: "ep_odd" }], cursor: null, limit: 20 };
  const read = (await readLog(db, question)).reverse();
  expect(read).toMatchObject(rows);
  const shown = await db
    .selectFrom("request_log")
    .selectAll()
    .where("endpoint_id", "=", "ep_odd")
    .orderBy("id")
    .execute();
  expect(read.map(({ micros, ...rest }) => rest)).toEqual(shown);
});
