import { type Kysely, sql } from "kysely";

/** Host names of tenants' own, and the certificates for them and for the base domain. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table custom_domains (
      id text primary key,
      tenant_id text not null,
      endpoint_id text not null,
      host text not null check (host = lower(host) and length(host) <= 243),
      proof_token text not null,
      state text not null default 'pending'
        check (state in ('pending', 'verified', 'issuing', 'active', 'failed', 'lapsed')),
      reason text,
      proof_found boolean,
      route_found boolean,
      created_at timestamptz not null default now(),
      checked_at timestamptz,
      next_check_at timestamptz default now(),
      failures integer not null default 0,
      proven_at timestamptz,
      held_since timestamptz,
      removed_at timestamptz,
      foreign key (tenant_id, endpoint_id) references endpoints (tenant_id, id) on delete cascade,
      check (removed_at is null or held_since is null)
    )`.execute(db);
  // A claim that is not proven blocks nobody; of those who prove a name, one holds it.
  await sql`create unique index custom_domains_held on custom_domains (host) where held_since is not null`.execute(
    db,
  );
  await sql`
    create unique index custom_domains_claim on custom_domains (tenant_id, host) where removed_at is null`.execute(
    db,
  );
  await sql`create index custom_domains_due on custom_domains (next_check_at) where removed_at is null`.execute(
    db,
  );
  await sql`create index custom_domains_of_endpoint on custom_domains (endpoint_id)`.execute(db);
  await sql`
    create table certificates (
      id text primary key,
      name text not null unique,
      names text[] not null,
      challenge text not null check (challenge in ('http-01', 'dns-01')),
      cert_pem text,
      sealed_key text,
      not_before timestamptz,
      not_after timestamptz,
      issued_at timestamptz,
      failures integer not null default 0,
      error text,
      next_try_at timestamptz default now(),
      leased_until timestamptz,
      created_at timestamptz not null default now(),
      check ((cert_pem is null) = (sealed_key is null) and (cert_pem is null) = (not_after is null))
    )`.execute(db);
  await sql`create index certificates_due on certificates (next_try_at)`.execute(db);
  await sql`
    create table acme_challenges (
      host text not null,
      token text not null,
      key_authorization text not null,
      kind text not null check (kind in ('http-01', 'tls-alpn-01')),
      expires_at timestamptz not null,
      primary key (host, token)
    )`.execute(db);
  await sql`
    create table acme_accounts (
      id text primary key,
      directory_url text not null,
      email text not null,
      sealed_key text not null,
      account_url text,
      paused_until timestamptz,
      created_at timestamptz not null default now(),
      unique (directory_url, email)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table acme_accounts, acme_challenges, certificates, custom_domains`.execute(db);
}
