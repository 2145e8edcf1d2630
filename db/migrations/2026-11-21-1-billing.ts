import { type Kysely, sql } from "kysely";

/** Money: what Stripe says of a tenant, what was used, what was reported to Stripe, what a tenant may spend. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tenant_settings
      add column plan_source text not null default 'default'
        check (plan_source in ('default', 'subscription', 'operator')),
      add column grace_ends_at timestamptz`.execute(db);
  await sql`
    alter table endpoints
      add column usage_mode text not null default 'ask' check (usage_mode in ('ask', 'read', 'off'))`.execute(
    db,
  );
  await sql`
    alter table requests
      add column api_kind text,
      add column model text,
      add column input_tokens bigint,
      add column cached_tokens bigint,
      add column cache_write_tokens bigint,
      add column output_tokens bigint,
      add column reasoning_tokens bigint,
      add column usage_source text check (usage_source in ('provider', 'estimated', 'none')),
      add column usage_status text check (usage_status in ('complete', 'partial', 'error')),
      add column finish_reason text`.execute(db);
  await sql`
    create table subscriptions (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      stripe_customer_id text not null,
      status text not null,
      plan text check (plan in ('free', 'pro', 'team')),
      seats integer not null default 1,
      current_period_start timestamptz not null,
      current_period_end timestamptz not null,
      cancel_at timestamptz,
      canceled_at timestamptz,
      ended_at timestamptz,
      trial_end timestamptz,
      scheduled_plan text check (scheduled_plan in ('free', 'pro', 'team')),
      scheduled_seats integer,
      past_due_since timestamptz,
      latest_invoice_id text,
      latest_invoice_status text,
      next_payment_attempt timestamptz,
      payment_method jsonb,
      discount jsonb,
      created_at timestamptz not null,
      synced_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index subscriptions_of_tenant on subscriptions (tenant_id, created_at desc)`.execute(db);
  await sql`
    create table invoices (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      subscription_id text,
      number text,
      status text not null,
      currency text not null,
      subtotal_cents bigint not null,
      tax_cents bigint not null,
      total_cents bigint not null,
      amount_due_cents bigint not null,
      amount_paid_cents bigint not null,
      period_start timestamptz not null,
      period_end timestamptz not null,
      attempt_count integer not null default 0,
      next_payment_attempt timestamptz,
      hosted_invoice_url text,
      invoice_pdf text,
      lines jsonb not null default '[]',
      created_at timestamptz not null,
      finalized_at timestamptz,
      paid_at timestamptz,
      synced_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index invoices_of_tenant on invoices (tenant_id, created_at desc)`.execute(db);
  await sql`
    create table stripe_events (
      id text primary key,
      type text not null,
      source text not null check (source in ('webhook', 'thin', 'poll')),
      api_version text,
      object_id text,
      customer_id text,
      payload jsonb not null,
      created_at timestamptz not null,
      received_at timestamptz not null default now(),
      processed_at timestamptz,
      attempts integer not null default 0,
      last_error text
    )`.execute(db);
  await sql`create index stripe_events_waiting on stripe_events (received_at) where processed_at is null`.execute(
    db,
  );
  await sql`
    create table billing_incidents (
      id text primary key,
      tenant_id text references "organization" ("id") on delete cascade,
      kind text not null,
      object_id text not null,
      detail jsonb not null default '{}',
      created_at timestamptz not null default now(),
      resolved_at timestamptz,
      unique (kind, object_id)
    )`.execute(db);
  await sql`
    create table billing_notices (
      tenant_id text not null references "organization" ("id") on delete cascade,
      kind text not null,
      subject text not null,
      sent_at timestamptz not null default now(),
      primary key (tenant_id, kind, subject)
    )`.execute(db);

  await sql`
    create table usage_journals (
      journal_id text primary key,
      relay_id text not null,
      next_seq bigint not null default 1,
      opened_at timestamptz not null default now(),
      last_batch_at timestamptz
    )`.execute(db);
  await sql`
    create table usage_batches (
      journal_id text not null references usage_journals (journal_id),
      first_seq bigint not null,
      last_seq bigint not null,
      records integer not null,
      checksum text not null,
      applied_at timestamptz not null default now(),
      primary key (journal_id, first_seq),
      check (last_seq >= first_seq)
    )`.execute(db);
  await sql`
    create table usage_damage (
      journal_id text not null,
      first_seq bigint not null,
      last_seq bigint not null,
      reason text not null,
      found_at timestamptz not null default now(),
      primary key (journal_id, first_seq)
    )`.execute(db);
  await sql`
    create table usage_hourly (
      tenant_id text not null,
      hour timestamptz not null,
      endpoint_id text not null,
      access_key_id text not null default '',
      model text not null default '',
      requests bigint not null default 0,
      errors bigint not null default 0,
      bytes_in bigint not null default 0,
      bytes_out bigint not null default 0,
      connection_ms bigint not null default 0,
      input_tokens bigint not null default 0,
      cached_tokens bigint not null default 0,
      cache_write_tokens bigint not null default 0,
      output_tokens bigint not null default 0,
      reasoning_tokens bigint not null default 0,
      estimated_tokens bigint not null default 0,
      unmetered_requests bigint not null default 0,
      primary key (tenant_id, hour, endpoint_id, access_key_id, model)
    )`.execute(db);
  await sql`
    create table usage_adjustments (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      meter text not null check (meter in ('requests', 'megabytes', 'tokens')),
      period_start timestamptz not null,
      quantity bigint not null,
      reason text not null,
      created_by text,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index usage_adjustments_of_tenant on usage_adjustments (tenant_id, period_start)`.execute(
    db,
  );
  await sql`
    create table meter_pushes (
      id bigint generated always as identity primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      stripe_customer_id text not null,
      subscription_id text not null,
      meter text not null check (meter in ('requests', 'megabytes', 'tokens')),
      period_start timestamptz not null,
      period_end timestamptz not null,
      value bigint not null,
      event_time timestamptz not null,
      identifier text not null unique,
      state text not null default 'pending' check (state in ('pending', 'accepted', 'rejected', 'review')),
      attempts integer not null default 0,
      error text,
      created_at timestamptz not null default now(),
      settled_at timestamptz
    )`.execute(db);
  await sql`
    create index meter_pushes_of_period on meter_pushes (tenant_id, meter, period_start, id desc)`.execute(
    db,
  );
  await sql`create index meter_pushes_waiting on meter_pushes (created_at) where state = 'pending'`.execute(
    db,
  );

  await sql`
    create table budgets (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      access_key_id text references access_keys (id) on delete cascade,
      metric text not null check (metric in ('requests', 'tokens', 'cents')),
      period text not null check (period in ('day', 'month')),
      limit_value bigint not null check (limit_value > 0),
      hard boolean not null default false,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`.execute(db);
  await sql`
    create unique index budgets_once on budgets (tenant_id, coalesce(access_key_id, ''), metric, period)`.execute(
    db,
  );
  await sql`
    create table budget_alerts (
      budget_id text not null references budgets (id) on delete cascade,
      period_start timestamptz not null,
      threshold integer not null check (threshold in (50, 80, 100)),
      sent_at timestamptz not null default now(),
      primary key (budget_id, period_start, threshold)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table budget_alerts, budgets, meter_pushes, usage_adjustments, usage_hourly, usage_damage,
    usage_batches, usage_journals, billing_notices, billing_incidents, stripe_events, invoices, subscriptions`.execute(
    db,
  );
  await sql`
    alter table requests
      drop column api_kind, drop column model, drop column input_tokens, drop column cached_tokens,
      drop column cache_write_tokens, drop column output_tokens, drop column reasoning_tokens,
      drop column usage_source, drop column usage_status, drop column finish_reason`.execute(db);
  await sql`alter table endpoints drop column usage_mode`.execute(db);
  await sql`alter table tenant_settings drop column plan_source, drop column grace_ends_at`.execute(db);
}
