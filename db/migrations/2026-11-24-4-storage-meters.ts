import { type Kysely, sql } from "kysely";

const meters = "'requests', 'megabytes', 'tokens', 'storage', 'storage_writes', 'storage_reads'";

/** Backup buckets are charged for: three more meters, and what their days need to be summed up right. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ["usage_adjustments", "meter_pushes"]) await setMeters(db, table, meters);
  // Not null without being asked for: a relay of the version before closes periods too.
  await sql`
    alter table meter_periods
      add column billed_storage bigint not null default 0,
      add column billed_storage_writes bigint not null default 0,
      add column billed_storage_reads bigint not null default 0`.execute(db);
  await sql`
    alter table hub_bucket_days
      add column last_bytes bigint,
      add column sampled_at timestamptz`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table hub_bucket_days drop column last_bytes, drop column sampled_at`.execute(db);
  await sql`
    alter table meter_periods
      drop column billed_storage, drop column billed_storage_writes, drop column billed_storage_reads`.execute(
    db,
  );
  for (const table of ["usage_adjustments", "meter_pushes"]) {
    await sql`delete from ${sql.table(table)} where meter like 'storage%'`.execute(db);
    await setMeters(db, table, "'requests', 'megabytes', 'tokens'");
  }
}

async function setMeters(db: Kysely<unknown>, table: string, names: string): Promise<void> {
  const constraint = sql.ref(`${table}_meter_check`);
  await sql`alter table ${sql.table(table)} drop constraint ${constraint}`.execute(db);
  await sql`
    alter table ${sql.table(table)}
      add constraint ${constraint} check (meter in (${sql.raw(names)}))`.execute(db);
}
