import type { Db } from "../../../db/client.ts";
import { difference, type Finding } from "./finding.ts";

/** Every record of a journal is in exactly one batch, and counted or named as damaged, up to the one that is next. */
export async function* checkBatches(db: Db): AsyncGenerator<Finding> {
  const journals = await db.selectFrom("usage_journals").selectAll().orderBy("opened_at").execute();
  for (const { journal_id: journalId, next_seq: nextSeq } of journals) {
    const damage = await db
      .selectFrom("usage_damage")
      .select(["first_seq", "last_seq"])
      .where("journal_id", "=", journalId)
      .execute();
    let next = 1;
    for await (const batch of batchesOf(db, journalId)) {
      const name = `batch ${batch.first_seq} to ${batch.last_seq} of journal ${journalId}`;
      if (batch.first_seq > next)
        yield difference(`records ${next} to ${batch.first_seq - 1} of journal ${journalId} are in no batch`);
      if (batch.first_seq < next) yield difference(`${name} has records that an earlier batch has too`);
      const lost = damage
        .filter(({ first_seq, last_seq }) => first_seq >= batch.first_seq && last_seq <= batch.last_seq)
        .reduce((sum, { first_seq, last_seq }) => sum + last_seq - first_seq + 1, 0);
      const length = batch.last_seq - batch.first_seq + 1;
      if (batch.records + lost !== length)
        yield difference(
          `${name} should have ${length} records: ${batch.records} were counted and ${lost} are known to be damaged`,
        );
      next = Math.max(next, batch.last_seq + 1);
    }
    if (next !== nextSeq)
      yield difference(
        `journal ${journalId} is said to be taken over up to record ${nextSeq - 1}, its batches end at ${next - 1}`,
      );
  }
}

const PAGE = 5_000;

/** In the order of their records, a page at a time: a relay makes one every half second. */
export async function* batchesOf(db: Db, journalId: string) {
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom("usage_batches")
      .select(["first_seq", "last_seq", "records", "checksum"])
      .where("journal_id", "=", journalId)
      .where("first_seq", ">", after)
      .orderBy("first_seq")
      .limit(PAGE)
      .execute();
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.first_seq;
  }
}
