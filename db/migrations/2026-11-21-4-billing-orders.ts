import { type Kysely, sql } from "kysely";

/** What a customer ordered and Stripe may or may not have heard of; and the tax ids that Stripe keeps. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tenant_settings
      add column tax_ids jsonb not null default '[]',
      add column invoices_synced_at timestamptz`.execute(db);
  await sql`
    create table billing_orders (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      action text not null,
      intent text not null,
      created_at timestamptz not null default now(),
      settled_at timestamptz
    )`.execute(db);
  await sql`
    create unique index billing_orders_unsettled on billing_orders (tenant_id, action, intent)
      where settled_at is null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table billing_orders`.execute(db);
  await sql`alter table tenant_settings drop column tax_ids, drop column invoices_synced_at`.execute(db);
}
