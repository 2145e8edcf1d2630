import { Stripe } from "stripe";
import { beforeEach, describe, expect, test } from "vitest";
import { DAY, START, startForTest } from "./testing.ts";

const { control, stripe } = await startForTest();
beforeEach(() => {
  control.setFaults({});
});

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error("was not refused");
    },
    (error: Stripe.errors.StripeError) => error,
  );

let count = 0;
const newMeter = (formula: "sum" | "count" | "last", extra: object = {}) =>
  stripe.billing.meters.create({
    display_name: "Test",
    event_name: `event_${++count}`,
    default_aggregation: { formula },
    ...extra,
  });
const product = await stripe.products.create({ name: "Metered" });

describe("prices (section 7)", () => {
  test("a metered price needs a meter that is active; amounts below a cent are decimals", async () => {
    const recurring = { interval: "month", usage_type: "metered" } as const;
    const base = { currency: "usd", product: product.id, unit_amount_decimal: Stripe.Decimal.from("0.0004") };
    expect(await refusal(stripe.prices.create({ ...base, recurring }))).toMatchObject({
      param: "recurring[meter]",
    });
    const meter = await newMeter("sum");
    const price = await stripe.prices.create({ ...base, recurring: { ...recurring, meter: meter.id } });
    expect([price.unit_amount, price.unit_amount_decimal?.toString()]).toEqual([null, "0.0004"]);
    await stripe.billing.meters.deactivate(meter.id);
    const late = stripe.prices.create({ ...base, recurring: { ...recurring, meter: meter.id } });
    expect(await refusal(late)).toMatchObject({ param: "recurring[meter]" });
  });

  test("tiers are shown when asked for, and must rise to infinity", async () => {
    const meter = await newMeter("last");
    const tiered = (tiers: Stripe.PriceCreateParams.Tier[]) =>
      stripe.prices.create({
        currency: "usd",
        product: product.id,
        billing_scheme: "tiered",
        tiers_mode: "graduated",
        tiers,
        recurring: { interval: "month", usage_type: "metered", meter: meter.id },
      });
    const rest = { up_to: "inf", unit_amount_decimal: Stripe.Decimal.from("0.00004") } as const;
    const price = await tiered([{ up_to: 1000, unit_amount: 0 }, rest]);
    expect(price.tiers).toBeUndefined();
    const { tiers } = await stripe.prices.retrieve(price.id, { expand: ["tiers"] });
    expect(tiers?.map(({ up_to, unit_amount_decimal }) => [up_to, String(unit_amount_decimal)])).toEqual([
      [1000, "0"],
      [null, "0.00004"],
    ]);
    expect(await refusal(tiered([{ up_to: 1000, unit_amount: 0 }]))).toMatchObject({ param: "tiers" });
  });

  test("an amount never changes; a lookup key moves when it is told to", async () => {
    const create = (extra: object) =>
      stripe.prices.create({
        currency: "usd",
        product: product.id,
        unit_amount: 100,
        lookup_key: "seat",
        ...extra,
      });
    const first = await create({});
    expect(await refusal(stripe.prices.update(first.id, { unit_amount: 200 } as never))).toMatchObject({
      code: "parameter_unknown",
    });
    expect(await refusal(create({}))).toMatchObject({ param: "lookup_key" });
    const second = await create({ unit_amount: 200, transfer_lookup_key: true });
    const { data } = await stripe.prices.list({ lookup_keys: ["seat"] });
    expect(data.map(({ id }) => id)).toEqual([second.id]);
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
  });
});

describe("meters (section 2)", () => {
  test("an event name is taken once, and only the title changes", async () => {
    const meter = await newMeter("sum");
    const twin = stripe.billing.meters.create({
      display_name: "Twin",
      event_name: meter.event_name,
      default_aggregation: { formula: "sum" },
    });
    expect(await refusal(twin)).toMatchObject({ statusCode: 400, param: "event_name" });
    expect((await stripe.billing.meters.update(meter.id, { display_name: "Other" })).display_name).toBe(
      "Other",
    );
    const formula = stripe.billing.meters.update(meter.id, {
      default_aggregation: { formula: "last" },
    } as never);
    expect(await refusal(formula)).toMatchObject({ code: "parameter_unknown" });
  });
});

describe("meter events (section 3)", () => {
  const send = (meter: Stripe.Billing.Meter, customer: string, value: string, extra: object = {}) =>
    stripe.billing.meterEvents.create({
      event_name: meter.event_name,
      payload: { stripe_customer_id: customer, value },
      ...extra,
    });
  const total = async (meter: Stripe.Billing.Meter, customer: string) => {
    const { data } = await stripe.billing.meters.listEventSummaries(meter.id, {
      customer,
      start_time: START - 40 * DAY,
      end_time: START + DAY,
    });
    return data[0]?.aggregated_value;
  };

  test("sum adds, count counts, last takes the newest by its time", async () => {
    const { id } = await stripe.customers.create({});
    const [sum, counted, last] = [await newMeter("sum"), await newMeter("count"), await newMeter("last")];
    for (const meter of [sum, counted, last]) {
      await send(meter, id, "10", { timestamp: START - 10 });
      await send(meter, id, "7", { timestamp: START - 30 });
      await send(meter, id, "-2", { timestamp: START - 20 });
    }
    expect([await total(sum, id), await total(counted, id), await total(last, id)]).toEqual([15, 3, 10]);
  });

  test("within an event time window the later arrival replaces the earlier", async () => {
    const { id } = await stripe.customers.create({});
    const meter = await newMeter("sum", { event_time_window: "hour" });
    await send(meter, id, "10", { timestamp: START + 60 });
    await send(meter, id, "4", { timestamp: START + 30 });
    await send(meter, id, "1", { timestamp: START - 3600 });
    expect(await total(meter, id)).toBe(5);
  });

  test("a value is a whole number of at most 15 digits, a time within 35 days back and 5 minutes ahead", async () => {
    const { id } = await stripe.customers.create({});
    const meter = await newMeter("sum");
    expect(await refusal(send(meter, id, "1.5"))).toMatchObject({ param: "payload[value]" });
    await send(meter, id, "999999999999999");
    expect(await refusal(send(meter, id, "1000000000000000"))).toMatchObject({
      code: "meter_event_value_too_many_digits",
    });
    await send(meter, id, "1", { timestamp: START - 35 * DAY });
    expect(await refusal(send(meter, id, "1", { timestamp: START - 35 * DAY - 1 }))).toMatchObject({
      code: "timestamp_too_far_in_past",
    });
    await send(meter, id, "1", { timestamp: START + 300 });
    expect(await refusal(send(meter, id, "1", { timestamp: START + 301 }))).toMatchObject({
      code: "timestamp_in_future",
    });
  });

  test("an identifier is refused with exactly this 400 for 24 h of clock, then it bills again", async () => {
    const { control, stripe } = await startForTest();
    const { id } = await stripe.customers.create({});
    const meter = await stripe.billing.meters.create({
      display_name: "Sum",
      event_name: "sum",
      default_aggregation: { formula: "sum" },
    });
    const once = () =>
      stripe.billing.meterEvents.create({
        event_name: "sum",
        identifier: "u:1",
        payload: { stripe_customer_id: id, value: "5" },
      });
    await once();
    const error = await refusal(once());
    expect(error).toMatchObject({ statusCode: 400, rawType: "invalid_request_error", param: "identifier" });
    expect(error.message).toBe("An event already exists with identifier u:1.");
    expect(error.headers?.["stripe-should-retry"]).toBe("false");
    await control.advance(START + DAY);
    await once();
    const summary = { customer: id, start_time: START - DAY, end_time: START + 2 * DAY };
    expect(
      (await stripe.billing.meters.listEventSummaries(meter.id, summary)).data[0]!.aggregated_value,
    ).toBe(10);
  });

  test("forgotten identifiers bill twice (a fault)", async () => {
    const { id } = await stripe.customers.create({});
    const meter = await newMeter("sum");
    control.setFaults({ forgetIdentifiers: true });
    await send(meter, id, "5", { identifier: "again" });
    await send(meter, id, "5", { identifier: "again" });
    expect(await total(meter, id)).toBe(10);
  });

  test("a second call for the same customer and meter at the same time is 429; another meter is not", async () => {
    const { id } = await stripe.customers.create({});
    const [one, other] = [await newMeter("sum"), await newMeter("sum")];
    control.setSettings({ meterEventMs: 40 });
    const [first, second, third] = await Promise.allSettled([
      send(one, id, "1"),
      send(one, id, "1"),
      send(other, id, "1"),
    ]);
    control.setSettings({ meterEventMs: 1 });
    expect([first.status, second.status, third.status].sort()).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
    expect(third.status).toBe("fulfilled");
    const { reason } = [first, second].find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  });

  test("summaries lag behind when told to (section 6: eventually consistent)", async () => {
    const { id } = await stripe.customers.create({});
    const meter = await newMeter("sum");
    control.setFaults({ summaryLagSeconds: 60 });
    await send(meter, id, "5");
    expect(await total(meter, id)).toBeUndefined();
    await control.advance(control.now() + 60);
    expect(await total(meter, id)).toBe(5);
  });

  test("an event can be taken back by its identifier (section 5)", async () => {
    const { id } = await stripe.customers.create({});
    const meter = await newMeter("sum");
    await send(meter, id, "5", { identifier: "oops" });
    await send(meter, id, "1");
    await stripe.billing.meterEventAdjustments.create({
      event_name: meter.event_name,
      type: "cancel",
      cancel: { identifier: "oops" },
    });
    expect(await total(meter, id)).toBe(1);
  });

  test("summaries come by the hour, on boundaries only", async () => {
    const { id } = await stripe.customers.create({});
    const meter = await newMeter("sum");
    await send(meter, id, "5", { timestamp: START - 7200 });
    await send(meter, id, "6", { timestamp: START - 3600 });
    const asked = {
      customer: id,
      start_time: START - 7200,
      end_time: START,
      value_grouping_window: "hour",
    } as const;
    const { data } = await stripe.billing.meters.listEventSummaries(meter.id, asked);
    expect(data.map(({ start_time, aggregated_value }) => [start_time, aggregated_value])).toEqual([
      [START - 3600, 6],
      [START - 7200, 5],
    ]);
    const skewed = stripe.billing.meters.listEventSummaries(meter.id, { ...asked, start_time: START - 7199 });
    expect(await refusal(skewed)).toMatchObject({ param: "start_time" });
  });
});
