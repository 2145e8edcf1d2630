import { type Kysely, sql } from "kysely";

/** Keys of tenants, wrapped by a master key: what seals their secrets. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tenant_keys (
      id text primary key,
      tenant_id text not null references organization (id) on delete cascade,
      wrapped_key text not null,
      master_key_id text not null,
      created_at timestamptz not null default now(),
      retired_at timestamptz
    )`.execute(db);
  await sql`create unique index tenant_keys_current on tenant_keys (tenant_id) where retired_at is null`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table tenant_keys`.execute(db);
}
