import { type Kysely, sql } from "kysely";

/** What is written and seldom changed: the request log, the audit log, abuse reports, rate limit counters. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table requests (
      id text primary key,
      tenant_id text not null,
      endpoint_id text not null,
      access_key_id text,
      connector_id text,
      relay_id text not null,
      started_at timestamptz not null,
      method text not null,
      path text not null,
      status integer not null,
      bytes_in bigint not null,
      bytes_out bigint not null,
      duration_ms double precision not null,
      queue_ms double precision,
      upstream_ms double precision,
      client_address text not null,
      error_code text,
      user_agent text
    )`.execute(db);
  await sql`create index requests_of_endpoint on requests (endpoint_id, started_at desc, id desc)`.execute(
    db,
  );
  await sql`create index requests_of_tenant on requests (tenant_id, started_at desc, id desc)`.execute(db);
  await sql`
    create table audit_log (
      id text primary key,
      tenant_id text not null,
      user_id text,
      action text not null,
      subject text not null,
      detail jsonb not null default '{}',
      created_at timestamptz not null default now(),
      request_id text not null
    )`.execute(db);
  await sql`create index audit_log_of_tenant on audit_log (tenant_id, created_at desc)`.execute(db);
  await sql`
    create table abuse_reports (
      id text primary key,
      slug text not null,
      reporter_email text,
      reason text not null,
      detail text not null,
      created_at timestamptz not null default now(),
      client_address text not null
    )`.execute(db);
  await sql`create index abuse_reports_of_slug on abuse_reports (slug, created_at desc)`.execute(db);
  await sql`
    create table rate_limits (
      key varchar(255) primary key,
      points integer not null default 0,
      expire bigint
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table rate_limits, abuse_reports, audit_log, requests`.execute(db);
}
