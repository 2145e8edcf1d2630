import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/** What a host answers to a CA, by token (HTTP-01); empty when nobody asks for a certificate of it now. */
export async function findChallenges(db: Db, host: string): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom("acme_challenges")
    .select(["token", "key_authorization"])
    .where("host", "=", host)
    .where("kind", "=", "http-01")
    .where("expires_at", ">", sql<Date>`now()`)
    .execute();
  return new Map(rows.map(({ token, key_authorization }) => [token, key_authorization]));
}
