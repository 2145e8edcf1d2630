import type { Db } from "../../db/client.ts";

/** Forgets sessions, mail tokens and device codes whose time is over. @returns rows removed */
export async function deleteExpired(db: Db): Promise<number> {
  const now = new Date();
  let removed = 0;
  for (const table of ["session", "verification", "deviceCode"] as const) {
    const result = await db.deleteFrom(table).where("expiresAt", "<", now).executeTakeFirst();
    removed += Number(result.numDeletedRows);
  }
  return removed;
}
