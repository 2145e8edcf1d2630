import { type Kysely, sql } from "kysely";

/**
 * The index of the request log grows at its end: rows come in the order of time, and in the order before each landed in
 * the middle, which split pages and left them half empty. It reads as well backwards.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index requests_of_endpoint`.execute(db);
  await sql`create index requests_of_endpoint on requests (endpoint_id, started_at, id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index requests_of_endpoint`.execute(db);
  await sql`create index requests_of_endpoint on requests (endpoint_id, started_at desc, id desc)`.execute(
    db,
  );
}
