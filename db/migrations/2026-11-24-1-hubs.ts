import { type Kysely, sql } from "kysely";

/** Managed Cloudflare: hubs, what Cloudflare holds for them, and what they report. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table hub_buckets (
      id text primary key,
      tenant_id text not null references organization (id) on delete cascade,
      cf_account_id text not null,
      jurisdiction text not null default 'default',
      name text not null unique,
      state text not null default 'wanted'
        check (state in ('wanted', 'ready', 'retained', 'emptying', 'deleted')),
      lifecycle_set_at timestamptz,
      delete_after timestamptz,
      error text,
      created_at timestamptz not null default now(),
      deleted_at timestamptz,
      unique (tenant_id, id)
    )`.execute(db);
  // A name is never used twice, so a tenant may have buckets of the past; it has one that lives.
  await sql`create unique index hub_buckets_live on hub_buckets (tenant_id) where state <> 'deleted'`.execute(
    db,
  );
  await sql`create index hub_buckets_due on hub_buckets (delete_after) where state in ('retained', 'emptying')`.execute(
    db,
  );
  await sql`
    create table hubs (
      id text primary key,
      tenant_id text not null references organization (id) on delete cascade,
      hub_id text not null check (length(hub_id) between 1 and 120),
      name text not null,
      mode text not null default 'managed' check (mode in ('managed', 'self_hosted')),
      license_id text not null references licenses (id) on delete cascade,
      token_hash text unique,
      token_hint text,
      service_url text not null,
      requested_name text,
      state text not null default 'off'
        check (state in ('off', 'provisioning', 'on', 'disabling')),
      step text,
      failure text,
      failures integer not null default 0,
      next_try_at timestamptz,
      leased_until timestamptz,
      bucket_id text,
      cf_account_id text,
      zone_id text,
      tunnel_name text,
      tunnel_id text,
      sealed_tunnel_token text,
      ingress_set_at timestamptz,
      sealed_backup_password text,
      delete_bucket boolean not null default false,
      retention_days integer not null default 30 check (retention_days between 0 and 3650),
      enabled_at timestamptz,
      disabled_at timestamptz,
      version text,
      last_report_at timestamptz,
      last_health_check timestamptz,
      health text check (health in ('ready', 'degraded', 'error')),
      health_reason text,
      health_checks jsonb not null default '[]',
      backup jsonb,
      created_at timestamptz not null default now(),
      removed_at timestamptz,
      unique (tenant_id, id),
      foreign key (tenant_id, bucket_id) references hub_buckets (tenant_id, id)
    )`.execute(db);
  await sql`create unique index hubs_of_tenant on hubs (tenant_id, hub_id) where removed_at is null`.execute(
    db,
  );
  await sql`create index hubs_due on hubs (next_try_at) where next_try_at is not null`.execute(db);
  await sql`
    create table hub_hostnames (
      id text primary key,
      tenant_id text not null,
      hub_pk text not null,
      host text not null check (host = lower(host) and length(host) <= 243),
      is_main boolean not null default false,
      service_url text,
      zone_id text not null,
      dns_record_id text,
      wanted boolean not null default true,
      created_at timestamptz not null default now(),
      removed_at timestamptz,
      foreign key (tenant_id, hub_pk) references hubs (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create unique index hub_hostnames_held on hub_hostnames (host) where removed_at is null`.execute(
    db,
  );
  await sql`create unique index hub_hostnames_main on hub_hostnames (hub_pk) where is_main and removed_at is null`.execute(
    db,
  );
  await sql`
    create table hub_keys (
      id text primary key,
      tenant_id text not null,
      hub_pk text not null,
      bucket_id text not null,
      token_name text not null unique,
      access_key_id text,
      sealed_secret text,
      state text not null default 'wanted'
        check (state in ('wanted', 'current', 'retiring', 'revoked')),
      created_at timestamptz not null default now(),
      confirmed_at timestamptz,
      revoke_after timestamptz,
      revoked_at timestamptz,
      foreign key (tenant_id, hub_pk) references hubs (tenant_id, id) on delete cascade,
      foreign key (tenant_id, bucket_id) references hub_buckets (tenant_id, id)
    )`.execute(db);
  await sql`create unique index hub_keys_wanted on hub_keys (hub_pk) where state = 'wanted'`.execute(db);
  await sql`create unique index hub_keys_current on hub_keys (hub_pk) where state = 'current'`.execute(db);
  await sql`
    create table hub_events (
      id bigint generated always as identity primary key,
      tenant_id text not null,
      hub_pk text not null,
      at timestamptz not null default now(),
      kind text not null check (kind in ('step', 'health', 'backup', 'key', 'note')),
      name text not null,
      outcome text not null check (outcome in ('started', 'done', 'failed')),
      message text,
      foreign key (tenant_id, hub_pk) references hubs (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index hub_events_of_hub on hub_events (hub_pk, id desc)`.execute(db);
  await sql`
    create table hub_snapshots (
      hub_pk text not null,
      tenant_id text not null,
      snapshot_id text not null,
      taken_at timestamptz not null,
      paths text[] not null,
      files bigint,
      bytes bigint,
      primary key (hub_pk, snapshot_id),
      foreign key (tenant_id, hub_pk) references hubs (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`
    create table hub_bucket_days (
      bucket_id text not null references hub_buckets (id) on delete cascade,
      tenant_id text not null,
      day date not null,
      peak_bytes bigint not null,
      objects bigint not null,
      class_a bigint not null,
      class_b bigint not null,
      carried boolean not null default false,
      fetched_at timestamptz not null default now(),
      primary key (bucket_id, day)
    )`.execute(db);
  await sql`create index hub_bucket_days_of_tenant on hub_bucket_days (tenant_id, day)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table hub_bucket_days, hub_snapshots, hub_events, hub_keys, hub_hostnames, hubs, hub_buckets`.execute(
    db,
  );
}
