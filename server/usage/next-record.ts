import type { Db } from "../../db/client.ts";

/** Number of the first record of a journal that the database does not have yet; 1 when it knows nothing of the journal. */
export async function nextRecordOf(db: Db, journalId: string): Promise<number> {
  const row = await db
    .selectFrom("usage_journals")
    .select("next_seq")
    .where("journal_id", "=", journalId)
    .executeTakeFirst();
  return row?.next_seq ?? 1;
}
