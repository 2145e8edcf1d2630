import { type Kysely, sql } from "kysely";

/** What work on hubs has to remember beside the first tables. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Who works on a hub holds an advisory lock instead, which a killed process loses at once.
  await sql`
    alter table hubs
      drop column leased_until,
      add column failure_code text,
      add column reported_hostname text`.execute(db);
  await sql`alter table hub_keys add column attempted_at timestamptz`.execute(db);
  await sql`create index hubs_silent on hubs (last_report_at) where state = 'on'`.execute(db);
  await sql`create index hubs_of_bucket on hubs (bucket_id) where bucket_id is not null`.execute(db);
  await sql`create index hub_keys_of_hub on hub_keys (hub_pk) where state <> 'revoked'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index hubs_silent, hubs_of_bucket, hub_keys_of_hub`.execute(db);
  await sql`alter table hub_keys drop column attempted_at`.execute(db);
  await sql`
    alter table hubs
      drop column failure_code,
      drop column reported_hostname,
      add column leased_until timestamptz`.execute(db);
}
