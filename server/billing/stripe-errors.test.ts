import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DomainError } from "../errors.ts";
import { createStripeClient } from "./stripe.ts";
import { isDefinite, isMissing, toDomainError } from "./stripe-errors.ts";

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
afterAll(() => server.close());
const stripe = createStripeClient("sk_test_not_a_real_key");

/** What the SDK throws when Stripe answers so. */
async function errorOf(status: number, error: object | null): Promise<unknown> {
  server.resetHandlers(
    http.post("https://api.stripe.com/v1/subscriptions/sub_1", () =>
      error === null
        ? HttpResponse.error()
        : // The SDK would try again by itself.
          HttpResponse.json({ error }, { status, headers: { "stripe-should-retry": "false" } }),
    ),
  );
  return stripe.subscriptions.update("sub_1", {}, { maxNetworkRetries: 0 }).then(
    () => {
      throw new Error("was not refused");
    },
    (thrown: unknown) => thrown,
  );
}

const declined = {
  type: "card_error",
  code: "card_declined",
  decline_code: "insufficient_funds",
  message: "No.",
};

test.each([
  [
    "a declined card",
    402,
    declined,
    { kind: "precondition", code: "payment_declined", details: { declineCode: "insufficient_funds" } },
    true,
  ],
  [
    "too many requests",
    429,
    { type: "invalid_request_error", code: "rate_limit", message: "Slow down." },
    { kind: "limit", code: "stripe_busy", details: { retryAfterSeconds: 5 } },
    false,
  ],
  [
    "an error of Stripe's own",
    500,
    { type: "api_error", message: "Oops." },
    { kind: "unavailable", code: "stripe_unavailable" },
    // Its idempotency key answers the same for a day.
    true,
  ],
  ["no answer", 0, null, { kind: "unavailable", code: "stripe_unavailable" }, false],
] as const)("%s (%i) is an answer to the customer", async (_title, status, error, expected, definite) => {
  const thrown = await errorOf(status, error);
  const answer = toDomainError(thrown);
  expect(answer).toBeInstanceOf(DomainError);
  expect(answer).toMatchObject({ ...expected, cause: thrown });
  expect(isDefinite(thrown)).toBe(definite);
});

test.each([
  ["a key used with other parameters", 400, { type: "idempotency_error", message: "Keys for …" }],
  ["a wrong secret key", 401, { type: "invalid_request_error", message: "Invalid API Key" }],
  ["a parameter that Stripe refuses", 400, { type: "invalid_request_error", param: "items", message: "No." }],
])("%s is our fault and stays a surprise", async (_title, status, error) => {
  const thrown = await errorOf(status, error);
  expect(toDomainError(thrown)).toBe(thrown);
  expect(isDefinite(thrown)).toBe(true);
  expect(isMissing(thrown)).toBe(false);
});

test("an id that Stripe does not know is told apart; a secret key never stands in the message", async () => {
  const thrown = await errorOf(404, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: "No such",
  });
  expect(isMissing(thrown)).toBe(true);
  expect(String(thrown)).not.toContain("sk_test");
});
