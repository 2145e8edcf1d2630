import { type Kysely, sql } from "kysely";

/** The billing periods of each subscription, and what their invoices charged for: Stripe shows a subscription's present only. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table meter_periods (
      subscription_id text not null,
      tenant_id text not null references "organization" ("id") on delete cascade,
      stripe_customer_id text not null,
      period_start timestamptz not null,
      period_end timestamptz not null,
      is_trial boolean not null default false,
      invoice_id text,
      billed_requests bigint,
      billed_megabytes bigint,
      billed_tokens bigint,
      closed_at timestamptz,
      created_at timestamptz not null default now(),
      primary key (subscription_id, period_start),
      check (period_end > period_start),
      check (closed_at is null or (billed_requests is not null and billed_megabytes is not null and billed_tokens is not null))
    )`.execute(db);
  await sql`create index meter_periods_of_tenant on meter_periods (tenant_id, period_start)`.execute(db);
  await sql`create index meter_periods_open on meter_periods (period_end) where closed_at is null`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table meter_periods`.execute(db);
}
