// Webhooks as facts sections 6 and 11 have them, received by a real listener and read by the real SDK.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Stripe } from "stripe";
import { afterAll, expect, test } from "vitest";
import { startForTest } from "./testing.ts";

const SECRET = "whsec_for_the_test";
const THIN = "whsec_thin_for_the_test";

interface Received {
  path: string;
  body: string;
  signature: string;
}

/** A listener that keeps what it gets; `answers` are the first statuses, 200 after them. */
async function receiver(answers: number[] = []) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({
        path: request.url!,
        body: Buffer.concat(chunks).toString("utf8"),
        signature: String(request.headers["stripe-signature"]),
      });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => void server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    received,
    url: `${origin}/api/stripe/webhook`,
    types: () => received.map(({ body }) => JSON.parse(body).type as string),
  };
}

const listenTo = async (target: { url: string }, options: object = {}) =>
  startForTest({ webhooks: [{ url: target.url, secret: SECRET, thinSecret: THIN }], ...options });

test("an event is signed so that the SDK takes it, and only with its own secret and whole", async () => {
  const target = await receiver();
  const { control, stripe } = await listenTo(target);
  const { id } = await stripe.customers.create({ name: "Zoë" });
  await control.settled();
  const [{ body, signature }] = target.received as [Received];
  const event = await stripe.webhooks.constructEventAsync(body, signature, SECRET);
  expect(event).toMatchObject({
    object: "event",
    type: "customer.created",
    api_version: "2026-10-28.endive",
    livemode: false,
  });
  expect((event.data.object as Stripe.Customer).id).toBe(id);
  await expect(stripe.webhooks.constructEventAsync(body, signature, "whsec_other")).rejects.toThrow(
    /No signatures found/,
  );
  await expect(stripe.webhooks.constructEventAsync(`${body} `, signature, SECRET)).rejects.toThrow();
});

test("is tried again until it is taken, and is told to be undelivered meanwhile", async () => {
  const target = await receiver([500, 302]);
  const { control, stripe } = await listenTo(target, { settings: { webhookRetryMs: [5, 5, 5] } });
  await stripe.customers.create({});
  await control.settled();
  expect(target.received).toHaveLength(3);
  expect(new Set(target.received.map(({ body }) => JSON.parse(body).id)).size).toBe(1);
  expect((await stripe.events.list({ delivery_success: false })).data).toEqual([]);
});

test("is given up after the last try; the list of events still has it for whoever asks", async () => {
  const target = await receiver([500, 500, 500]);
  const { control, stripe } = await listenTo(target, { settings: { webhookRetryMs: [1, 1] } });
  await stripe.customers.create({});
  await control.settled();
  const { data } = await stripe.events.list({ delivery_success: false, type: "customer.created" });
  expect(data).toHaveLength(1);
  expect(data[0]!.pending_webhooks).toBe(1);
  control.resend(data[0]!.id);
  await control.settled();
  expect(target.received).toHaveLength(4);
});

test("lost ones never come, duplicates come twice, twins twice under two ids (faults)", async () => {
  const target = await receiver();
  const { control, stripe } = await listenTo(target, { faults: { webhooks: { lose: 1 } } });
  await stripe.customers.create({});
  await control.settled();
  expect(target.received).toEqual([]);
  expect((await stripe.events.list({ delivery_success: false })).data).toHaveLength(1);
  control.setFaults({ webhooks: { duplicate: 1, delayMs: 5 } });
  await stripe.customers.create({});
  await control.settled();
  expect(new Set(target.received.map(({ body }) => JSON.parse(body).id)).size).toBe(1);
  expect(target.received).toHaveLength(2);
  control.setFaults({ webhooks: { twin: 1 } });
  await stripe.customers.create({});
  await control.settled();
  expect(new Set(target.received.slice(2).map(({ body }) => JSON.parse(body).id)).size).toBe(2);
});

test("later events overtake earlier ones (a fault)", async () => {
  const target = await receiver();
  const { control, stripe } = await listenTo(target, { faults: { webhooks: { reorder: 0.5, delayMs: 60 } } });
  const names = Array.from({ length: 12 }, (_, at) => `N${at}`);
  for (const name of names) await stripe.customers.create({ name });
  await control.settled();
  const order = target.received.map(({ body }) => JSON.parse(body).data.object.name as string);
  expect(order.toSorted()).toEqual(names.toSorted());
  expect(order).not.toEqual(names);
});

test("an endpoint of an older version gets periods where they were then", async () => {
  const target = await receiver();
  const { control, stripe } = await startForTest({
    webhooks: [{ url: target.url, secret: SECRET, apiVersion: "2024-06-20" }],
  });
  const product = await stripe.products.create({ name: "Seat" });
  const price = await stripe.prices.create({
    currency: "usd",
    product: product.id,
    unit_amount: 0,
    recurring: { interval: "month" },
  });
  const { id } = await stripe.customers.create({});
  await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
  await control.settled();
  const created = target.received
    .map(({ body }) => JSON.parse(body))
    .find(({ type }) => type === "customer.subscription.created");
  expect(created.api_version).toBe("2024-06-20");
  expect(created.data.object.current_period_end).toBeTypeOf("number");
  expect(created.data.object.items.data[0]).not.toHaveProperty("current_period_end");
});

test("a meter event for nobody is accepted, and reported by a thin event with a secret of its own", async () => {
  const target = await receiver();
  const { control, stripe } = await listenTo(target);
  const meter = await stripe.billing.meters.create({
    display_name: "T",
    event_name: "t",
    default_aggregation: { formula: "sum" },
  });
  await stripe.billing.meterEvents.create({
    event_name: "t",
    identifier: "u:9",
    payload: { stripe_customer_id: "cus_none", value: "1" },
  });
  await control.settled();
  const thin = target.received.find(({ path }) => path === "/api/stripe/thin-webhook")!;
  await expect(stripe.webhooks.constructEventAsync(thin.body, thin.signature, THIN)).rejects.toThrow(
    /thin event/,
  );
  const notification = await stripe.parseEventNotificationAsync(thin.body, thin.signature, THIN);
  expect(notification.type).toBe("v1.billing.meter.error_report_triggered");
  expect(JSON.parse(thin.body)).not.toHaveProperty("data");
  const event = (await notification.fetchEvent()) as Stripe.Events.V1BillingMeterErrorReportTriggeredEvent;
  expect(event.related_object?.id).toBe(meter.id);
  expect(event.data.reason.error_types).toMatchObject([
    {
      code: "meter_event_customer_not_found",
      error_count: 1,
      sample_errors: [{ request: { identifier: "u:9" } }],
    },
  ]);
  expect((await stripe.events.list({})).data.map(({ type }) => type)).not.toContain(notification.type);
});
