import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { collectChanges } from "../testing/changes.ts";
import { applyUsageBatch, type UsageRecord } from "./index.ts";
import { usageBatch, usageRecord, usageTokens } from "./testing.ts";

const { db, url } = await createTestDb({ max: 8 });
const changes = await collectChanges(url);

let count = 0;
const journal = () => `jrn_${++count}`;
/** Records of one tenant of its own, so that tests do not meet. */
function world() {
  const id = ++count;
  const of = { tenantId: `ten_${id}`, endpointId: `ep_${id}` };
  const record = (changes: Partial<UsageRecord> = {}) =>
    usageRecord({ requestId: `req_${++count}`, ...of, ...changes });
  const logged = () =>
    db.selectFrom("requests").selectAll().where("tenant_id", "=", of.tenantId).orderBy("id").execute();
  const hours = () =>
    db.selectFrom("usage_hourly").selectAll().where("tenant_id", "=", of.tenantId).orderBy("hour").execute();
  return { ...of, record, logged, hours };
}
const nextOf = async (journalId: string) =>
  (
    await db
      .selectFrom("usage_journals")
      .select("next_seq")
      .where("journal_id", "=", journalId)
      .executeTakeFirst()
  )?.next_seq;

test("a batch is applied once: rows, sums, the batch, the journal's place, news for the tenant's pages", async () => {
  const { record, logged, hours, ...of } = world();
  const id = journal();
  const records = [record({ accessKeyId: "key_1" }), record({ status: 502, errorCode: "connector_offline" })];
  expect(await applyUsageBatch(db, usageBatch(id, 1, records))).toBe("applied");
  expect(await logged()).toMatchObject([
    { id: records[0]!.requestId, access_key_id: "key_1", bytes_in: 10, duration_ms: 30, relay_id: "relay_1" },
    { id: records[1]!.requestId, status: 502, error_code: "connector_offline" },
  ]);
  expect(await hours()).toMatchObject([
    { access_key_id: "", requests: 1, errors: 1, bytes_in: 10, bytes_out: 20, connection_ms: 30 },
    { access_key_id: "key_1", requests: 1, errors: 0 },
  ]);
  expect(await nextOf(id)).toBe(3);
  expect(
    await db.selectFrom("usage_batches").selectAll().where("journal_id", "=", id).execute(),
  ).toMatchObject([{ first_seq: 1, last_seq: 2, records: 2, checksum: "c0ffee" }]);
  await changes.expect({ type: "requests", tenantId: of.tenantId, endpointIds: [of.endpointId] });
});

test("a batch that comes again is known and changes nothing", async () => {
  const { record, logged, hours } = world();
  const id = journal();
  const batches = [usageBatch(id, 1, [record(), record()]), usageBatch(id, 3, [record()])];
  for (const batch of batches) await applyUsageBatch(db, batch);
  expect(await applyUsageBatch(db, batches[0]!)).toBe("known");
  expect(await applyUsageBatch(db, batches[1]!)).toBe("known");
  expect(await logged()).toHaveLength(3);
  expect(await hours()).toMatchObject([{ requests: 3 }]);
});

test("a gap and an overlap are refused with the record that is next, and nothing of the batch stays", async () => {
  const { record, logged } = world();
  const id = journal();
  await applyUsageBatch(db, usageBatch(id, 1, [record(), record()]));
  const refused = [
    [usageBatch(id, 4, [record()]), "gap"],
    [usageBatch(id, 2, [record(), record()]), "overlap"],
    [{ ...usageBatch(id, 3, [record()]), lastSeq: 4 }, "malformed"],
    [usageBatch(journal(), 2, [record()]), "gap"],
  ] as const;
  for (const [batch, reason] of refused) {
    await expect(applyUsageBatch(db, batch)).rejects.toMatchObject({ name: "UsageBatchRefused", reason });
  }
  await expect(applyUsageBatch(db, refused[0][0])).rejects.toMatchObject({ nextSeq: 3 });
  expect(await logged()).toHaveLength(2);
  expect(await nextOf(id)).toBe(3);
});

test("the same batch from eight sides at once is applied by one of them", async () => {
  const { record, hours } = world();
  const id = journal();
  const batch = usageBatch(
    id,
    1,
    Array.from({ length: 50 }, () => record()),
  );
  const answers = await Promise.all(Array.from({ length: 8 }, () => applyUsageBatch(db, batch)));
  expect(answers.toSorted()).toEqual(["applied", ...Array(7).fill("known")]);
  expect(await hours()).toMatchObject([{ requests: 50 }]);
});

test("two journals that add to the same sums in different order both get through", async () => {
  const { record, hours } = world();
  const keys = Array.from({ length: 40 }, (_, n) => `key_${n}`);
  const one = keys.map((accessKeyId) => record({ accessKeyId }));
  const ids = [journal(), journal()];
  for (let round = 0; round < 10; round++) {
    await Promise.all([
      applyUsageBatch(db, usageBatch(ids[0]!, 1 + round * 40, one)),
      applyUsageBatch(db, usageBatch(ids[1]!, 1 + round * 40, one.toReversed())),
    ]);
  }
  expect((await hours()).map((hour) => hour.requests)).toEqual(Array(40).fill(20));
});

test("records that cannot be read are named, and the journal goes on behind them", async () => {
  const { record, logged } = world();
  const id = journal();
  const batch = {
    ...usageBatch(id, 1, [record(), record()]),
    lastSeq: 4,
    missing: [{ firstSeq: 2, lastSeq: 3, reason: "checksum" }],
  };
  expect(await applyUsageBatch(db, batch)).toBe("applied");
  expect(await applyUsageBatch(db, batch)).toBe("known");
  expect(
    await db.selectFrom("usage_damage").selectAll().where("journal_id", "=", id).execute(),
  ).toMatchObject([{ first_seq: 2, last_seq: 3, reason: "checksum" }]);
  expect(await logged()).toHaveLength(2);
  expect(await nextOf(id)).toBe(5);
});

test("the parts of a stream add up on one row; it counts as a request once, its bytes in the hour they came in", async () => {
  const { record, logged, hours } = world();
  const id = journal();
  const startedAt = Date.UTC(2026, 10, 20, 12, 59, 50);
  const of = { requestId: `req_stream_${id}`, startedAt };
  const parts = [
    record({ ...of, part: 0, final: false, endedAt: startedAt + 9_000, bytesOut: 5, usage: null }),
    record({
      ...of,
      part: 1,
      final: false,
      endedAt: startedAt + 11_000,
      usage: usageTokens({ outputTokens: 3 }),
    }),
    record({ ...of, part: 2, final: true, endedAt: startedAt + 12_000, status: 200, usage: usageTokens() }),
  ];
  // Within a batch and across batches.
  await applyUsageBatch(db, usageBatch(id, 1, parts.slice(0, 2)));
  expect(await logged()).toMatchObject([{ bytes_out: 25, output_tokens: 3, model: "llama3" }]);
  await applyUsageBatch(db, usageBatch(id, 3, parts.slice(2)));
  expect(await logged()).toMatchObject([
    { id: of.requestId, bytes_in: 30, bytes_out: 45, duration_ms: 90, input_tokens: 200, output_tokens: 10 },
  ]);
  const sums = await hours();
  expect(sums.reduce((sum, hour) => sum + hour.requests, 0)).toBe(1);
  expect(sums.map(({ hour, model, bytes_out }) => [hour.getUTCHours(), model, bytes_out])).toEqual([
    [12, "", 5],
    [13, "llama3", 40],
  ]);
});

test("a part whose row is gone makes a row of its own", async () => {
  const { record, logged } = world();
  await applyUsageBatch(db, usageBatch(journal(), 1, [record({ part: 3, final: true, bytesOut: 8 })]));
  expect(await logged()).toMatchObject([{ bytes_out: 8 }]);
});

test("tokens are stored with the request and summed by model; what was estimated or unknown is counted apart", async () => {
  const { record, logged, hours } = world();
  const usages = [
    usageTokens(),
    usageTokens({
      source: "estimated",
      inputTokens: 5,
      outputTokens: 6,
      cachedTokens: 0,
      finishReason: null,
    }),
    usageTokens({ source: "none", inputTokens: 0, outputTokens: 0, cachedTokens: 0, reasoningTokens: 0 }),
    usageTokens({ model: null }),
  ];
  await applyUsageBatch(
    db,
    usageBatch(
      journal(),
      1,
      usages.map((usage) => record({ usage })),
    ),
  );
  expect(await hours()).toMatchObject([
    { model: "", requests: 1, input_tokens: 100 },
    {
      model: "llama3",
      requests: 3,
      input_tokens: 105,
      cached_tokens: 40,
      output_tokens: 13,
      reasoning_tokens: 4,
      estimated_tokens: 11,
      unmetered_requests: 1,
    },
  ]);
  expect((await logged()).map((row) => [row.usage_source, row.input_tokens, row.finish_reason])).toEqual([
    ["provider", 100, "stop"],
    ["estimated", 5, null],
    ["none", 0, "stop"],
    ["provider", 100, "stop"],
  ]);
});

test("past 200 models of a tenant in an hour, new names are summed as other; long names are cut", async () => {
  const { record, hours } = world();
  const id = journal();
  const named = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => record({ usage: usageTokens({ model: `m${from + n}` }) }));
  await applyUsageBatch(db, usageBatch(id, 1, named(0, 150)));
  await applyUsageBatch(db, usageBatch(id, 151, named(100, 260)));
  const sums = await hours();
  expect(sums).toHaveLength(201);
  expect(sums.find(({ model }) => model === "other")).toMatchObject({ requests: 60, input_tokens: 6_000 });
  expect(sums.find(({ model }) => model === "m120")).toMatchObject({ requests: 2 });
  const nextHour = record({
    usage: usageTokens({ model: "x".repeat(100) }),
    endedAt: Date.UTC(2026, 10, 20, 13),
  });
  await applyUsageBatch(db, usageBatch(id, 311, [nextHour]));
  expect((await hours()).at(-1)?.model).toBe("x".repeat(64));
});

test("what a client sends cannot fail the batch that it travels in", async () => {
  const { record, logged, hours } = world();
  const hostile = usageTokens({ model: "m\0\ud800", finishReason: "a\tb\\N\n\0" });
  const records = [
    record({ path: "/a\0b\ud800\t\\.\r\n", method: "GE\0T", usage: hostile }),
    record({ part: 1, final: true, path: "/\0", usage: hostile, clientAddress: "\\N" }),
  ];
  await applyUsageBatch(db, usageBatch(journal(), 1, records));
  expect((await logged()).map((row) => [row.path, row.model, row.finish_reason])).toEqual([
    ["/a\ufffdb\ufffd\t\\.\r\n", "m\ufffd\ufffd", "a\tb\\N\n\ufffd"],
    ["/\ufffd", "m\ufffd\ufffd", "a\tb\\N\n\ufffd"],
  ]);
  expect(await hours()).toMatchObject([{ model: "m\ufffd\ufffd", requests: 2 }]);
});

test("a batch that fails in the middle leaves nothing behind, and can come again", async () => {
  const { record, logged, hours } = world();
  const id = journal();
  const bad = record({ status: 1.5 });
  await expect(applyUsageBatch(db, usageBatch(id, 1, [record(), bad]))).rejects.toThrow(/integer/);
  expect([await logged(), await hours(), await nextOf(id)]).toEqual([[], [], undefined]);
  expect(await applyUsageBatch(db, usageBatch(id, 1, [record()]))).toBe("applied");
});
