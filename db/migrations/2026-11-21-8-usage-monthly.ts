import { type Kysely, sql } from "kysely";

/** Sums by month of UTC, for pages that look back a year. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table usage_monthly (
      tenant_id text not null,
      month timestamptz not null check (month = date_trunc('month', month, 'UTC')),
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
      primary key (tenant_id, month, endpoint_id, access_key_id, model)
    ) with (fillfactor = 70)`.execute(db);
  await sql`
    insert into usage_monthly
    select
      tenant_id, date_trunc('month', day, 'UTC'), endpoint_id, access_key_id, model, sum(requests), sum(errors),
      sum(bytes_in), sum(bytes_out), sum(connection_ms), sum(input_tokens), sum(cached_tokens),
      sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens), sum(estimated_tokens),
      sum(unmetered_requests)
    from usage_daily
    group by 1, 2, 3, 4, 5`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table usage_monthly`.execute(db);
}
