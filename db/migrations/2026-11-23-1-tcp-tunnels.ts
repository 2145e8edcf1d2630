import { type Kysely, sql } from "kysely";

/**
 * TCP tunnels: a port of a tenant's ranges for each name of an endpoint. Ranges never overlap, and outlive their tunnels,
 * so that nobody else gets a port right after it was given back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tcp_ranges (
      tenant_id text not null,
      first_port integer not null check (first_port between 1024 and 65535),
      last_port integer not null check (last_port between first_port and 65535),
      last_used_at timestamptz not null default now(),
      primary key (first_port),
      constraint tcp_ranges_apart exclude using gist (int4range(first_port, last_port, '[]') with &&)
    )`.execute(db);
  await sql`create index tcp_ranges_of_tenant on tcp_ranges (tenant_id, first_port)`.execute(db);
  await sql`
    create table tcp_tunnels (
      id text primary key,
      tenant_id text not null,
      endpoint_id text not null,
      name text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$'),
      port integer not null check (port between 1024 and 65535),
      created_at timestamptz not null default now(),
      released_at timestamptz,
      served_by text,
      served_at timestamptz,
      fault text,
      foreign key (tenant_id, endpoint_id) references endpoints (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create unique index tcp_tunnels_port_in_use on tcp_tunnels (port) where released_at is null`.execute(
    db,
  );
  await sql`
    create unique index tcp_tunnels_name_in_use on tcp_tunnels (endpoint_id, name)
      where released_at is null`.execute(db);
  await sql`create index tcp_tunnels_of_tenant on tcp_tunnels (tenant_id, port)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table tcp_tunnels, tcp_ranges`.execute(db);
}
