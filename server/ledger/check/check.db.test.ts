import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createEndpoint, createTestDb } from "../../../db/testing/index.ts";
import { checksumOf } from "../../../relay/metering/hand-over.ts";
import { applyUsageBatch, type UsageRecord } from "../../usage/index.ts";
import { usageRecord, usageTokens } from "../../usage/testing.ts";
import { pushDueMeters } from "../index.ts";
import { startStandInWorld } from "../testing/stand-in-world.ts";
import type { Finding, JournalItem } from "./finding.ts";
import { checkLedger } from "./index.ts";

const { db, url } = await createTestDb();
const HOUR = 3_600;
const START = Date.UTC(2026, 10, 5, 10) / 1_000;
const END = Date.UTC(2026, 11, 5, 10) / 1_000;
const JOURNAL = "jrn_1";

// A month of one tenant, from the journal to the invoice, and three hours of the next.
const world = await startStandInWorld(db, START);
afterAll(() => world.stop());
const { tenantId } = world.tenant;
const owner = await db
  .selectFrom("member")
  .select("userId")
  .where("organizationId", "=", tenantId)
  .executeTakeFirstOrThrow();
const license = await db
  .selectFrom("licenses")
  .select("id")
  .where("tenant_id", "=", tenantId)
  .executeTakeFirstOrThrow();
const { endpointId } = await createEndpoint(db, {
  tenantId,
  userId: owner.userId,
  email: "",
  licenseId: license.id,
  licenseKey: "",
});
const items: (JournalItem & { type: "record" })[] = [];

/** Journals requests that end at a moment, and hands them over. */
async function serve(endedAt: number, count: number): Promise<void> {
  const firstSeq = items.length + 1;
  const records: UsageRecord[] = Array.from({ length: count }, (_, i) =>
    usageRecord({
      requestId: `req_${firstSeq + i}`,
      tenantId,
      endpointId,
      endedAt: endedAt * 1_000,
      usage: usageTokens({ inputTokens: 1_000 + i, outputTokens: 20 }),
    }),
  );
  const fresh = records.map((record, i) => ({
    type: "record" as const,
    seq: firstSeq + i,
    crc: 40_000 + firstSeq + i,
    record,
  }));
  items.push(...fresh);
  await applyUsageBatch(db, {
    journalId: JOURNAL,
    relayId: "relay_1",
    firstSeq,
    lastSeq: items.length,
    checksum: checksumOf(fresh.map(({ crc }) => crc)),
    records,
  });
}

await serve(START + HOUR, 5);
await world.control.advance(START + 2 * HOUR);
await pushDueMeters(world.deps);
await serve(END - 60, 3);
await world.control.advance(END + 60);
await pushDueMeters(world.deps);
await world.control.advance(END + 2 * HOUR);
await world.sync();
await pushDueMeters(world.deps);
await serve(END + HOUR, 4);
await pushDueMeters(world.deps);
await world.control.advance(END + 4 * HOUR);

async function check(
  options: { journal?: readonly JournalItem[] | null; stripe?: boolean } = {},
): Promise<Finding[]> {
  const { journal = items, stripe = true } = options;
  const found: Finding[] = [];
  const list = journal && [
    {
      journalId: JOURNAL,
      async *items() {
        yield* journal;
      },
    },
  ];
  await checkLedger(
    {
      db,
      journals: list && { list, checksumOf },
      gateway: stripe ? world.deps.gateway : null,
      now: new Date(world.control.now() * 1_000),
    },
    (finding) => found.push(finding) > 0,
  );
  return found;
}
const differences = async (options?: Parameters<typeof check>[0]) =>
  (await check(options)).filter(({ kind }) => kind === "difference").map(({ text }) => text);

/** Spoils something, and puts everything back afterwards. */
const tables = [
  "usage_journals",
  "usage_batches",
  "usage_hourly",
  "usage_daily",
  "usage_monthly",
  "usage_adjustments",
  "meter_pushes",
  "meter_periods",
  "requests",
] as const;
for (const table of tables)
  await sql`create table ${sql.table(`kept_${table}`)} as table ${sql.table(table)}`.execute(db);
beforeEach(async () => {
  for (const table of [...tables].reverse()) await sql`delete from ${sql.table(table)}`.execute(db);
  for (const table of tables) {
    const overriding = table === "meter_pushes" ? sql`overriding system value` : sql``;
    await sql`insert into ${sql.table(table)} ${overriding} select * from ${sql.table(`kept_${table}`)}`.execute(
      db,
    );
  }
});

test("what is right is clean, and everything was looked at", async () => {
  expect(await check()).toEqual([]);
});

test("without journals and without Stripe it says what it could not look at", async () => {
  expect(await check({ journal: null, stripe: false })).toEqual([
    { kind: "unchecked", text: "there are no journals to read: batches stand alone" },
    { kind: "unchecked", text: "Stripe is off: reports and invoices were not compared with it" },
  ]);
  expect(await check({ journal: items.slice(5) })).toEqual([
    { kind: "unchecked", text: "journal jrn_1 starts with record 6: those before are past their time" },
  ]);
  expect(await check({ journal: [...items, { ...items[0]!, seq: 13 }] })).toEqual([
    { kind: "unchecked", text: "1 records of journal jrn_1 wait to be taken over" },
  ]);
});

const period = `tenant ${tenantId}, requests, period 2026-11-05T10:00Z to 2026-12-05T10:00Z`;
const next = `tenant ${tenantId}, requests, period 2026-12-05T10:00Z to 2027-01-05T10:00Z`;
const identifier = `hs:${tenantId}:requests:${START}`;

describe("each kind of defect is named", () => {
  test("a record of the journal that was altered, and its CRC with it", async () => {
    const { record } = items[6]!;
    const forged = { ...record, usage: { ...record.usage!, outputTokens: 1 } };
    const journal = items.with(6, { ...items[6]!, crc: 7, record: forged });
    const [first] = await differences({ journal });
    expect(first).toBe(
      `record 7 of journal jrn_1 (request req_7 of tenant ${tenantId}) was altered: output tokens 1 in the journal, 20 in the request log`,
    );
  });

  test("an altered record whose request is past its time in the log", async () => {
    await sql`delete from requests`.execute(db);
    const journal = items.with(6, { ...items[6]!, crc: 7 });
    expect(await differences({ journal })).toContain(
      "the records 6 to 8 of journal jrn_1 are not those that were taken over: their checksum differs",
    );
  });

  test("a record that can no longer be read", async () => {
    const lost = {
      type: "missing",
      firstSeq: 2,
      lastSeq: 2,
      reason: "damaged",
      segment: "0001.journal",
    } as const;
    expect(await differences({ journal: items.with(1, lost as never) })).toEqual([
      "record 2 of journal jrn_1 was whole when it was taken over and cannot be read now (damaged, 0001.journal)",
    ]);
  });

  test("a batch that is missing, taken over twice, or shorter than it says", async () => {
    await sql`delete from usage_batches where first_seq = 6`.execute(db);
    expect(await differences({ journal: null })).toContain("records 6 to 8 of journal jrn_1 are in no batch");
    await sql`insert into usage_batches values ('jrn_1', 5, 8, 4, 'x')`.execute(db);
    expect(await differences({ journal: null })).toContain(
      "batch 5 to 8 of journal jrn_1 has records that an earlier batch has too",
    );
    await sql`update usage_batches set records = 2 where first_seq = 1`.execute(db);
    expect(await differences({ journal: null })).toContain(
      "batch 1 to 5 of journal jrn_1 should have 5 records: 2 were counted and 0 are known to be damaged",
    );
    await sql`update usage_journals set next_seq = 20`.execute(db);
    expect(await differences({ journal: null })).toContain(
      "journal jrn_1 is said to be taken over up to record 19, its batches end at 12",
    );
  });

  test("a sum by hour, day or month that was changed", async () => {
    await sql`update usage_hourly set requests = requests + 1 where hour = ${new Date((END + HOUR) * 1_000)}`.execute(
      db,
    );
    const found = await differences();
    expect(found).toContain(
      `tenant ${tenantId}, hour 2026-12-05T11:00Z: 5 requests in the sums by hour, 4 in the journals`,
    );
    expect(found).toContain(
      `tenant ${tenantId}, hour 2026-12-05T11:00Z: 5 requests in the sums by hour, 4 in the request log`,
    );
    expect(found).toContain(
      `tenant ${tenantId}, day of 2026-12-05T00:00Z: 7 requests in the sums by day, 8 in those by hour`,
    );
    expect(found).toContain(
      `tenant ${tenantId}, month of 2026-12-01T00:00Z: 7 requests in the sums by month, 8 in those by hour`,
    );
  });

  test("an hour that nobody counted", async () => {
    await sql`delete from usage_hourly where hour = ${new Date((START + HOUR) * 1_000)}`.execute(db);
    expect(await differences()).toContain(
      `tenant ${tenantId}, hour 2026-11-05T11:00Z: 5 requests in the journals, none in the sums by hour`,
    );
  });

  test("a closed period whose total is not what its invoice charged for", async () => {
    await sql`insert into usage_adjustments values ('adj_1', ${tenantId}, 'requests', ${new Date(START * 1_000)}, 2, 'x', 'ops')`.execute(
      db,
    );
    expect(await differences()).toEqual([
      expect.stringMatching(new RegExp(`^${period}: 10 in the ledger, 8 charged by in_`)),
    ]);
  });

  test("usage that was not reported, or more than there is", async () => {
    await sql`delete from meter_pushes where period_start = ${new Date(END * 1_000)} and meter = 'requests'`.execute(
      db,
    );
    expect(await differences()).toEqual([
      `${next}: 4 used more than two hours ago, 0 reported to Stripe`,
      `${next}: 0 reported, Stripe counts 4`,
    ]);
    await sql`insert into meter_pushes (tenant_id, stripe_customer_id, subscription_id, meter, period_start, period_end, value,
        event_time, identifier, state, created_at) select tenant_id, stripe_customer_id, subscription_id, 'requests',
        period_start, period_end, 9, event_time, 'more', 'accepted', event_time from meter_pushes where period_start = ${new Date(END * 1_000)} and meter = 'tokens'`.execute(
      db,
    );
    expect(await differences()).toContain(`${next}: 9 reported to Stripe, 4 in the ledger`);
  });

  test("a report without an outcome, one for a person, one that was refused", async () => {
    const last = sql`identifier = ${`${identifier}:2`}`;
    await sql`update meter_pushes set state = 'pending', created_at = ${new Date(START * 1_000)} where ${last}`.execute(
      db,
    );
    expect(await differences({ stripe: false })).toContain(
      `${period}: report ${identifier}:2 of 8: its outcome is unknown for over an hour`,
    );
    await sql`update meter_pushes set state = 'review' where ${last}`.execute(db);
    expect(await differences({ stripe: false })).toContain(
      `${period}: report ${identifier}:2 of 8: nobody knows whether Stripe has it`,
    );
    await sql`update meter_pushes set state = 'rejected', error = 'no such customer' where ${last}`.execute(
      db,
    );
    expect(await differences({ stripe: false })).toContain(
      `${period}: the last report, ${identifier}:2, was refused: no such customer`,
    );
  });

  test("a report outside its period, or out of order", async () => {
    const first = sql`where identifier = ${`${identifier}:1`}`;
    await sql`update meter_pushes set event_time = ${new Date((END + 5) * 1_000)} ${first}`.execute(db);
    expect(await differences({ stripe: false })).toEqual([
      `${period}: the time of report ${identifier}:1 is outside its period`,
    ]);
    await sql`update meter_pushes set event_time = ${new Date((END - 60) * 1_000)} ${first}`.execute(db);
    expect(await differences({ stripe: false })).toEqual([
      `${period}: the time of report ${identifier}:2 is not after the one before it`,
    ]);
  });

  test("what was carried over and did not arrive", async () => {
    await sql`insert into usage_adjustments values ('adj_1', ${tenantId}, 'tokens', ${new Date((END + 40 * 86_400) * 1_000)}, 2, 'x', 'ledger')`.execute(
      db,
    );
    expect(await differences({ stripe: false })).toEqual([
      `tenant ${tenantId}, tokens: what was carried over between periods does not cancel out, 2 too many`,
    ]);
  });

  test("what Stripe counts, and nobody reported", async () => {
    await sql`update meter_pushes set value = 3 where identifier = ${`${identifier}:2`}`.execute(db);
    expect(await differences()).toEqual([`${period}: 3 reported by ${identifier}:2, Stripe counts 8`]);
  });

  test("an invoice that charges for something else, and one that the ledger does not know", async () => {
    await sql`update meter_periods set billed_requests = 7 where period_start = ${new Date(START * 1_000)}`.execute(
      db,
    );
    expect(await differences()).toEqual([
      expect.stringMatching(new RegExp(`^${period}: 8 in the ledger, 7 charged by in_`)),
      expect.stringMatching(
        new RegExp(`^${period}: invoice in_\\w+ charges for 8, the ledger has it for 7$`),
      ),
    ]);
    await sql`update meter_periods set is_trial = true where period_start = ${new Date(START * 1_000)}`.execute(
      db,
    );
    expect((await differences()).at(-1)).toMatch(
      /charges for 8 requests, \d+ tokens from 2026-11-05T10:00Z on, a trial$/,
    );
  });

  test("periods that overlap", async () => {
    await sql`update meter_periods set period_end = ${new Date((END + 60) * 1_000)} where period_start = ${new Date(START * 1_000)}`.execute(
      db,
    );
    expect((await differences({ stripe: false }))[0]).toBe(
      `subscription ${world.subscriptionId}: the periods of 2026-11-05T10:00Z and 2026-12-05T10:00Z overlap`,
    );
  });
});

describe("npm run ledger:check", () => {
  async function run(args: string[], env: Record<string, string> = {}) {
    const dataDir = await mkdtemp(join(tmpdir(), "hotspot-check-"));
    const program = join(import.meta.dirname, "..", "..", "..", "relay", "ledger-check.ts");
    try {
      return await new Promise<{ code: number; out: string; err: string }>((resolve) => {
        const environment: NodeJS.ProcessEnv = {
          ...process.env,
          DATABASE_URL: url,
          HOTSPOT_DATA_DIR: dataDir,
          ...env,
        };
        execFile(process.execPath, [program, ...args], { env: environment }, (error, out, err) =>
          resolve({ code: error ? Number(error.code) : 0, out, err }),
        );
      });
    } finally {
      await rm(dataDir, { recursive: true });
    }
  }

  test("exits 0 when all agrees, 1 at the first difference, 2 when it cannot run", async () => {
    expect(await run([])).toMatchObject({
      code: 0,
      out: expect.stringContaining("journal, batches, sums, reports and invoices agree"),
    });
    await sql`update usage_daily set requests = 99, bytes_in = 99`.execute(db);
    const first = await run([]);
    expect(first).toMatchObject({ code: 1, out: expect.stringContaining("DIFFERENCE 1: tenant ") });
    expect(first.out).not.toContain("DIFFERENCE 2");
    expect((await run(["--all"])).out).toContain("DIFFERENCE 2");
    expect(await run(["--everything"])).toMatchObject({ code: 2 });
    expect(await run([], { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" })).toMatchObject({ code: 2 });
  });
});
