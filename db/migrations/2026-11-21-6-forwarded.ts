import { type Kysely, sql } from "kysely";

/** Requests that we answered ourselves are in the log, and not in what is counted for money. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table requests add column forwarded boolean not null default true`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table requests drop column forwarded`.execute(db);
}
