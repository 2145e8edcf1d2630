import { type Kysely, sql } from "kysely";

/** Tenants, licenses, endpoints, connectors and keys. Composite foreign keys keep a row inside one tenant. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tenant_settings (
      tenant_id text primary key references "organization" ("id") on delete cascade,
      plan text not null default 'free' check (plan in ('free', 'pro', 'team')),
      billing_state text not null default 'ok' check (billing_state in ('ok', 'unpaid')),
      suspended_at timestamptz,
      suspended_reason text,
      auth_config jsonb not null default '{"provider":"email"}',
      stripe_customer_id text unique,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`
    create table licenses (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      plan text not null check (plan in ('free', 'pro', 'team')),
      status text not null default 'active' check (status in ('active', 'revoked', 'expired')),
      key_hash text unique,
      key_hint text,
      device_limit integer not null check (device_limit >= 0),
      created_at timestamptz not null default now(),
      key_issued_at timestamptz,
      revoked_at timestamptz,
      expires_at timestamptz,
      unique (tenant_id, id)
    )`.execute(db);
  await sql`create unique index licenses_one_active on licenses (tenant_id) where status = 'active'`.execute(
    db,
  );
  await sql`
    create table devices (
      id text primary key,
      tenant_id text not null,
      license_id text not null,
      device_id text not null,
      name text,
      platform text,
      created_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      released_at timestamptz,
      unique (tenant_id, id),
      foreign key (tenant_id, license_id) references licenses (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create unique index devices_active on devices (license_id, device_id) where released_at is null`.execute(
    db,
  );
  await sql`
    create table endpoints (
      id text primary key,
      tenant_id text not null,
      license_id text not null,
      slug text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{1,38})[a-z0-9]$'),
      token_hash text not null unique,
      token_hint text not null,
      token_rotated_at timestamptz not null default now(),
      upstream_base_url text,
      require_access_key boolean not null default false,
      status text not null default 'active' check (status in ('active', 'suspended')),
      created_at timestamptz not null default now(),
      released_at timestamptz,
      unique (tenant_id, id),
      foreign key (tenant_id, license_id) references licenses (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create unique index endpoints_slug_in_use on endpoints (slug) where released_at is null`.execute(
    db,
  );
  await sql`create index endpoints_of_tenant on endpoints (tenant_id, created_at)`.execute(db);
  await sql`
    create table released_names (
      slug text primary key,
      tenant_id text not null,
      released_at timestamptz not null,
      available_at timestamptz not null
    )`.execute(db);
  await sql`
    create table connectors (
      id text primary key,
      tenant_id text not null,
      endpoint_id text not null,
      device_pk text,
      issued_at timestamptz not null default now(),
      expires_at timestamptz not null,
      revoked_at timestamptz,
      status text not null default 'offline' check (status in ('offline', 'online')),
      relay_id text,
      version text,
      remote_address text,
      connected_at timestamptz,
      last_seen_at timestamptz,
      latency_ms double precision,
      capacity integer,
      links integer not null default 0,
      foreign key (tenant_id, endpoint_id) references endpoints (tenant_id, id) on delete cascade,
      foreign key (tenant_id, device_pk) references devices (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index connectors_of_endpoint on connectors (endpoint_id, status)`.execute(db);
  await sql`create index connectors_of_relay on connectors (relay_id) where status = 'online'`.execute(db);
  await sql`create index connectors_of_device on connectors (device_pk)`.execute(db);
  await sql`
    create table access_keys (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      endpoint_id text,
      name text not null,
      secret_hash text not null unique,
      hint text not null,
      created_at timestamptz not null default now(),
      last_used_at timestamptz,
      revoked_at timestamptz,
      expires_at timestamptz,
      foreign key (tenant_id, endpoint_id) references endpoints (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index access_keys_of_tenant on access_keys (tenant_id, created_at)`.execute(db);
  await sql`
    create table api_keys (
      id text primary key,
      tenant_id text not null references "organization" ("id") on delete cascade,
      user_id text not null references "user" ("id") on delete cascade,
      name text not null,
      secret_hash text not null unique,
      hint text not null,
      permissions text[] not null,
      created_at timestamptz not null default now(),
      last_used_at timestamptz,
      revoked_at timestamptz
    )`.execute(db);
  await sql`create index api_keys_of_tenant on api_keys (tenant_id, created_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table api_keys, access_keys, connectors, released_names, endpoints, devices, licenses,
    tenant_settings`.execute(db);
}
