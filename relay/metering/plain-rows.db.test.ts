import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { applyUsageBatch, type UsageRecord } from "../../server/usage/index.ts";
import { usageBatch, usageRecord, usageTokens } from "../../server/usage/testing.ts";
import { HandOver } from "./hand-over.ts";
import { HEADER_BYTES, Journal } from "./journal/index.ts";
import { encodeRecord, mostBytes } from "./journal/record-codec.ts";
import { LiveSource } from "./live-source.ts";
import { PlainRowsBuilder } from "./plain-rows.ts";
import { createMessages } from "./testing.ts";

const { db } = await createTestDb({ max: 2 });

/** Requests of one tenant that differ in everything that a row or a sum shows. */
function requestsOf(tenantId: string): UsageRecord[] {
  const hour = Date.UTC(2026, 10, 20, 12);
  return Array.from({ length: 60 }, (_, n) =>
    usageRecord({
      requestId: `req_${tenantId}_${String(n).padStart(2, "0")}`,
      tenantId,
      endpointId: `ep_${n % 2}`,
      accessKeyId: n % 3 ? `key_${n % 3}` : null,
      connectorId: n % 5 ? `con_${n % 5}` : null,
      startedAt: hour + Math.floor(n / 7) * 20_000 - (n % 11) * 9_000,
      endedAt: hour + n * 250_000,
      method: n % 7 ? "GET" : "BREW",
      path: ["/", "/a\\tb", "/é", "/\\N"][n % 4]!,
      status: n % 6 ? 200 : 502,
      errorCode: n % 6 ? null : "upstream_reset",
      bytesIn: n ** 5,
      bytesOut: n * 1_000_003,
      durationMs: n * 17,
      tunnelMs: n % 2 ? n : null,
      clientAddress: n % 2 ? "2001:db8::1" : "192.0.2.1",
      clientAborted: n % 9 === 0,
      forwarded: n % 8 > 0,
      usage: n % 10 ? null : usageTokens(),
      part: n % 20 === 19 ? 1 : 0,
    }),
  );
}

async function booksOf(tenantId: string) {
  const tables = ["usage_hourly", "usage_daily", "usage_monthly"] as const;
  const sums = await Promise.all(
    tables.map((table) =>
      db
        .selectFrom(table)
        .selectAll()
        .where("tenant_id", "=", tenantId)
        .orderBy("endpoint_id")
        .orderBy("access_key_id")
        .orderBy("model")
        .orderBy((eb) =>
          eb.ref(table === "usage_hourly" ? "hour" : table === "usage_daily" ? "day" : "month"),
        )
        .execute(),
    ),
  );
  const rows = await db
    .selectFrom("request_log")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .orderBy("id")
    .execute();
  return JSON.parse(JSON.stringify({ sums, rows }).replaceAll(tenantId, "ten"));
}

test("what goes to Postgres as bytes of the journal gives the rows and sums that its records would", async () => {
  const root = await mkdtemp(join(tmpdir(), "hotspot-plain-rows-"));
  const { log } = createMessages();
  const journal = await Journal.open({ root, relayId: "relay_1", syncMs: 1_000, log });
  for (const record of requestsOf("ten_bytes")) journal.append(record);
  let plain = 0;
  const handOver = new HandOver(new LiveSource(journal, "relay_1"), {
    apply: (batch) => {
      plain += batch.plain?.count ?? 0;
      return applyUsageBatch(db, batch);
    },
    log,
  });
  expect(await handOver.step()).toBe(60);
  expect(plain).toBe(51);
  await journal.close();
  await rm(root, { recursive: true });
  await applyUsageBatch(db, usageBatch("jrn_records", 1, requestsOf("ten_records")));

  const books = await booksOf("ten_bytes");
  expect(books.rows).toHaveLength(60);
  expect(books.sums.flat().length).toBeGreaterThan(20);
  expect(books).toEqual(await booksOf("ten_records"));
  // Some of them stand together, also where those of others came between.
  const { blocks } = await db
    .selectFrom("request_blocks")
    .select(sql<number>`count(*)::int`.as("blocks"))
    .executeTakeFirstOrThrow();
  expect(blocks).toBeLessThan(51);
});

/** Payloads as they stand in a journal, and what comes of them. */
function gathered(records: UsageRecord[], change: (payload: Buffer) => Buffer = (payload) => payload) {
  const payloads = records.map((record) => {
    const bytes = Buffer.alloc(mostBytes(record));
    return change(bytes.subarray(0, encodeRecord(record, bytes, 0)));
  });
  const builder = new PlainRowsBuilder();
  builder.start(payloads.reduce((sum, { length }) => sum + length, 0));
  const added = payloads.map((payload) =>
    builder.add(
      Buffer.concat([Buffer.alloc(HEADER_BYTES), payload]),
      HEADER_BYTES,
      HEADER_BYTES + payload.length,
    ),
  );
  return { added, ...builder.finish() };
}

test("a busy endpoint's requests are cut into blocks that a page can read, each of one minute", () => {
  const minute = Date.UTC(2026, 10, 20, 12, 30);
  const records = Array.from({ length: 4_000 }, (_, n) =>
    usageRecord({
      requestId: `req_${n}`,
      startedAt: minute + n * 20,
      path: "/some/path/of/usual/length",
      forwarded: n % 2 > 0,
    }),
  );
  const { blocks, lines, count } = gathered(records);
  expect(count).toBe(4_000);
  expect(blocks.length).toBeGreaterThan(5);
  expect(blocks.length).toBeLessThan(15);
  expect(Math.max(...blocks.map(({ bytes }) => bytes))).toBeLessThan(66_000);
  for (const { firstAt, lastAt } of blocks)
    expect(Math.floor(firstAt / 60_000)).toBe(Math.floor(lastAt / 60_000));
  const sum = (name: "requests" | "forwarded" | "bytes") =>
    blocks.reduce((total, block) => total + block[name], 0);
  expect([sum("requests"), sum("forwarded"), sum("bytes")]).toEqual([4_000, 2_000, lines.length]);
  expect(blocks[0]).toMatchObject({ firstAt: minute });
  expect(blocks.at(-1)).toMatchObject({ lastAt: minute + 3_999 * 20 });
});

test("what is no plain request as it should be is left to the reader of records", () => {
  const record = usageRecord({ requestId: "req_1" });
  const spoiled: [string, string][] = [
    [`\t${record.status}\t`, "\tNaN\t"],
    [`\t${record.status}\t`, "\t-1\t"],
    [`\t${record.status}\t`, "\t\t"],
    ["Z\t", "0Z\t"],
  ];
  for (const [from, to] of spoiled) {
    const { added, count } = gathered([record], (payload) =>
      Buffer.from(payload.toString().replace(from, to)),
    );
    expect([added, count]).toEqual([[false], 0]);
  }
});

test("a line that Postgres cannot hold is refused as such, and does not keep back the others", async () => {
  const root = await mkdtemp(join(tmpdir(), "hotspot-plain-rows-"));
  const { log } = createMessages();
  const journal = await Journal.open({ root, relayId: "relay_1", syncMs: 1_000, log });
  for (let n = 0; n < 9; n++)
    journal.append(usageRecord({ requestId: `req_odd_${n}`, tenantId: "ten_odd", path: `/p${n}` }));
  const handOver = new HandOver(new LiveSource(journal, "relay_1"), {
    apply: (batch) => {
      // As nothing writes it: half a character.
      const at = batch.plain?.lines.indexOf("/p4") ?? -1;
      if (at >= 0) batch.plain!.lines[at] = 0xc3;
      return applyUsageBatch(db, batch);
    },
    log,
  });
  while ((await handOver.step()) !== null);
  await journal.close();
  await rm(root, { recursive: true });
  const rows = await db.selectFrom("request_log").select("path").where("tenant_id", "=", "ten_odd").execute();
  expect(rows.map(({ path }) => path).sort()).toEqual([
    "/p0",
    "/p1",
    "/p2",
    "/p3",
    "/p5",
    "/p6",
    "/p7",
    "/p8",
  ]);
  expect(handOver.damaged).toBe(1);
});
