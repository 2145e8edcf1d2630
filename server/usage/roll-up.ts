import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { PlainSum, UsageRecord } from "./types.ts";

/** Model names that one tenant may have in an hour: a client that makes up names must not fill the table. */
const MODELS_PER_HOUR = 200;
const MODEL_CHARACTERS = 64;
const OTHER_MODELS = "other";
const HOUR_MS = 3_600_000;

interface HourlySum {
  tenant_id: string;
  /** ISO. */
  hour: string;
  endpoint_id: string;
  access_key_id: string;
  model: string;
  requests: number;
  errors: number;
  bytes_in: number;
  bytes_out: number;
  connection_ms: number;
  input_tokens: number;
  cached_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  estimated_tokens: number;
  unmetered_requests: number;
}

/** Adds records, and the sums of others, to the sums by hour, day and month, in the transaction that `db` is. */
export async function rollUp(
  db: Db,
  records: readonly UsageRecord[],
  plain: readonly PlainSum[] = [],
): Promise<void> {
  const byHour = merged([...sumByHour(records), ...plain.filter(isCounted).map(hourlySum)]);
  if (byHour.length === 0) return;
  const sums = await capModels(db, byHour);
  const byDay = sumByLonger(sums, "day");
  // One statement for all three: each of its own costs both sides as much as a hundred rows of the request log.
  await sql`
    with hourly as (${addition("usage_hourly", "hour", sums)}),
      daily as (${addition("usage_daily", "day", byDay)})
    ${addition("usage_monthly", "month", sumByLonger(byDay, "month"))}`.execute(db);
}

function addition(
  table: "usage_hourly" | "usage_daily" | "usage_monthly",
  time: "hour" | "day" | "month",
  sums: HourlySum[],
) {
  // One order for all relays: two that add to the same rows wait for each other and never in a circle.
  sums.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return sql`
    insert into ${sql.table(table)} as kept (
      tenant_id, ${sql.ref(time)}, endpoint_id, access_key_id, model, requests, errors, bytes_in, bytes_out,
      connection_ms, input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
      estimated_tokens, unmetered_requests
    )
    select
      tenant_id, hour, endpoint_id, access_key_id, model, requests, errors, bytes_in, bytes_out, connection_ms,
      input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, estimated_tokens,
      unmetered_requests
    from json_to_recordset(${JSON.stringify(sums)}::json) as given (
      tenant_id text, hour timestamptz, endpoint_id text, access_key_id text, model text, requests bigint,
      errors bigint, bytes_in bigint, bytes_out bigint, connection_ms bigint, input_tokens bigint,
      cached_tokens bigint, cache_write_tokens bigint, output_tokens bigint, reasoning_tokens bigint,
      estimated_tokens bigint, unmetered_requests bigint
    )
    on conflict (tenant_id, ${sql.ref(time)}, endpoint_id, access_key_id, model) do update set
      requests = kept.requests + excluded.requests,
      errors = kept.errors + excluded.errors,
      bytes_in = kept.bytes_in + excluded.bytes_in,
      bytes_out = kept.bytes_out + excluded.bytes_out,
      connection_ms = kept.connection_ms + excluded.connection_ms,
      input_tokens = kept.input_tokens + excluded.input_tokens,
      cached_tokens = kept.cached_tokens + excluded.cached_tokens,
      cache_write_tokens = kept.cache_write_tokens + excluded.cache_write_tokens,
      output_tokens = kept.output_tokens + excluded.output_tokens,
      reasoning_tokens = kept.reasoning_tokens + excluded.reasoning_tokens,
      estimated_tokens = kept.estimated_tokens + excluded.estimated_tokens,
      unmetered_requests = kept.unmetered_requests + excluded.unmetered_requests`;
}

/** What we answered ourselves is in no sum. */
function isCounted({ requests }: PlainSum): boolean {
  return requests > 0;
}

function hourlySum(plain: PlainSum): HourlySum {
  const { requests, errors, bytesIn, bytesOut, connectionMs } = plain;
  return {
    ...emptySum(plain, new Date(plain.hour).toISOString(), ""),
    requests,
    errors,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    connection_ms: connectionMs,
  };
}

/** One sum for each key of the table. */
function merged(sums: readonly HourlySum[]): HourlySum[] {
  const byKey = new Map<string, HourlySum>();
  for (const sum of sums) {
    const key = keyOf(sum);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, sum);
    else merge(same, sum);
  }
  return [...byKey.values()];
}

function sumByHour(records: readonly UsageRecord[]): HourlySum[] {
  // By endpoint, and then one by one: a key of all five for each record would cost more than all the adding.
  const byEndpoint = new Map<string, { hour: number; sum: HourlySum }[]>();
  for (const record of records) {
    if (!record.forwarded) continue;
    const sums = byEndpoint.get(record.endpointId) ?? [];
    if (sums.length === 0) byEndpoint.set(record.endpointId, sums);
    const hour = Math.floor(record.endedAt / HOUR_MS);
    const model = record.usage?.model ? modelName(record.usage.model) : "";
    const key = record.accessKeyId ?? "";
    let found = sums.find(
      (each) =>
        each.hour === hour &&
        each.sum.access_key_id === key &&
        each.sum.model === model &&
        each.sum.tenant_id === record.tenantId,
    );
    if (found === undefined) {
      found = { hour, sum: emptySum(record, new Date(hour * HOUR_MS).toISOString(), model) };
      sums.push(found);
    }
    add(found.sum, record);
  }
  return [...byEndpoint.values()].flat().map(({ sum }) => sum);
}

/** In `hour` stands the start of the day or month, UTC. */
function sumByLonger(sums: readonly HourlySum[], unit: "day" | "month"): HourlySum[] {
  const longer = new Map<string, HourlySum>();
  for (const shorter of sums) {
    const date = unit === "day" ? shorter.hour.slice(0, 10) : `${shorter.hour.slice(0, 7)}-01`;
    const sum = { ...shorter, hour: `${date}T00:00:00.000Z` };
    const key = keyOf(sum);
    const same = longer.get(key);
    if (same === undefined) longer.set(key, sum);
    else merge(same, sum);
  }
  return [...longer.values()];
}

/** As the roll-up and the request log show it: what Postgres can hold, at most 64 characters. */
export function modelName(model: string): string {
  return model.slice(0, MODEL_CHARACTERS).toWellFormed().replaceAll("\0", "\uFFFD");
}

function emptySum(
  { tenantId, endpointId, accessKeyId }: UsageRecord | PlainSum,
  hour: string,
  model: string,
): HourlySum {
  return {
    tenant_id: tenantId,
    hour,
    endpoint_id: endpointId,
    access_key_id: accessKeyId ?? "",
    model,
    requests: 0,
    errors: 0,
    bytes_in: 0,
    bytes_out: 0,
    connection_ms: 0,
    input_tokens: 0,
    cached_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    estimated_tokens: 0,
    unmetered_requests: 0,
  };
}

/** A request counts with its final part, bytes and tokens with the part that they came in. */
function add(sum: HourlySum, record: UsageRecord): void {
  const { usage } = record;
  if (record.final) {
    sum.requests += 1;
    if (record.status >= 400) sum.errors += 1;
    // An error, or an answer that ended before its first token, is known to have had none.
    if (usage?.source === "none" && usage.status === "complete") sum.unmetered_requests += 1;
  }
  sum.bytes_in += record.bytesIn;
  sum.bytes_out += record.bytesOut;
  sum.connection_ms += record.durationMs;
  if (usage === null) return;
  sum.input_tokens += usage.inputTokens;
  sum.cached_tokens += usage.cachedTokens;
  sum.cache_write_tokens += usage.cacheWriteTokens;
  sum.output_tokens += usage.outputTokens;
  sum.reasoning_tokens += usage.reasoningTokens;
  if (usage.source === "estimated") sum.estimated_tokens += usage.inputTokens + usage.outputTokens;
}

/** Gives the models past the cap of their tenant and hour the name `other`. Two relays at once may pass it by a few. */
async function capModels(db: Db, sums: HourlySum[]): Promise<HourlySum[]> {
  const wanted = new Map<string, { tenant_id: string; hour: string }>();
  for (const { tenant_id, hour, model } of sums) {
    if (model !== "") wanted.set(`${tenant_id} ${hour}`, { tenant_id, hour });
  }
  if (wanted.size === 0) return sums;
  const { rows } = await sql<{ tenant_id: string; hour: Date; models: string[] }>`
    select kept.tenant_id, kept.hour, array_agg(distinct kept.model) as models
    from json_to_recordset(${JSON.stringify([...wanted.values()])}::json)
      as asked (tenant_id text, hour timestamptz)
    join usage_hourly as kept using (tenant_id, hour)
    where kept.model <> ''
    group by kept.tenant_id, kept.hour`.execute(db);
  const known = new Map(
    rows.map((row) => [`${row.tenant_id} ${row.hour.toISOString()}`, new Set(row.models)]),
  );
  const capped = new Map<string, HourlySum>();
  for (const sum of sums) {
    if (sum.model !== "") {
      const key = `${sum.tenant_id} ${sum.hour}`;
      const models = known.get(key) ?? new Set<string>();
      known.set(key, models);
      if (!models.has(sum.model) && models.size >= MODELS_PER_HOUR) sum.model = OTHER_MODELS;
      else models.add(sum.model);
    }
    const key = keyOf(sum);
    const same = capped.get(key);
    if (same === undefined) capped.set(key, sum);
    else merge(same, sum);
  }
  return [...capped.values()];
}

function merge(into: HourlySum, from: HourlySum): void {
  for (const name of Object.keys(from) as (keyof HourlySum)[]) {
    const value = from[name];
    if (typeof value === "number") (into[name] as number) += value;
  }
}

/** In the order of the table's primary key. */
function keyOf({ tenant_id, hour, endpoint_id, access_key_id, model }: HourlySum): string {
  return `${tenant_id}\t${hour}\t${endpoint_id}\t${access_key_id}\t${model}`;
}
