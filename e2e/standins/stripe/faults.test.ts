// A Stripe that misbehaves, and one that is killed: what was answered has happened, what was not may have.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stripe } from "stripe";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startStripeStandIn } from "./index.ts";
import { clientOf, customerWith, DAY, makeCatalog, START, startForTest } from "./testing.ts";

const { standIn, control, stripe } = await startForTest();
beforeEach(() => control.setFaults({}));
const count = async () => (await stripe.customers.list({ limit: 100 })).data.length;

describe("calls", () => {
  test.each([
    ["reset", 0, Stripe.errors.StripeConnectionError],
    ["reset_after", 1, Stripe.errors.StripeConnectionError],
    ["rate_limit", 0, Stripe.errors.StripeRateLimitError],
    ["error_500", 0, Stripe.errors.StripeAPIError],
    ["error_500_after", 1, Stripe.errors.StripeAPIError],
  ] as const)("%s: the caller sees a failure, and %i customers were made", async (kind, made, type) => {
    const before = await count();
    // The SDK tries a closed connection once more by itself, so it is broken twice.
    control.setFaults({
      calls: [{ kind, path: "/v1/customers", method: "POST", times: kind.startsWith("reset") ? 2 : 1 }],
    });
    await expect(stripe.customers.create({}, { idempotencyKey: `fault-${kind}` })).rejects.toBeInstanceOf(
      type,
    );
    control.setFaults({});
    expect((await count()) - before).toBe(made);
  });

  test.each(["timeout", "timeout_after"] as const)("%s: nothing is answered", async (kind) => {
    const before = await count();
    const impatient = new Stripe("sk_test_x", {
      host: "127.0.0.1",
      port: standIn.port,
      protocol: "http",
      timeout: 80,
      maxNetworkRetries: 0,
    });
    control.setFaults({ calls: [{ kind, path: "/v1/customers", method: "POST" }] });
    await expect(impatient.customers.create({})).rejects.toBeInstanceOf(Stripe.errors.StripeConnectionError);
    control.setFaults({});
    expect((await count()) - before > 0).toBe(kind === "timeout_after");
  });

  test("with an idempotency key and retries the lost answer is found, and nothing is made twice", async () => {
    const before = await count();
    control.setFaults({ calls: [{ kind: "reset_after", path: "/v1/customers", method: "POST", times: 2 }] });
    const { id } = await clientOf(standIn.port, 2).customers.create(
      { name: "Once" },
      { idempotencyKey: "once" },
    );
    expect(id).toMatch(/^cus_/);
    expect((await count()) - before).toBe(1);
  });

  test("the same seed draws the same faults", async () => {
    const outcomes = async () => {
      const { stripe } = await startForTest({
        seed: 42,
        faults: { calls: [{ kind: "rate_limit", probability: 0.5 }] },
      });
      const results: boolean[] = [];
      for (let at = 0; at < 12; at++) {
        results.push(
          await stripe.products.create({ name: "P" }).then(
            () => true,
            () => false,
          ),
        );
      }
      return results;
    };
    const first = await outcomes();
    expect(await outcomes()).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });
});

test("the control functions are there by HTTP, for JSON only", async () => {
  const call = (name: string, args: unknown[], type = "application/json") =>
    fetch(`${standIn.url}/_control/${name}`, {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify(args),
    });
  expect(await (await call("now", [])).json()).toBe(control.now());
  expect((await call("setFaults", [{ calls: [{ kind: "rate_limit", times: 1 }] }])).status).toBe(200);
  await expect(stripe.products.list()).rejects.toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  expect((await call("setFaults", [{ nonsense: 1 }])).status).toBe(400);
  expect((await call("setFaults", [{}], "text/plain")).status).toBe(405);
  expect((await call("constructor", [])).status).toBe(404);
});

describe("the state file", () => {
  const dir = mkdtempSync(join(tmpdir(), "stripe-standin-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test("holds whatever was answered, for its owner only, and a next start goes on from there", async () => {
    const stateFile = join(dir, "stripe.json");
    const first = await startStripeStandIn({ stateFile, clock: START });
    const client = clientOf(first.port);
    const catalog = await makeCatalog(client);
    const customer = await customerWith(client);
    const made = await client.subscriptions.create(
      { customer, items: [{ price: catalog.seat.id }, { price: catalog.metered.id }] },
      { idempotencyKey: "buy" },
    );
    await catalog.send(customer, 501_000, START + 10);
    // Read before it is stopped: a kill would leave exactly this.
    expect(JSON.parse(readFileSync(stateFile, "utf8")).state.subscriptions).toHaveLength(1);
    expect(statSync(stateFile).mode & 0o077).toBe(0);
    await first.stop();
    const { stripe, control } = await startForTest({ stateFile });
    expect((await stripe.subscriptions.retrieve(made.id)).status).toBe("active");
    const again = await stripe.subscriptions.create(
      { customer, items: [{ price: catalog.seat.id }, { price: catalog.metered.id }] },
      { idempotencyKey: "buy" },
    );
    expect(again.id).toBe(made.id);
    await control.advance(START + 31 * DAY);
    const { latest_invoice } = await stripe.subscriptions.retrieve(made.id, { expand: ["latest_invoice"] });
    expect((latest_invoice as Stripe.Invoice).total).toBe(1900 + 1000);
  });
});
