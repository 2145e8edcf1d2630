import { sql } from "kysely";
import type { Db } from "../../../db/client.ts";
import { percentile } from "../stats.ts";

const ROUNDS = 20;
const WARM_UP = 3;

/** The page or procedure behind an address, as its user waits for it. */
export interface UsageTime {
  name: string;
  p50Ms: number;
  p95Ms: number;
}

/**
 * Addresses of the portal, by what they are: pages first, then the questions by themselves.
 *
 * @param key one of the tenant's access keys
 */
export function usageAddresses(key: string, now: Date): Record<string, string> {
  const range = (days: number) => {
    const date = (ago: number) => new Date(now.getTime() - ago * 86_400_000).toISOString().slice(0, 10);
    return `from=${date(days - 1)}&to=${date(-1)}`;
  };
  return {
    "page, this period": "/usage",
    "page, by key": "/usage?by=access_key&metric=tokens",
    "page, one key by model": `/usage?by=model&key=${key}`,
    "page, 24 hours": "/usage?period=24h&by=model",
    "page, 90 days": "/usage?period=90d&by=access_key",
    "page, 12 months": "/usage?period=12m&by=access_key",
    "page, days of Berlin": "/usage?tz=Europe/Berlin",
    "page, requests": "/usage/requests",
    "page, requests of a key": `/usage/requests?key=${key}`,
    "api, this period": "/api/usage",
    "api, days by key": "/api/usage/series?by=access_key",
    "api, hours of a week by model": `/api/usage/series?bucket=hour&by=model&${range(7)}`,
    "api, months by key": `/api/usage/series?bucket=month&by=access_key&${range(365)}`,
    "api, a year by key": `/api/usage/breakdown?by=access_key&${range(365)}`,
    "api, requests of no such model": `/api/usage/requests?model=none-of-them&${range(89)}`,
  };
}

/** Time from sending to the last byte, one request at a time. */
export async function timeAddress(
  name: string,
  address: string,
  ask: (path: string) => Promise<Response>,
): Promise<UsageTime> {
  const times: number[] = [];
  for (let n = 0; n < WARM_UP + ROUNDS; n++) {
    const started = performance.now();
    const answer = await ask(address);
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${address} answered ${answer.status}`);
    if (n >= WARM_UP) times.push(performance.now() - started);
  }
  return { name, p50Ms: percentile(times, 0.5), p95Ms: percentile(times, 0.95) };
}

/** How many rows there are, for the report. */
export async function countRows(db: Db, tenantId: string): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    select
      (select count(*) from request_log) as requests,
      (select count(*) from usage_hourly where tenant_id = ${tenantId}) as hourly,
      (select count(*) from usage_daily where tenant_id = ${tenantId}) as daily,
      (select count(*) from usage_monthly where tenant_id = ${tenantId}) as monthly`.execute(db);
  return rows[0]!;
}
