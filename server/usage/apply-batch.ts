import { sql } from "kysely";
import { type Db, inTransaction, type Tx } from "../../db/client.ts";
import { type ChangeNotice, notifyChanges } from "../events.ts";
import { recordRequestBlocks } from "../requests/index.ts";
import { logRequests } from "./log-rows.ts";
import { rollUp } from "./roll-up.ts";
import { type UsageBatch, UsageBatchRefused } from "./types.ts";

/**
 * Takes over records of a relay's journal: request log, sums by hour, the batch itself and how far the journal has been
 * taken over change in one transaction, so each record counts exactly once, whoever hands it over and however often.
 * Tells the pages of each tenant which endpoints have news.
 *
 * @returns `known` when all of the batch was applied before
 * @throws UsageBatchRefused when it starts past the record that is next, or is known in part
 */
export async function applyUsageBatch(db: Db, batch: UsageBatch): Promise<"applied" | "known"> {
  return inTransaction(db, async (tx) => {
    const nextSeq = await lockJournal(tx, batch);
    if (!isWhole(batch)) throw new UsageBatchRefused("malformed", batch, nextSeq);
    if (batch.lastSeq < nextSeq) return "known";
    if (batch.firstSeq !== nextSeq) {
      throw new UsageBatchRefused(batch.firstSeq > nextSeq ? "gap" : "overlap", batch, nextSeq);
    }
    const { records, plain } = batch;
    await takeOver(tx, batch);
    await recordDamage(tx, batch);
    if (plain !== undefined) await recordRequestBlocks(tx, plain.blocks, plain.lines);
    await logRequests(tx, records);
    await rollUp(tx, records, plain?.sums);
    await tell(tx, batch);
    return "applied";
  });
}

/** Makes the journal known if it is new, and holds it until the transaction ends. @returns the record that is next */
async function lockJournal(tx: Tx, { journalId, relayId }: UsageBatch): Promise<number> {
  const { next_seq } = await tx
    .insertInto("usage_journals")
    .values({ journal_id: journalId, relay_id: relayId })
    .onConflict((conflict) =>
      // The update changes nothing; it locks the row, which `do nothing` would not.
      conflict.column("journal_id").doUpdateSet({ journal_id: (eb) => eb.ref("excluded.journal_id") }),
    )
    .returning("next_seq")
    .executeTakeFirstOrThrow();
  return next_seq;
}

/** Writes down the batch, and how far the journal is taken over with it. */
async function takeOver(tx: Tx, { journalId, firstSeq, lastSeq, checksum, records, plain }: UsageBatch) {
  const count = records.length + (plain?.count ?? 0);
  await tx
    .with("taken", (db) =>
      db
        .insertInto("usage_batches")
        .values({ journal_id: journalId, first_seq: firstSeq, last_seq: lastSeq, records: count, checksum }),
    )
    .updateTable("usage_journals")
    .set({ next_seq: lastSeq + 1, last_batch_at: sql`now()` })
    .where("journal_id", "=", journalId)
    .execute();
}

/** Every number from first to last is a record or is named as missing. */
function isWhole({ firstSeq, lastSeq, records, plain, missing = [] }: UsageBatch): boolean {
  let count = records.length + (plain?.count ?? 0);
  for (const range of missing) {
    if (range.firstSeq < firstSeq || range.lastSeq > lastSeq || range.lastSeq < range.firstSeq) return false;
    count += range.lastSeq - range.firstSeq + 1;
  }
  return firstSeq >= 1 && count === lastSeq - firstSeq + 1;
}

async function recordDamage(tx: Tx, { journalId, missing = [] }: UsageBatch): Promise<void> {
  if (missing.length === 0) return;
  const rows = missing.map(({ firstSeq, lastSeq, reason }) => ({
    journal_id: journalId,
    first_seq: firstSeq,
    last_seq: lastSeq,
    reason,
  }));
  await tx
    .insertInto("usage_damage")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function tell(tx: Tx, { records, plain }: UsageBatch): Promise<void> {
  const news = new Map<string, Set<string>>();
  for (const { tenantId, endpointId } of [...records, ...(plain?.sums ?? [])]) {
    const endpoints = news.get(tenantId);
    if (endpoints === undefined) news.set(tenantId, new Set([endpointId]));
    else endpoints.add(endpointId);
  }
  const notices = [...news].map(([tenantId, ids]): ChangeNotice => {
    return { type: "requests", tenantId, endpointIds: [...ids] };
  });
  await notifyChanges(tx, notices);
}
