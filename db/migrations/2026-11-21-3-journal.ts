import { type Kysely, sql } from "kysely";

/**
 * The request log becomes cheap to write. Batches are applied exactly once as a whole (`usage_journals`), so a row needs
 * no unique id; one index serves all reads. The pages of a tenant merge those of its endpoints.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index requests_of_tenant`.execute(db);
  await sql`alter table requests drop constraint requests_pkey`.execute(db);
  // A row that grows with its stream, and the sums of the running hour, are updated in place: room for it in each page.
  await sql`alter table requests set (fillfactor = 95)`.execute(db);
  await sql`alter table usage_hourly set (fillfactor = 70)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table usage_hourly reset (fillfactor)`.execute(db);
  await sql`alter table requests reset (fillfactor)`.execute(db);
  await sql`alter table requests add primary key (id)`.execute(db);
  await sql`create index requests_of_tenant on requests (tenant_id, started_at desc, id desc)`.execute(db);
}
