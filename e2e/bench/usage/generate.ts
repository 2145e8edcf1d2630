import { type Kysely, sql } from "kysely";
import type { Db } from "../../../db/client.ts";

/** How many requests, and over how long. */
export interface UsageVolume {
  readonly requests: number;
  readonly days: number;
  /** Rows lie before it. */
  readonly until: Date;
}

/** One tenant of the made-up world. */
export interface UsageTenant {
  readonly tenantId: string;
  /** Of all requests, 0..1. */
  readonly share: number;
  readonly endpoints: number;
  readonly accessKeys: number;
  readonly models: number;
}

/** Rows of one statement: small enough for a machine with little memory. */
const CHUNK = 500_000;
/** Every second request is plain, and comes with so many of its kind at once. */
const BURST = 100;
/** Of one statement that rolls up: as many groups as fit into memory. */
const DAYS_ROLLED_UP = 30;
const DAY_MS = 86_400_000;

/** Endpoints and access keys of a tenant, written straight into the tables. */
export async function addThings(db: Db, tenant: UsageTenant, licenseId: string): Promise<void> {
  const { tenantId, endpoints, accessKeys } = tenant;
  await sql`
    insert into endpoints (id, tenant_id, license_id, slug, token_hash, token_hint)
    select ${`ep_${tenantId}_`} || n, ${tenantId}, ${licenseId}, ${`${slugOf(tenantId)}-`} || n, ${tenantId} || n, 'hs_ep_…'
    from generate_series(1, ${endpoints}::integer) n
    on conflict do nothing`.execute(db);
  await sql`
    insert into access_keys (id, tenant_id, name, secret_hash, hint)
    select ${`key_${tenantId}_`} || n, ${tenantId}, 'consumer ' || n, ${tenantId} || '-key-' || n, 'hs_key_…'
    from generate_series(1, ${accessKeys}::integer) n
    on conflict do nothing`.execute(db);
}

const slugOf = (tenantId: string) =>
  tenantId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .slice(-20);

/**
 * Fills the request log with made-up requests in the order of time, spread over tenants, and the roll-ups with their
 * sums: half of them with tokens, one by one, as rows; the others plain, in bursts of one key, which come to be blocks as
 * a relay makes them. Things that are used more are used much more: squares of a random number pick endpoint, key and
 * model. Indexes are left out while rows come in and made again afterwards.
 */
export async function generateUsage(
  db: Db,
  tenants: readonly UsageTenant[],
  volume: UsageVolume,
): Promise<void> {
  const indexes = await takeIndexes(db);
  for (let first = 0; first < volume.requests; first += CHUNK) {
    await insertRequests(db, tenants, volume, first, Math.min(CHUNK, volume.requests - first));
  }
  for (const statement of indexes) await sql.raw(statement).execute(db);
  // From a whole day on, so that no sum is made of two parts.
  const start = Math.floor(volume.until.getTime() / DAY_MS - volume.days) * DAY_MS;
  for (let day = 0; day <= volume.days + 1; day += DAYS_ROLLED_UP) {
    const from = new Date(start + day * DAY_MS);
    await rollUp(db, "hour", from, new Date(from.getTime() + DAYS_ROLLED_UP * DAY_MS));
    await rollUp(db, "day", from, new Date(from.getTime() + DAYS_ROLLED_UP * DAY_MS));
    await intoBlocks(db, from, new Date(from.getTime() + DAYS_ROLLED_UP * DAY_MS));
  }
  await sql`
    insert into usage_monthly
    select
      tenant_id, date_trunc('month', day, 'UTC'), endpoint_id, access_key_id, model, sum(requests), sum(errors),
      sum(bytes_in), sum(bytes_out), sum(connection_ms), sum(input_tokens), sum(cached_tokens),
      sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens), sum(estimated_tokens),
      sum(unmetered_requests)
    from usage_daily
    group by 1, 2, 3, 4, 5`.execute(db);
  await sql`vacuum analyze requests, request_blocks, usage_hourly, usage_daily, usage_monthly, endpoints, access_keys`.execute(
    db,
  );
}

async function insertRequests(
  db: Db,
  tenants: readonly UsageTenant[],
  { requests, days, until }: UsageVolume,
  first: number,
  count: number,
): Promise<void> {
  const starts = tenants.map((_, index) =>
    tenants.slice(0, index).reduce((sum, { share }) => sum + share, 0),
  );
  await sql`
    insert into requests (
      id, tenant_id, endpoint_id, access_key_id, connector_id, relay_id, started_at, method, path, status, bytes_in,
      bytes_out, duration_ms, queue_ms, upstream_ms, client_address, api_kind, model, input_tokens, cached_tokens,
      cache_write_tokens, output_tokens, reasoning_tokens, usage_source, usage_status
    )
    select
      'req_' || lpad(n::text, 26, '0'), tenant,
      -- A consumer sticks to an endpoint or two and to a few models.
      'ep_' || tenant || '_' || (1 + (key + case when picked[3] < 0.1 then 1 else 0 end) % endpoints),
      case when picked[4] < 0.95 then 'key_' || tenant || '_' || key end,
      'con_bench', 'relay-bench',
      date_trunc('milliseconds',
        ${until}::timestamptz - (1 - coalesce(burst, n)::float / ${requests}::integer) * ${days}::integer * interval '1 day'
      ) + case when burst is null then 0 else n - burst end * interval '5 ms',
      case when burst is null then 'POST' else 'GET' end,
      case when burst is null then '/v1/chat/completions' else '/v1/models' end,
      case when random() < 0.02 then 502 else 200 end,
      (random() * 4000)::bigint, (random() * 20000)::bigint, round(random() * case when burst is null then 9000 else 30 end),
      0, round(random() * 20), '203.0.113.9',
      t.kind, case when t.kind is not null then 'model-' || (1 + (key + floor(power(random(), 3) * 3))::integer % models) end,
      t.one * (random() * 3000)::bigint, t.one * (random() * 500)::bigint, t.one * 0, t.one * (random() * 900)::bigint,
      t.one * (random() * 100)::bigint,
      case when t.kind is not null then case when random() < 0.95 then 'provider' else 'estimated' end end,
      case when t.kind is not null then 'complete' end
    from (
      select *, width_bucket(picked[1], ${starts}::double precision[]) as chosen
      from (
        select n, burst, array(
          -- The same for all of a burst.
          select (hashint8extended(coalesce(-burst, n), salt) & 16777215) / 16777216.0::float
          from generate_series(1, 4) salt order by salt
        ) as picked
        from (
          select n, case when n % 2 = 0 then n - n % (2 * ${BURST}::integer) end as burst
          from generate_series(${first + 1}::integer, ${first + count}::integer) n
        ) as numbers
      ) as numbers
    ) as numbers
    cross join lateral (
      select
        (${tenants.map((tenant) => tenant.tenantId)}::text[])[chosen] as tenant,
        (${tenants.map((tenant) => tenant.endpoints)}::integer[])[chosen] as endpoints,
        (1 + floor(power(picked[2], 2) * (${tenants.map((tenant) => tenant.accessKeys)}::integer[])[chosen]))::integer as key,
        (${tenants.map((tenant) => tenant.models)}::integer[])[chosen] as models
    ) as owner
    -- Tokens, or none: null times anything is null.
    cross join lateral (
      select case when burst is null then 'openai_chat' end as kind, case when burst is null then 1 end as one
    ) as t`.execute(db);
}

/** Moves plain rows to where a relay writes them: in blocks of one owner and minute. */
async function intoBlocks(db: Db, from: Date, to: Date): Promise<void> {
  await sql`
    with plain as (
      delete from requests
      where api_kind is null and started_at + duration_ms * interval '1 ms' >= ${from}
        and started_at + duration_ms * interval '1 ms' < ${to}
      returning *
    )
    insert into request_blocks (
      tenant_id, endpoint_id, access_key_id, connector_id, relay_id, first_at, last_at, requests, forwarded, lines
    )
    select
      tenant_id, endpoint_id, access_key_id, connector_id, relay_id, min(started_at), max(started_at), count(*), count(*),
      string_agg(concat_ws(chr(9),
        to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), status, bytes_in, bytes_out,
        duration_ms, 't', id, method, path, queue_ms, upstream_ms, ${"\\N"}::text, client_address, ${"\\N"}::text
      ) || chr(10), '' order by started_at)
    from plain
    group by tenant_id, endpoint_id, access_key_id, connector_id, relay_id, date_trunc('minute', started_at, 'UTC')
    order by max(started_at)`.execute(db);
}

/** Sums of requests that ended in a time, in the way in which the relay's batches are rolled up. */
async function rollUp(db: Db, unit: "hour" | "day", from: Date, to: Date): Promise<void> {
  const table = unit === "hour" ? "usage_hourly" : "usage_daily";
  await sql`
    insert into ${sql.table(table)} (
      tenant_id, ${sql.ref(unit)}, endpoint_id, access_key_id, model, requests, errors, bytes_in, bytes_out,
      connection_ms, input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
      estimated_tokens
    )
    select
      tenant_id, date_trunc(${unit}, started_at + duration_ms * interval '1 ms', 'UTC'), endpoint_id,
      coalesce(access_key_id, ''), coalesce(model, ''), count(*), count(*) filter (where status >= 400),
      sum(bytes_in), sum(bytes_out), sum(duration_ms)::bigint, coalesce(sum(input_tokens), 0),
      coalesce(sum(cached_tokens), 0), coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_tokens), 0),
      coalesce(sum(reasoning_tokens), 0), coalesce(sum(input_tokens + output_tokens) filter (where usage_source = 'estimated'), 0)
    from requests
    where started_at + duration_ms * interval '1 ms' >= ${from} and started_at + duration_ms * interval '1 ms' < ${to}
    group by 1, 2, 3, 4, 5`.execute(db);
}

/** Drops the indexes of `requests` and gives the statements that make them again. */
async function takeIndexes(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string; definition: string; is_key: boolean }>`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition, i.indisprimary as is_key
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'requests'::regclass`.execute(db);
  for (const { name, is_key } of rows) {
    if (is_key)
      await sql`alter table requests drop constraint ${sql.ref(name)}`.execute(db as Kysely<unknown> as Db);
    else await sql`drop index ${sql.ref(name)}`.execute(db);
  }
  return rows.map(({ name, definition, is_key }) =>
    is_key ? `alter table requests add constraint ${name} primary key (id)` : definition,
  );
}
