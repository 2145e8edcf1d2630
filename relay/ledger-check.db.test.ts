import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { createTestDb } from "../db/testing/index.ts";
import { applyUsageBatch, type UsageRecord } from "../server/usage/index.ts";
import { usageRecord } from "../server/usage/testing.ts";
import { checksumOf } from "./metering/hand-over.ts";
import { Journal, readJournal } from "./metering/journal/index.ts";

const { db, url } = await createTestDb();
const dataDir = await mkdtemp(join(tmpdir(), "hotspot-check-"));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function check(): Promise<{ code: number; out: string }> {
  const env: NodeJS.ProcessEnv = { ...process.env, DATABASE_URL: url, HOTSPOT_DATA_DIR: dataDir };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, "ledger-check.ts")], { env }, (error, out) =>
      resolve({ code: error ? Number(error.code) : 0, out }),
    );
  });
}

test("one changed byte on the disk is found, and the record named", async () => {
  const log = { info: () => undefined, error: () => undefined };
  const journal = await Journal.open({
    root: join(dataDir, "journal"),
    relayId: "relay_1",
    syncMs: 1_000,
    log,
  });
  for (let n = 1; n <= 5; n++) journal.append(usageRecord({ requestId: `req_number_${n}` }));
  await vi.waitFor(() => expect(journal.unwritten).toBe(0));
  await journal.close();
  const records: UsageRecord[] = [];
  const crcs: number[] = [];
  for await (const item of readJournal(journal.dir)) {
    if (item.type !== "record") throw new Error("a fresh journal is whole");
    records.push(item.record);
    crcs.push(item.crc);
  }
  const journalId = journal.dir.slice(journal.dir.lastIndexOf("jrn_"));
  const checksum = checksumOf(crcs);
  await applyUsageBatch(db, { journalId, relayId: "relay_1", firstSeq: 1, lastSeq: 5, checksum, records });
  expect(await check()).toMatchObject({
    code: 0,
    out: expect.stringContaining("reports and invoices agree"),
  });

  const path = join(journal.dir, "0000000000000001.journal");
  const bytes = await readFile(path);
  const at = bytes.indexOf("req_number_3");
  bytes[at + 11] = "9".charCodeAt(0);
  await writeFile(path, bytes);
  expect(await check()).toMatchObject({
    code: 1,
    out: expect.stringMatching(
      new RegExp(`DIFFERENCE 1: record 3 of journal ${journalId} was whole when it was taken over`),
    ),
  });
});
