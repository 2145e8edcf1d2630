import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { placeOrder } from "./place-order.ts";
import { createStripeClient } from "./stripe.ts";

const { db } = await createTestDb();
const stripe = createStripeClient("sk_test_not_a_real_key");
const keys: string[] = [];
let answer: () => Response;
const server = setupServer(
  http.post("https://api.stripe.com/v1/customers", ({ request }) => {
    keys.push(request.headers.get("idempotency-key") ?? "");
    return answer();
  }),
);
beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
beforeEach(() => {
  keys.length = 0;
  answer = () => HttpResponse.json({ id: "cus_1", object: "customer" });
});
afterAll(() => server.close());

const tenant = await createTenant(db);
const order = (what: unknown, tenantId = tenant.tenantId) =>
  placeOrder(db, { tenantId, action: "test", what }, (idempotencyKey) =>
    stripe.customers.create({}, { idempotencyKey, maxNetworkRetries: 0 }),
  );
const refusal = (status: number, error: object) => () =>
  HttpResponse.json({ error }, { status, headers: { "stripe-should-retry": "false" } });

test("an order whose answer never came is asked again with the same key, also by another process", async () => {
  answer = () => HttpResponse.error();
  await expect(order("a plan")).rejects.toThrow();
  answer = () => HttpResponse.json({ id: "cus_1", object: "customer" });
  await order("a plan");
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^hotspot-test-ord_/);
});

test("once it is answered, the same again is another order", async () => {
  await order("a plan");
  await order("a plan");
  expect(new Set(keys).size).toBe(2);
});

test("something else, and the same for another tenant, is another order", async () => {
  answer = () => HttpResponse.error();
  for (const what of ["one", "two"]) await expect(order(what)).rejects.toThrow();
  await expect(order("one", (await createTenant(db)).tenantId)).rejects.toThrow();
  expect(new Set(keys).size).toBe(3);
});

test("a refusal is an answer: the next try has its own key, because Stripe repeats what it said under the old one", async () => {
  answer = refusal(402, { type: "card_error", code: "card_declined", message: "No." });
  await expect(order("refused")).rejects.toThrow();
  answer = refusal(500, { type: "api_error", message: "Oops." });
  await expect(order("refused")).rejects.toThrow();
  await expect(order("refused")).rejects.toThrow();
  expect(new Set(keys).size).toBe(3);
});

test("too many requests is none: Stripe did not look at it", async () => {
  answer = refusal(429, { type: "invalid_request_error", code: "rate_limit", message: "Slow down." });
  await expect(order("busy")).rejects.toThrow();
  await expect(order("busy")).rejects.toThrow();
  expect(new Set(keys).size).toBe(1);
});

test("an order that Stripe has forgotten gets another key", async () => {
  answer = () => HttpResponse.error();
  await expect(order("old")).rejects.toThrow();
  await db
    .updateTable("billing_orders")
    .set({ created_at: new Date(Date.now() - 24 * 3_600_000) })
    .where("settled_at", "is", null)
    .execute();
  await expect(order("old")).rejects.toThrow();
  expect(new Set(keys).size).toBe(2);
});
