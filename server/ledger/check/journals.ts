import type { Db } from "../../../db/client.ts";
import type { UsageRecord } from "../../usage/index.ts";
import { batchesOf } from "./batches.ts";
import { difference, type Finding, type JournalItem, type JournalOnDisk, unchecked } from "./finding.ts";
import type { HourSums } from "./hour-sums.ts";

type Row = JournalItem & { type: "record" };

/**
 * Reads each journal that is still on the disk beside what was taken over from it: every record stands as it stood then. Adds
 * the records up for the comparison with the sums by hour.
 *
 * @param checksumOf what `usage_batches.checksum` is made with, of the CRCs of a batch's records
 */
export async function* checkJournals(
  db: Db,
  journals: readonly JournalOnDisk[],
  checksumOf: (crcs: readonly number[]) => string,
  sums: HourSums,
): AsyncGenerator<Finding> {
  const known = await db.selectFrom("usage_journals").select(["journal_id", "next_seq"]).execute();
  const onDisk = new Set(journals.map(({ journalId }) => journalId));
  const gone = known.filter(({ journal_id }) => !onDisk.has(journal_id));
  if (gone.length > 0) {
    sums.isComplete = false;
    yield unchecked(
      `${gone.length} of ${known.length} journals are not on this disk (past their time, or on another relay's): their batches stand alone`,
    );
  }
  for (const journal of journals) {
    const nextSeq = known.find(({ journal_id }) => journal_id === journal.journalId)?.next_seq ?? 1;
    yield* checkJournal(db, journal, nextSeq, checksumOf, sums);
  }
}

async function* checkJournal(
  db: Db,
  { journalId, items }: JournalOnDisk,
  nextSeq: number,
  checksumOf: (crcs: readonly number[]) => string,
  sums: HourSums,
): AsyncGenerator<Finding> {
  const damage = await db
    .selectFrom("usage_damage")
    .selectAll()
    .where("journal_id", "=", journalId)
    .execute();
  const isKnownDamage = (seq: number) =>
    damage.some(({ first_seq, last_seq }) => seq >= first_seq && seq <= last_seq);
  const batches = batchesOf(db, journalId);
  let batch = (await batches.next()).value;
  let rows: Row[] = [];
  let isWhole = true;
  let waiting = 0;
  let first = true;
  for await (const item of items()) {
    const seq = item.type === "record" ? item.seq : item.firstSeq;
    if (first && seq > 1) {
      sums.isComplete = false;
      yield unchecked(`journal ${journalId} starts with record ${seq}: those before are past their time`);
    }
    first = false;
    if (seq >= nextSeq) {
      waiting += item.type === "record" ? 1 : 0;
      continue;
    }
    // Batches whose beginning is past its time cannot be compared as a whole.
    while (batch && batch.last_seq < seq) {
      batch = (await batches.next()).value;
      [rows, isWhole] = [[], true];
    }
    if (item.type === "missing") {
      isWhole = false;
      const last = Math.min(item.lastSeq, nextSeq - 1);
      for (let lost = item.firstSeq; lost <= last; lost++) {
        if (isKnownDamage(lost)) continue;
        yield difference(
          `record ${lost} of journal ${journalId} was whole when it was taken over and cannot be read now (${item.reason}, ${item.segment})`,
        );
      }
      sums.isComplete = false;
    } else if (!isKnownDamage(seq)) {
      rows.push(item);
      sums.add(item.record);
    }
    const end = item.type === "record" ? item.seq : item.lastSeq;
    if (batch && end >= batch.last_seq) {
      const hasStart = rows[0] !== undefined && rows[0].seq <= batch.first_seq;
      if (isWhole && (hasStart || rows.length === batch.records)) {
        const same = checksumOf(rows.map(({ crc }) => crc)) === batch.checksum;
        if (!same) yield* nameAltered(db, journalId, batch, rows);
      }
      batch = (await batches.next()).value;
      [rows, isWhole] = [[], true];
    }
  }
  if (waiting > 0) yield unchecked(`${waiting} records of journal ${journalId} wait to be taken over`);
}

/** A record that was changed together with its CRC differs from the request log, where that still has it. */
async function* nameAltered(
  db: Db,
  journalId: string,
  batch: { first_seq: number; last_seq: number },
  rows: readonly Row[],
): AsyncGenerator<Finding> {
  const logged = await db
    .selectFrom("request_log")
    .select(["id", "tenant_id", "bytes_in", "bytes_out", "input_tokens", "output_tokens", "status"])
    // Which blocks to look into; the ids say which of their lines.
    .where("endpoint_id", "in", [...new Set(rows.map(({ record }) => record.endpointId))])
    .where(
      "id",
      "in",
      rows.map(({ record }) => record.requestId),
    )
    .execute();
  const byId = new Map(logged.map((row) => [row.id, row]));
  let isNamed = false;
  for (const { seq, record } of rows) {
    const row = byId.get(record.requestId);
    if (row === undefined || record.part !== 0 || !record.final) continue;
    const changes = changesOf(record, row);
    if (changes.length === 0) continue;
    isNamed = true;
    yield difference(
      `record ${seq} of journal ${journalId} (request ${record.requestId} of tenant ${row.tenant_id}) was altered: ${changes.join(", ")}`,
    );
  }
  if (!isNamed)
    yield difference(
      `the records ${batch.first_seq} to ${batch.last_seq} of journal ${journalId} are not those that were taken over: their checksum differs`,
    );
}

function changesOf(
  record: UsageRecord,
  row: {
    tenant_id: string;
    bytes_in: number;
    bytes_out: number;
    input_tokens: number | null;
    output_tokens: number | null;
    status: number;
  },
): string[] {
  const pairs: [string, number | string, number | string][] = [
    ["tenant", record.tenantId, row.tenant_id],
    ["status", record.status, row.status],
    ["bytes in", record.bytesIn, row.bytes_in],
    ["bytes out", record.bytesOut, row.bytes_out],
    ["input tokens", record.usage?.inputTokens ?? 0, row.input_tokens ?? 0],
    ["output tokens", record.usage?.outputTokens ?? 0, row.output_tokens ?? 0],
  ];
  return pairs
    .filter(([, journal, log]) => journal !== log)
    .map(([name, journal, log]) => `${name} ${journal} in the journal, ${log} in the request log`);
}
