import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { LATE_MS, liveStatuses } from "./periods.ts";
import { PostgresSession } from "./postgres-session.ts";
import type { LedgerStore } from "./store.ts";

const POLL_MS = 100;

/**
 * The ledger in Postgres. The lock of a tenant is an advisory lock of a connection that is held meanwhile: several relays may
 * run, and one that dies lets go. (A pooler in front of Postgres has to keep sessions apart.)
 *
 * @param clock for tests; without it the time is Postgres'
 */
export function createPostgresStore(db: Db, clock?: () => Date): LedgerStore {
  return {
    listDue: (scope) => listDue(db, scope, clock?.()),

    withTenant: (tenantId, waitMs, work) =>
      db.connection().execute(async (connection) => {
        const key = sql`hashtextextended(${`hotspot-meter:${tenantId}`}, 0)`;
        const deadline = performance.now() + waitMs;
        while (!(await takes(connection, sql`pg_try_advisory_lock(${key})`))) {
          if (performance.now() >= deadline) return null;
          await delay(POLL_MS);
        }
        try {
          return { result: await work(new PostgresSession(connection, tenantId, clock)) };
        } finally {
          await takes(connection, sql`pg_advisory_unlock(${key})`);
        }
      }),

    async oldestPending() {
      const row = await db
        .selectFrom("meter_pushes")
        .select((eb) => eb.fn.min("created_at").as("oldest"))
        .where("state", "=", "pending")
        .executeTakeFirst();
      return (row?.oldest as Date | null | undefined) ?? null;
    },
  };
}

async function takes(connection: Db, call: ReturnType<typeof sql>): Promise<boolean> {
  const { rows } = await sql<{ answer: boolean }>`select ${call} as answer`.execute(connection);
  return rows[0]!.answer;
}

async function listDue(db: Db, scope: "all" | "near_end", now: Date | undefined): Promise<string[]> {
  const time = now === undefined ? sql`now()` : sql`${now}::timestamptz`;
  const near =
    scope === "near_end"
      ? sql`and p_end between ${time} - interval '2 hours' and ${time} + interval '15 minutes'`
      : sql``;
  const late = sql`${time} - ${LATE_MS / 1_000} * interval '1 second'`;
  const { rows } = await sql<{ tenant_id: string }>`
    select distinct tenant_id from (
      select tenant_id, current_period_end as p_end from subscriptions
        where status in (${sql.join([...liveStatuses])}) or ended_at > ${late}
      union all
      select tenant_id, period_end from meter_periods where closed_at is null
      union all
      select tenant_id, period_end from meter_pushes where state = 'pending'
    ) as due where true ${near}`.execute(db);
  return rows.map((row) => row.tenant_id);
}
