import { Stripe } from "stripe";
import { afterAll, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { until } from "../fixtures/until.ts";
import { startStripeStandIn } from "../standins/stripe/index.ts";
import { relayWorld } from "../tunnel/relay-world.ts";

const database = await createTestDb();
const { db } = database;
const standIn = await startStripeStandIn();
afterAll(() => standIn.stop());
const stripe = new Stripe("sk_test_standin", { host: "127.0.0.1", port: standIn.port, protocol: "http" });

// A subscription that began two hours ago, as the portal wrote it down. There is no portal in this test.
const { tenantId } = await createTenant(db, { plan: "pro" });
const meters = new Map<string, string>();
for (const name of ["requests", "megabytes", "tokens"]) {
  const meter = await stripe.billing.meters.create({
    display_name: name,
    event_name: `hotspot_${name}`,
    default_aggregation: { formula: "last" },
  });
  meters.set(name, meter.id);
}
const customer = await stripe.customers.create({});
const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
const start = new Date(hour.getTime() - 2 * 3_600_000);
const end = new Date(start.getTime() + 30 * 86_400_000);
await db
  .insertInto("subscriptions")
  .values({
    id: "sub_1",
    tenant_id: tenantId,
    stripe_customer_id: customer.id,
    status: "active",
    plan: "pro",
    current_period_start: start,
    current_period_end: end,
    created_at: start,
    payment_method: null,
    discount: null,
  })
  .execute();
const setUsage = (requests: number) =>
  db
    .insertInto("usage_hourly")
    .values({
      tenant_id: tenantId,
      hour: start,
      endpoint_id: "ep_1",
      access_key_id: "",
      model: "",
      requests,
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
    })
    .onConflict((conflict) =>
      conflict
        .columns(["tenant_id", "hour", "endpoint_id", "access_key_id", "model"])
        .doUpdateSet({ requests }),
    )
    .execute();

async function counted(): Promise<number> {
  const { data } = await stripe.billing.meters.listEventSummaries(meters.get("requests")!, {
    customer: customer.id,
    start_time: start.getTime() / 1_000,
    end_time: end.getTime() / 1_000,
  });
  return data[0]?.aggregated_value ?? 0;
}

/** A few rounds of the feed, each with its pauses between tries. */
const WAIT_MS = 25_000;

await setUsage(7);
const world = await relayWorld({
  database,
  env: { STRIPE_SECRET_KEY: "sk_test_standin", STRIPE_API_BASE: standIn.url, METER_PUSH_SECONDS: "5" },
});

test("the relay feeds usage to Stripe without a portal, through an outage, and once more when it stops", async () => {
  const pushes = () =>
    db.selectFrom("meter_pushes").select(["value", "state", "attempts"]).orderBy("id").execute();
  await until(async () => expect(await counted()).toBe(7), WAIT_MS);
  standIn.control.setFaults({ calls: [{ path: "/v1/billing/meter_events", kind: "reset_after" }] });
  await setUsage(11);
  await until(async () => expect(await pushes()).toMatchObject([{}, { state: "pending" }]), WAIT_MS);
  standIn.control.setFaults({});
  await until(
    async () => expect(await pushes()).toMatchObject([{}, { value: 11, state: "accepted" }]),
    WAIT_MS,
  );
  expect(await counted()).toBe(11);
  const metrics = await fetch(`http://127.0.0.1:${world.relay.adminPort}/metrics`).then((answer) =>
    answer.text(),
  );
  expect(metrics).toMatch(/^hotspot_meter_pushes_total [12]$/m);
  await setUsage(13);
  await world.relay.process.stop();
  expect(await counted()).toBe(13);
}, 120_000);
