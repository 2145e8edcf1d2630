import { type Kysely, sql } from "kysely";

/** Of the time until the response head: what the tunnel took. Null where the connector did not tell. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table requests add column tunnel_ms double precision`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table requests drop column tunnel_ms`.execute(db);
}
