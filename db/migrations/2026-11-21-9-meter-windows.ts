import { type Kysely, sql } from "kysely";

/** A change of plan ends a metered price in the middle of a period: usage is counted and charged in two parts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table meter_periods add column plan text check (plan in ('free', 'pro', 'team'))`.execute(
    db,
  );
  await sql`create index meter_pushes_by_time on meter_pushes (tenant_id, meter, event_time desc)`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index meter_pushes_by_time`.execute(db);
  await sql`alter table meter_periods drop column plan`.execute(db);
}
