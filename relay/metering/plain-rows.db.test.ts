import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { applyUsageBatch, type UsageRecord } from "../../server/usage/index.ts";
import { usageBatch, usageRecord, usageTokens } from "../../server/usage/testing.ts";
import { HandOver } from "./hand-over.ts";
import { Journal } from "./journal/index.ts";
import { LiveSource } from "./live-source.ts";
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
});
