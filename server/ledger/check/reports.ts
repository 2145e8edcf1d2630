import { sql } from "kysely";
import type { Db } from "../../../db/client.ts";
import type { MeterName } from "../../../db/schema/index.ts";
import { meterNames } from "../../pricing/index.ts";
import { billedOf } from "../billed.ts";
import { getPeriodTotals } from "../totals.ts";
import { difference, type Finding, timeOf } from "./finding.ts";

const HOUR_MS = 3_600_000;
/** What was used so long ago has been reported, ms. */
const REPORTED_AFTER_MS = 2 * HOUR_MS;
/** A report has an outcome after so long, ms. */
const SETTLED_AFTER_MS = HOUR_MS;

/** The row of a period that a sentence needs. */
export interface PeriodRow {
  readonly tenant_id: string;
  readonly subscription_id: string;
  readonly period_start: Date;
  readonly period_end: Date;
}

export const nameOf = (meter: MeterName, { tenant_id, period_start, period_end }: PeriodRow): string =>
  `tenant ${tenant_id}, ${meter}, period ${timeOf(period_start)} to ${timeOf(period_end)}`;

/** From the sums by hour to what was reported and charged: our own records among each other. */
export async function* checkReports(db: Db, now: Date): AsyncGenerator<Finding> {
  yield* checkPeriods(db, now);
  yield* checkPushes(db, now);
  yield* checkCarried(db);
}

async function* checkPeriods(db: Db, now: Date): AsyncGenerator<Finding> {
  const periods = await db.selectFrom("meter_periods").selectAll().orderBy("period_start").execute();
  for (const period of periods) {
    const overlap = periods.find(
      (other) =>
        other.subscription_id === period.subscription_id &&
        other.period_start > period.period_start &&
        other.period_start < period.period_end,
    );
    if (overlap)
      yield difference(
        `subscription ${period.subscription_id}: the periods of ${timeOf(period.period_start)} and ${timeOf(overlap.period_start)} overlap`,
      );
    if (period.is_trial) continue;
    const range = { tenantId: period.tenant_id, from: period.period_start, to: period.period_end };
    const totals = await getPeriodTotals(db, range);
    if (period.closed_at !== null) {
      const billed = billedOf(period);
      for (const meter of meterNames) {
        if (totals[meter] !== billed[meter])
          yield difference(
            `${nameOf(meter, period)}: ${totals[meter]} in the ledger, ${billed[meter]} charged by ${period.invoice_id ?? "no invoice"}`,
          );
      }
      continue;
    }
    const old = await getPeriodTotals(db, {
      ...range,
      to: new Date(Math.min(period.period_end.getTime(), now.getTime() - REPORTED_AFTER_MS)),
    });
    for (const meter of meterNames) {
      const last = await findLastPush(db, period, meter);
      // An adjustment that takes away makes both totals smaller than what was reported a moment ago.
      const least = Math.min(old[meter], totals[meter]);
      if ((last?.value ?? 0) < least)
        yield difference(
          `${nameOf(meter, period)}: ${least} used more than two hours ago, ${last?.value ?? 0} reported to Stripe`,
        );
      const isRecent = last !== undefined && now.getTime() - last.created_at.getTime() < HOUR_MS;
      if (last !== undefined && !isRecent && last.value > Math.max(0, totals[meter]))
        yield difference(
          `${nameOf(meter, period)}: ${last.value} reported to Stripe, ${totals[meter]} in the ledger`,
        );
    }
  }
}

/** The one that counts: the last by time within the period. */
export function findLastPush(db: Db, period: PeriodRow & { stripe_customer_id: string }, meter: MeterName) {
  return db
    .selectFrom("meter_pushes")
    .select(["identifier", "value", "state", "event_time", "created_at", "settled_at"])
    .where("tenant_id", "=", period.tenant_id)
    .where("stripe_customer_id", "=", period.stripe_customer_id)
    .where("meter", "=", meter)
    .where("state", "=", "accepted")
    .where("event_time", ">=", period.period_start)
    .where("event_time", "<", period.period_end)
    .orderBy("event_time", "desc")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
}

async function* checkPushes(db: Db, now: Date): AsyncGenerator<Finding> {
  const settledBy = new Date(now.getTime() - SETTLED_AFTER_MS);
  const open = await db
    .selectFrom("meter_pushes")
    .selectAll()
    .where((eb) =>
      eb.or([
        eb("state", "=", "review"),
        eb.and([eb("state", "=", "pending"), eb("created_at", "<", settledBy)]),
      ]),
    )
    .orderBy("id")
    .execute();
  for (const push of open) {
    const what =
      push.state === "review"
        ? "nobody knows whether Stripe has it"
        : "its outcome is unknown for over an hour";
    yield difference(`${nameOf(push.meter, push)}: report ${push.identifier} of ${push.value}: ${what}`);
  }
  const refused = await sql<PeriodRow & { meter: MeterName; identifier: string; error: string | null }>`
    select distinct on (tenant_id, subscription_id, meter, period_start)
      tenant_id, subscription_id, meter, period_start, period_end, identifier, error, state
    from meter_pushes order by tenant_id, subscription_id, meter, period_start, id desc`.execute(db);
  for (const push of refused.rows as (PeriodRow & {
    meter: MeterName;
    identifier: string;
    error: string | null;
    state: string;
  })[]) {
    if (push.state === "rejected")
      yield difference(
        `${nameOf(push.meter, push)}: the last report, ${push.identifier}, was refused: ${push.error}`,
      );
  }
  // What lies behind the end of a period that was cut short is in the next one.
  const { rows: unordered } = await sql<PeriodRow & { meter: MeterName; identifier: string; why: string }>`
    select * from (
      select m.*, case
        when m.event_time < m.period_start or m.event_time >= m.period_end then 'is outside its period'
        when m.event_time < p.period_end and m.event_time <= max(m.event_time) filter (where m.event_time < p.period_end)
          over (
            partition by m.subscription_id, m.meter, m.period_start order by m.id
            rows between unbounded preceding and 1 preceding
          ) then 'is not after the one before it' end as why
      from meter_pushes m
      left join meter_periods p on p.subscription_id = m.subscription_id and p.period_start = m.period_start
      where m.state <> 'rejected'
    ) as pushes where why is not null order by id`.execute(db);
  for (const push of unordered) {
    yield difference(`${nameOf(push.meter, push)}: the time of report ${push.identifier} ${push.why}`);
  }
}

/** What was carried over was taken from one period and added to another. */
async function* checkCarried(db: Db): AsyncGenerator<Finding> {
  const rows = await db
    .selectFrom("usage_adjustments")
    .select((eb) => ["tenant_id", "meter", eb.fn.sum<string>("quantity").as("sum")])
    .where("created_by", "=", "ledger")
    .groupBy(["tenant_id", "meter"])
    .having((eb) => eb.fn.sum("quantity"), "<>", 0)
    .execute();
  for (const { tenant_id, meter, sum } of rows) {
    yield difference(
      `tenant ${tenant_id}, ${meter}: what was carried over between periods does not cancel out, ${sum} too many`,
    );
  }
}
