import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { MeterName, MeterPushesTable } from "../../db/schema/index.ts";
import { newId } from "../ids.ts";
import { type MeterTotals, meterNames } from "../pricing/index.ts";
import { billedOf } from "./billed.ts";
import { liveStatuses } from "./periods.ts";
import type {
  LedgerSession,
  LedgerSubscription,
  MeterHistory,
  MeterPeriod,
  MeterPush,
  NewPush,
} from "./store.ts";
import { getPeriodTotals } from "./totals.ts";

/** The ledger of one tenant over the connection that holds its lock. Each call commits. */
export class PostgresSession implements LedgerSession {
  private readonly db: Db;
  private readonly tenantId: string;
  private readonly clock: (() => Date) | undefined;

  constructor(db: Db, tenantId: string, clock?: () => Date) {
    this.db = db;
    this.tenantId = tenantId;
    this.clock = clock;
  }

  async now(): Promise<Date> {
    if (this.clock) return this.clock();
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(this.db);
    return rows[0]!.now;
  }

  async listSubscriptions(endedSince: Date): Promise<LedgerSubscription[]> {
    const rows = await this.db
      .selectFrom("subscriptions")
      .select((eb) => [
        eb.ref("id").as("subscriptionId"),
        eb.ref("stripe_customer_id").as("stripeCustomerId"),
        "status",
        "plan",
        eb.ref("current_period_start").as("periodStart"),
        eb.ref("current_period_end").as("periodEnd"),
        eb.ref("trial_end").as("trialEnd"),
        eb.ref("ended_at").as("endedAt"),
        eb.ref("created_at").as("createdAt"),
        eb.ref("latest_invoice_id").as("latestInvoiceId"),
      ])
      .where("tenant_id", "=", this.tenantId)
      .where((eb) => eb.or([eb("status", "in", liveStatuses), eb("ended_at", ">", endedSince)]))
      .where("status", "not in", ["incomplete", "incomplete_expired"])
      .orderBy("created_at")
      .orderBy("id")
      .execute();
    return rows;
  }

  async listPeriods(closedSince: Date): Promise<MeterPeriod[]> {
    const rows = await this.db
      .selectFrom("meter_periods as p")
      .selectAll()
      .where("tenant_id", "=", this.tenantId)
      .where((eb) =>
        eb.or([
          eb("closed_at", "is", null),
          eb("closed_at", ">", closedSince),
          eb.exists(
            eb
              .selectFrom("meter_pushes as m")
              .select("m.id")
              .where("m.state", "=", "pending")
              .whereRef("m.subscription_id", "=", "p.subscription_id")
              .whereRef("m.period_start", "=", "p.period_start"),
          ),
        ]),
      )
      .orderBy("period_start")
      .orderBy("subscription_id")
      .execute();
    return rows.map((row) => ({
      subscriptionId: row.subscription_id,
      stripeCustomerId: row.stripe_customer_id,
      start: row.period_start,
      end: row.period_end,
      plan: row.plan,
      latestInvoiceId: row.latest_invoice_id,
      isTrial: row.is_trial,
      billed: row.closed_at === null ? null : billedOf(row),
    }));
  }

  async putPeriod(period: Omit<MeterPeriod, "billed">): Promise<void> {
    await this.db
      .insertInto("meter_periods")
      .values({
        subscription_id: period.subscriptionId,
        tenant_id: this.tenantId,
        stripe_customer_id: period.stripeCustomerId,
        period_start: period.start,
        period_end: period.end,
        is_trial: period.isTrial,
        plan: period.plan,
        latest_invoice_id: period.latestInvoiceId,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["subscription_id", "period_start"])
          .doUpdateSet({
            period_end: period.end,
            is_trial: period.isTrial,
            plan: period.plan,
            latest_invoice_id: period.latestInvoiceId,
          })
          .where("meter_periods.closed_at", "is", null),
      )
      .execute();
  }

  async closePeriod(
    period: MeterPeriod,
    invoiceId: string | null,
    billed: MeterTotals,
    at: Date,
  ): Promise<void> {
    await this.db
      .updateTable("meter_periods")
      .set({
        invoice_id: invoiceId,
        billed_requests: billed.requests,
        billed_megabytes: billed.megabytes,
        billed_tokens: billed.tokens,
        billed_storage: billed.storage,
        billed_storage_writes: billed.storage_writes,
        billed_storage_reads: billed.storage_reads,
        closed_at: at,
      })
      .where("subscription_id", "=", period.subscriptionId)
      .where("period_start", "=", period.start)
      .where("closed_at", "is", null)
      .execute();
  }

  getTotals({ start, end }: Pick<MeterPeriod, "start" | "end">): Promise<MeterTotals> {
    return getPeriodTotals(this.db, { tenantId: this.tenantId, from: start, to: end });
  }

  async getHistory(period: MeterPeriod, meter: MeterName): Promise<MeterHistory> {
    const pushes = this.db
      .selectFrom("meter_pushes")
      .select(pushColumns)
      .where("tenant_id", "=", this.tenantId)
      .where("meter", "=", meter);
    const own = pushes
      .where("period_start", "=", period.start)
      .where("subscription_id", "=", period.subscriptionId)
      .orderBy("id", "desc")
      .limit(1);
    const counted = await pushes
      .where("stripe_customer_id", "=", period.stripeCustomerId)
      .where("state", "!=", "rejected")
      .where("event_time", ">=", period.start)
      .where("event_time", "<", period.end)
      .orderBy("event_time", "desc")
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    const newest = await own.executeTakeFirst();
    const pending = await own.where("state", "=", "pending").executeTakeFirst();
    return { newest: toPush(newest), counted: toPush(counted), pending: toPush(pending) };
  }

  async addPush(period: MeterPeriod, meter: MeterName, push: NewPush): Promise<MeterPush> {
    const row = await this.db
      .insertInto("meter_pushes")
      .values({
        tenant_id: this.tenantId,
        stripe_customer_id: period.stripeCustomerId,
        subscription_id: period.subscriptionId,
        meter,
        period_start: period.start,
        period_end: period.end,
        value: push.value,
        event_time: push.eventTime,
        identifier: push.identifier,
      })
      .returning(pushColumns)
      .executeTakeFirstOrThrow();
    return toPush(row)!;
  }

  async countAttempt(push: MeterPush): Promise<MeterPush> {
    const row = await this.db
      .updateTable("meter_pushes")
      .set((eb) => ({ attempts: eb("attempts", "+", 1) }))
      .where("id", "=", push.id)
      .returning("attempts")
      .executeTakeFirstOrThrow();
    return { ...push, attempts: row.attempts };
  }

  async settlePush(
    push: MeterPush,
    state: "accepted" | "rejected" | "review",
    error: string | null,
    at: Date,
  ): Promise<void> {
    await this.db
      .updateTable("meter_pushes")
      .set({ state, error, settled_at: at })
      .where("id", "=", push.id)
      .where("state", "=", "pending")
      .execute();
  }

  async notePushError(push: MeterPush, error: string): Promise<void> {
    await this.db.updateTable("meter_pushes").set({ error }).where("id", "=", push.id).execute();
  }

  async carry(from: MeterPeriod, to: Date, quantities: Partial<MeterTotals>, reason: string): Promise<void> {
    const row = (meter: MeterName, periodStart: Date, quantity: number) => ({
      id: newId("adj"),
      tenant_id: this.tenantId,
      meter,
      period_start: periodStart,
      quantity,
      reason,
      created_by: "ledger",
    });
    const rows = meterNames.flatMap((meter) => {
      const quantity = quantities[meter] ?? 0;
      return quantity === 0 ? [] : [row(meter, from.start, -quantity), row(meter, to, quantity)];
    });
    // One statement, so both or neither.
    await this.db.insertInto("usage_adjustments").values(rows).execute();
  }

  async raiseIncident(kind: string, objectId: string, detail: Record<string, unknown>): Promise<void> {
    await this.db
      .insertInto("billing_incidents")
      .values({
        id: newId("inc"),
        tenant_id: this.tenantId,
        kind,
        object_id: objectId,
        detail: JSON.stringify(detail),
      })
      .onConflict((conflict) => conflict.columns(["kind", "object_id"]).doNothing())
      .execute();
  }
}

const pushColumns = ["id", "value", "event_time", "identifier", "state", "attempts", "settled_at"] as const;

function toPush(
  row:
    | (Pick<MeterPushesTable, "value" | "event_time" | "identifier" | "settled_at"> & {
        id: number;
        state: MeterPush["state"];
        attempts: number;
      })
    | undefined,
): MeterPush | null {
  if (row === undefined) return null;
  return {
    id: row.id,
    ordinal: Number(row.identifier.slice(row.identifier.lastIndexOf(":") + 1)),
    value: row.value,
    eventTime: row.event_time,
    identifier: row.identifier,
    state: row.state,
    attempts: row.attempts,
    settledAt: row.settled_at,
  };
}
