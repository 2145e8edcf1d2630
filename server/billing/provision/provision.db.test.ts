import { describe, expect, test } from "vitest";
import { createTestDb } from "../../../db/testing/index.ts";
import { startStripeStandIn } from "../../../e2e/standins/stripe/index.ts";
import { plans } from "../../plans.ts";
import { meterNames } from "../../pricing/index.ts";
import type { BillingOn } from "../billing.ts";
import { createCatalog, itemOfPrice, lookupKeyOf, meterEventName, planItems } from "../catalog.ts";
import { paidPlans } from "../schemas.ts";
import { createStripeClient } from "../stripe.ts";
import { keepCatalogReady } from "./keep-ready.ts";
import { findPrices } from "./prices.ts";
import { provisionCatalog } from "./provision.ts";
import { centsOfOne } from "./terms.ts";

const { db } = await createTestDb();
const portalUrl = "https://portal.example.test";

async function emptyAccount() {
  const standIn = await startStripeStandIn({ seed: 1 });
  const stripe = createStripeClient("sk_test_standin", standIn.url);
  return {
    standIn,
    stripe,
    provision: () => provisionCatalog({ db, stripe, portalUrl }),
    [Symbol.asyncDispose]: () => standIn.stop(),
  };
}
const all = <T>(list: AsyncIterable<T>) => Array.fromAsync(list);

test("an empty account gets everything that the table of plans says, and a second run finds it", async () => {
  await using account = await emptyAccount();
  const { stripe, provision } = account;
  const made = await provision();
  expect(made).toHaveLength(8 + 6 + 14 + 1);
  expect(new Set(made.map(({ did }) => did))).toEqual(new Set(["made"]));

  const meters = await all(stripe.billing.meters.list({}));
  expect(meters.map(({ event_name }) => event_name).sort()).toEqual(meterNames.map(meterEventName).sort());
  for (const meter of meters) expect(meter.default_aggregation.formula).toBe("last");

  for (const plan of paidPlans) {
    const prices = await stripe.prices.list({
      lookup_keys: planItems.map((item) => lookupKeyOf(plan, item)),
      expand: ["data.tiers"],
    });
    expect(prices.data).toHaveLength(7);
    for (const price of prices.data) {
      const { item } = itemOfPrice(price.metadata)!;
      expect(price.currency).toBe("usd");
      expect(price.recurring).toMatchObject({ interval: "month" });
      if (item === "seat") {
        expect(price.unit_amount).toBe(plans[plan].seatCents);
        continue;
      }
      const { included, perMillionCents } = plans[plan].metered[item];
      const [first, rest] = price.tiers!;
      expect(first).toMatchObject({ up_to: included, unit_amount: 0 });
      expect(rest!.up_to).toBeNull();
      expect(Number(rest!.unit_amount_decimal!.toString()) * 1e6).toBeCloseTo(perMillionCents!, 6);
    }
  }
  const kept = await provision();
  expect(new Set(kept.map(({ did }) => did))).toEqual(new Set(["kept"]));
  expect(kept.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
});

test("several at once make one of each", async () => {
  await using account = await emptyAccount();
  const runs = await Promise.all(Array.from({ length: 3 }, account.provision));
  expect(runs.flat().filter(({ did }) => did === "made")).toHaveLength(29);
  expect(await all(account.stripe.products.list({}))).toHaveLength(8);
  expect(await all(account.stripe.prices.list({}))).toHaveLength(14);
});

test("what somebody switched off in the dashboard is switched on again", async () => {
  await using account = await emptyAccount();
  const { stripe, provision } = account;
  await provision();
  const [meter] = await all(stripe.billing.meters.list({}));
  await stripe.billing.meters.deactivate(meter!.id);
  const price = (await findPrices(stripe, "pro")).get("hotspot_pro_tokens")!;
  await stripe.prices.update(price.id, { active: false });
  const product = (await all(stripe.products.list({}))).find(({ name }) => name === "Hotspot Team")!;
  await stripe.products.update(product.id, { active: false });
  const changed = (await provision()).filter(({ did }) => did !== "kept");
  expect(changed.map(({ did, id }) => ({ did, id }))).toEqual([
    { did: "switched on", id: product.id },
    { did: "switched on", id: meter!.id },
    { did: "switched on", id: price.id },
  ]);
});

test("a price that says something else is followed by a new one under its key; the old one stays for who has it", async () => {
  await using account = await emptyAccount();
  const { stripe, provision } = account;
  await provision();
  const key = lookupKeyOf("team", "seat");
  const before = (await findPrices(stripe, "team")).get(key)!;
  // As an older table of plans had written it.
  await stripe.prices.update(before.id, { metadata: { hotspot_terms: "usd 2500 a seat and month" } });
  const changed = (await provision()).filter(({ did }) => did !== "kept");
  expect(changed).toMatchObject([{ did: "changed", what: `price ${key}` }]);
  const after = (await findPrices(stripe, "team")).get(key)!;
  expect(after.id).toBe(changed[0]!.id);
  const old = await stripe.prices.retrieve(before.id);
  expect(old).toMatchObject({ active: true, lookup_key: null });
  expect(itemOfPrice(old.metadata)).toEqual({ plan: "team", item: "seat" });
});

test("a meter that sums instead of taking the last is refused with a sentence", async () => {
  await using account = await emptyAccount();
  await account.stripe.billing.meters.create({
    display_name: "by hand",
    event_name: meterEventName("tokens"),
    default_aggregation: { formula: "sum" },
  });
  await expect(account.provision()).rejects.toThrow(/meter hotspot_tokens .* aggregates with "sum"/);
});

describe("at the start of the portal", () => {
  const billingOf = (stripe: BillingOn["stripe"]): BillingOn => ({
    mode: "stand_in",
    stripe,
    catalog: createCatalog(stripe),
    graceDays: 7,
    pushUsage: async () => "counted",
    now: () => new Date(),
  });
  const log = { info: () => undefined, warn: () => undefined };

  test("what is missing is made, and the page says ready", async () => {
    await using account = await emptyAccount();
    const billing = billingOf(account.stripe);
    expect(billing.catalog.state).toBe("preparing");
    await expect(billing.catalog.pricesOf("pro")).rejects.toMatchObject({ code: "catalog_missing" });
    await keepCatalogReady({ db, billing, portalUrl, log }, new AbortController().signal);
    expect(billing.catalog.state).toBe("ready");
    expect(Object.keys(await billing.catalog.pricesOf("pro"))).toEqual([...planItems]);
  });

  test("a price of another table of plans is left alone: two portals may run side by side", async () => {
    await using account = await emptyAccount();
    const { stripe } = account;
    await account.provision();
    const seat = (await findPrices(stripe, "pro")).get("hotspot_pro_seat")!;
    await stripe.prices.update(seat.id, { metadata: { hotspot_terms: "usd 1 a seat and month" } });
    await keepCatalogReady({ db, billing: billingOf(stripe), portalUrl, log }, new AbortController().signal);
    expect((await findPrices(stripe, "pro")).get("hotspot_pro_seat")!.id).toBe(seat.id);
  });

  test("while Stripe fails the page says so; it stops when the portal stops", async () => {
    await using account = await emptyAccount();
    const billing = billingOf(account.stripe);
    await account.standIn.stop();
    const stop = new AbortController();
    const warn = () => stop.abort();
    await keepCatalogReady({ db, billing, portalUrl, log: { ...log, warn } }, stop.signal);
    expect(billing.catalog.state).toBe("failed");
  });
});

test.each([
  [40, "0.00004"],
  [1, "0.000001"],
  [5_000, "0.005"],
  [1_000_000, "1"],
  [1_500_000, "1.5"],
  [0, "0"],
])("%i cents a million are %s for one", (perMillion, one) => {
  expect(centsOfOne(perMillion)).toBe(one);
});
