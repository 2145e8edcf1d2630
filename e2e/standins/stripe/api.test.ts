// How the stand-in speaks: facts on Stripe's wire, each seen through the real SDK.
import { Stripe } from "stripe";
import { describe, expect, test } from "vitest";
import { clientOf, DAY, START, startForTest } from "./testing.ts";

const { standIn, control, stripe } = await startForTest();

async function refusal(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error = await work.then(
    () => new Error("was not refused"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Stripe.errors.StripeError);
  return error as Stripe.errors.StripeError;
}

describe("errors", () => {
  test("an unknown id is 404 in the path and 400 in a parameter", async () => {
    const path = await refusal(stripe.customers.retrieve("cus_none"));
    expect(path).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
      type: "StripeInvalidRequestError",
    });
    expect(path.requestId).toMatch(/^req_/);
    const parameter = await refusal(
      stripe.prices.create({ currency: "usd", product: "prod_none", unit_amount: 1 }),
    );
    expect(parameter).toMatchObject({ statusCode: 400, code: "resource_missing", param: "product" });
  });

  test("an unknown, a missing and an empty parameter are named", async () => {
    const unknown = await refusal(stripe.customers.create({ nmae: "Acme" } as Stripe.CustomerCreateParams));
    expect(unknown).toMatchObject({ statusCode: 400, code: "parameter_unknown", param: "nmae" });
    const missing = await refusal(stripe.products.create({} as Stripe.ProductCreateParams));
    expect(missing).toMatchObject({ statusCode: 400, code: "parameter_missing", param: "name" });
    const deep = await refusal(
      stripe.prices.create({ currency: "usd", recurring: { interval: "fortnight" } } as never),
    );
    expect(deep).toMatchObject({ statusCode: 400, param: "recurring[interval]" });
    const empty = await refusal(stripe.products.create({ name: "" }));
    expect(empty).toMatchObject({ code: "parameter_invalid_empty", param: "name" });
  });

  test("no key and a wrong key are 401", async () => {
    expect((await fetch(`${standIn.url}/v1/customers`)).status).toBe(401);
    const wrong = new Stripe("sk_live_x", { host: "127.0.0.1", port: standIn.port, protocol: "http" });
    expect(await refusal(wrong.customers.list())).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  });
});

describe("idempotency keys (section 13)", () => {
  test("the same call gives the same answer for 24 h of clock, another call is refused", async () => {
    const { stripe, control } = await startForTest();
    const first = await stripe.customers.create({ name: "A" }, { idempotencyKey: "one" });
    const again = await stripe.customers.create({ name: "A" }, { idempotencyKey: "one" });
    expect(again).toEqual(first);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    const other = await refusal(stripe.customers.create({ name: "B" }, { idempotencyKey: "one" }));
    expect(other).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    await control.advance(START + DAY);
    expect((await stripe.customers.create({ name: "A" }, { idempotencyKey: "one" })).id).not.toBe(first.id);
  });

  test("a 500 is kept as well, a refused parameter is not", async () => {
    control.setFaults({ calls: [{ kind: "error_500_after", path: "/v1/customers", times: 1 }] });
    const options = { idempotencyKey: "broken" };
    expect(await refusal(stripe.customers.create({ name: "Broken" }, options))).toMatchObject({
      statusCode: 500,
    });
    expect(await refusal(stripe.customers.create({ name: "Broken" }, options))).toMatchObject({
      statusCode: 500,
    });
    expect((await stripe.customers.search({ query: 'name:"Broken"' })).data).toHaveLength(1);
    const mended = { idempotencyKey: "mended" };
    await refusal(stripe.products.create({} as never, mended));
    expect((await stripe.products.create({ name: "Mended" }, mended)).name).toBe("Mended");
  });

  test("two calls at once with one key: the second is a conflict, which the SDK tries again", async () => {
    await stripe.billing.meters.create({
      display_name: "Slow",
      event_name: "slow",
      default_aggregation: { formula: "sum" },
    });
    const customer = await stripe.customers.create({});
    control.setSettings({ meterEventMs: 50 });
    const send = (client: Stripe) =>
      client.billing.meterEvents.create(
        {
          event_name: "slow",
          identifier: "slow-1",
          payload: { stripe_customer_id: customer.id, value: "1" },
        },
        { idempotencyKey: "slow-1" },
      );
    const [first, second] = await Promise.all([send(stripe), refusal(send(stripe))]);
    expect(first.identifier).toBe("slow-1");
    expect(second).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    expect((await send(clientOf(standIn.port, 2))).identifier).toBe("slow-1");
    control.setSettings({ meterEventMs: 1 });
  });
});

describe("lists", () => {
  test("come newest first, in pages that the SDK walks", async () => {
    const { stripe } = await startForTest();
    const made: string[] = [];
    for (let at = 0; at < 5; at++) made.push((await stripe.products.create({ name: `P${at}` })).id);
    const page = await stripe.products.list({ limit: 2 });
    expect(page).toMatchObject({ object: "list", has_more: true, url: "/v1/products" });
    expect(page.data.map(({ id }) => id)).toEqual([made[4], made[3]]);
    const back = await stripe.products.list({ ending_before: made[2]!, limit: 1 });
    expect(back.data.map(({ id }) => id)).toEqual([made[3]]);
    const all: string[] = [];
    for await (const { id } of stripe.products.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(made.toReversed());
    expect(await refusal(stripe.products.list({ starting_after: "prod_none" }))).toMatchObject({
      statusCode: 400,
    });
    expect(await refusal(stripe.products.list({ limit: 101 }))).toMatchObject({ param: "limit" });
  });

  test("a search finds customers by their metadata", async () => {
    const { id } = await stripe.customers.create({ metadata: { tenant_id: "ten_1" } });
    await stripe.customers.create({ metadata: { tenant_id: "ten_12" } });
    const { data } = await stripe.customers.search({ query: 'metadata["tenant_id"]:"ten_1"' });
    expect(data.map((customer) => customer.id)).toEqual([id]);
  });
});

test("expand puts objects where ids are, in lists too, and refuses what it cannot", async () => {
  const product = await stripe.products.create({ name: "Seat" });
  const { id } = await stripe.prices.create({ currency: "usd", product: product.id, unit_amount: 100 });
  const price = await stripe.prices.retrieve(id, { expand: ["product"] });
  expect((price.product as Stripe.Product).name).toBe("Seat");
  const listed = await stripe.prices.list({ product: product.id, expand: ["data.product"] });
  expect((listed.data[0]!.product as Stripe.Product).name).toBe("Seat");
  expect(await refusal(stripe.prices.retrieve(id, { expand: ["nonsense"] }))).toMatchObject({
    param: "expand",
  });
});

describe("customers", () => {
  test("metadata is added to key by key; an empty value takes a key away", async () => {
    const { id } = await stripe.customers.create({ metadata: { a: "1", b: "2" } });
    const { metadata } = await stripe.customers.update(id, { metadata: { b: "", c: "3" } });
    expect(metadata).toEqual({ a: "1", c: "3" });
    expect((await stripe.customers.update(id, { metadata: "" })).metadata).toEqual({});
  });

  test("a deleted one is told as such and cannot be used", async () => {
    const { id } = await stripe.customers.create({});
    await stripe.customers.del(id);
    expect(await stripe.customers.retrieve(id)).toMatchObject({ deleted: true });
    expect(await refusal(stripe.customers.update(id, { name: "x" }))).toMatchObject({
      code: "resource_missing",
    });
  });

  test("tax ids are checked, listed and taken away", async () => {
    const { id } = await stripe.customers.create({});
    expect(await refusal(stripe.customers.createTaxId(id, { type: "eu_vat", value: "12" }))).toMatchObject({
      code: "tax_id_invalid",
    });
    const taxId = await stripe.customers.createTaxId(id, { type: "eu_vat", value: "DE123456789" });
    expect((await stripe.customers.listTaxIds(id)).data).toEqual([taxId]);
    await stripe.customers.deleteTaxId(id, taxId.id);
    expect((await stripe.customers.listTaxIds(id)).data).toEqual([]);
  });
});
