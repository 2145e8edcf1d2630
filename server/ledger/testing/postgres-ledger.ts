import { sql } from "kysely";
import type { Db } from "../../../db/client.ts";
import { createTenant } from "../../../db/testing/index.ts";
import { newId } from "../../ids.ts";
import { eachMeter } from "../../pricing/index.ts";
import { createPostgresStore } from "../postgres-store.ts";
import type { LedgerStore } from "../store.ts";
import { getPeriodTotals } from "../totals.ts";
import type { TrialLedger } from "./trial-ledger.ts";

/** The ledger of a tenant of its own in Postgres, for trials. Delete the tenant afterwards: it would be due for ever. */
export async function createPostgresLedger(
  db: Db,
  clock: () => Date,
): Promise<TrialLedger & { remove(): Promise<void> }> {
  const { tenantId } = await createTenant(db);
  const bucketId = `bucket-of-${tenantId}`;
  await db
    .insertInto("hub_buckets")
    .values({ id: bucketId, tenant_id: tenantId, cf_account_id: "acc_1", name: bucketId, state: "ready" })
    .execute();
  const store: LedgerStore = createPostgresStore(db, clock);
  return {
    tenantId,
    store,

    async addUsage(hour, { requests, bytes, tokens }) {
      await db
        .insertInto("usage_hourly")
        .values({
          tenant_id: tenantId,
          hour,
          endpoint_id: "ep_1",
          access_key_id: "",
          model: "",
          requests,
          errors: 0,
          bytes_in: 0,
          bytes_out: bytes,
          connection_ms: 0,
          input_tokens: 0,
          cached_tokens: 0,
          cache_write_tokens: 0,
          output_tokens: tokens,
          reasoning_tokens: 0,
          estimated_tokens: 0,
          unmetered_requests: 0,
        })
        .onConflict((conflict) =>
          conflict.columns(["tenant_id", "hour", "endpoint_id", "access_key_id", "model"]).doUpdateSet({
            requests: sql`usage_hourly.requests + excluded.requests`,
            bytes_out: sql`usage_hourly.bytes_out + excluded.bytes_out`,
            output_tokens: sql`usage_hourly.output_tokens + excluded.output_tokens`,
          }),
        )
        .execute();
    },

    async addStorage(day, { peakBytes, writes, reads }) {
      await db
        .insertInto("hub_bucket_days")
        .values({
          bucket_id: bucketId,
          tenant_id: tenantId,
          day: day.toISOString().slice(0, 10),
          peak_bytes: peakBytes,
          objects: 1,
          class_a: writes,
          class_b: reads,
        })
        .onConflict((conflict) =>
          conflict.columns(["bucket_id", "day"]).doUpdateSet({
            peak_bytes: sql`greatest(hub_bucket_days.peak_bytes, excluded.peak_bytes)`,
            class_a: sql`hub_bucket_days.class_a + excluded.class_a`,
            class_b: sql`hub_bucket_days.class_b + excluded.class_b`,
          }),
        )
        .execute();
    },

    async putSubscription(view) {
      const row = {
        status: view.status,
        plan: view.plan,
        current_period_start: view.periodStart,
        current_period_end: view.periodEnd,
        trial_end: view.trialEnd,
        ended_at: view.endedAt,
        latest_invoice_id: view.latestInvoiceId,
      };
      await db
        .insertInto("subscriptions")
        .values({
          id: view.subscriptionId,
          tenant_id: tenantId,
          stripe_customer_id: view.stripeCustomerId,
          created_at: view.createdAt,
          payment_method: null,
          discount: null,
          ...row,
        })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
        .execute();
    },

    async addAdjustment(meter, periodStart, quantity) {
      await db
        .insertInto("usage_adjustments")
        .values({
          id: newId("adj"),
          tenant_id: tenantId,
          meter,
          period_start: periodStart,
          quantity,
          reason: "a trial",
          created_by: "operator",
        })
        .execute();
    },

    async dropLock() {
      await sql`
        select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`.execute(
        db,
      );
    },

    async getTotals(from, to) {
      const totals = await getPeriodTotals(db, { tenantId, from, to });
      return eachMeter((meter) => totals[meter]);
    },

    async read() {
      const found = await store.withTenant(tenantId, 1_000, (session) => session.listPeriods(new Date(0)));
      const pushes = await db
        .selectFrom("meter_pushes")
        .selectAll()
        .where("tenant_id", "=", tenantId)
        .orderBy("id")
        .execute();
      const adjustments = await db
        .selectFrom("usage_adjustments")
        .selectAll()
        .where("tenant_id", "=", tenantId)
        .execute();
      return {
        periods: found!.result,
        pushes: pushes.map((row) => ({
          id: row.id,
          ordinal: 0,
          value: row.value,
          eventTime: row.event_time,
          identifier: row.identifier,
          state: row.state,
          attempts: row.attempts,
          settledAt: row.settled_at,
          subscriptionId: row.subscription_id,
          meter: row.meter,
          periodStart: row.period_start,
        })),
        adjustments: adjustments.map((row) => ({
          meter: row.meter,
          periodStart: row.period_start,
          quantity: row.quantity,
          by: row.created_by === "ledger" ? ("ledger" as const) : ("operator" as const),
        })),
      };
    },

    async remove() {
      await db.deleteFrom("organization").where("id", "=", tenantId).execute();
    },
  };
}
