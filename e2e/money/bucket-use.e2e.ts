import { randomBytes } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { sql } from "kysely";
import { Stripe } from "stripe";
import { afterAll, expect, test } from "vitest";
import { signUp } from "../fixtures/account.ts";
import { freePort } from "../fixtures/free-port.ts";
import { until } from "../fixtures/until.ts";
import { portalWorld } from "../portal/portal-world.ts";
import { CloudflareStandIn } from "../standins/cloudflare/index.ts";
import { createS3, makeBucket } from "../standins/cloudflare/testing/bucket.ts";
import { startStripeStandIn } from "../standins/stripe/index.ts";

const cloudflare = await CloudflareStandIn.start({ zone: "hubs.example.org" });
// The period begins with the day, so that the day belongs to it.
const midnight = Math.floor(Date.now() / 86_400_000) * 86_400;
const portalPort = await freePort();
const webhookSecret = `whsec_${randomBytes(16).toString("hex")}`;
const standIn = await startStripeStandIn({
  clock: midnight,
  webhooks: [{ url: `http://localhost:${portalPort}/api/stripe/webhook`, secret: webhookSecret }],
});
afterAll(() => Promise.all([cloudflare.stop(), standIn.stop()]));
const stripe = new Stripe("sk_test_standin", { host: "127.0.0.1", port: standIn.port, protocol: "http" });
const env = { STRIPE_SECRET_KEY: "sk_test_standin", STRIPE_API_BASE: standIn.url };
const world = await portalWorld({
  portalPort,
  portalEnv: {
    ...env,
    ...cloudflare.env,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    SEALING_KEYS: `2026:${randomBytes(32).toString("base64")}`,
  },
  relayEnv: { ...env, METER_PUSH_SECONDS: "5" },
});

const items = ["seat", "requests", "megabytes", "tokens", "storage", "storage_writes", "storage_reads"];

test("bytes in R2 are a day in the ledger, and a line of the invoice with its amount", async () => {
  const ada = await signUp(world.portalUrl, world.mailbox);
  const { tenant_id: tenantId } = await world.db
    .selectFrom("tenant_settings")
    .select("tenant_id")
    .executeTakeFirstOrThrow();
  const prices = await until(async () => {
    const { data } = await stripe.prices.list({ lookup_keys: items.map((item) => `hotspot_pro_${item}`) });
    expect(data).toHaveLength(items.length);
    return data;
  }, 20_000);
  const { id: customer } = await stripe.customers.create({ metadata: { tenant_id: tenantId } });
  await world.db
    .updateTable("tenant_settings")
    .set({ stripe_customer_id: customer })
    .where("tenant_id", "=", tenantId)
    .execute();
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const subscription = await stripe.subscriptions.create({
    customer,
    items: prices.map(({ id }) => ({ price: id })),
    metadata: { tenant_id: tenantId, plan: "pro" },
  });
  await standIn.control.advance(Math.floor(Date.now() / 1_000));

  // A bucket with an object; and what would take too long to store here.
  const bucket = "hotspot-of-ada";
  const s3 = createS3(cloudflare, await makeBucket(cloudflare, bucket));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "hubs/1/x", Body: Buffer.alloc(1_000_001) }));
  const hour = new Date(midnight * 1_000).toISOString().replace(".000", "");
  cloudflare.addUsage(bucket, {
    storage: [{ hour, payloadSize: 499_999_999_001, objectCount: 40_000 }],
    operations: [{ hour, actionType: "UploadPart", requests: 2_500_000 }],
  });
  await world.db
    .insertInto("hub_buckets")
    .values({
      id: "bkt_1",
      tenant_id: tenantId,
      cf_account_id: cloudflare.accountId,
      name: bucket,
      state: "ready",
    })
    .execute();
  await sql`select graphile_worker.add_job('bucket_use', '{}')`.execute(world.db);
  const storage = 500_000;
  const day = await until(
    () => world.db.selectFrom("hub_bucket_days").selectAll().executeTakeFirstOrThrow(),
    20_000,
  );
  expect(day).toMatchObject({ peak_bytes: 499_999_999_001, class_a: 2_500_001, carried: false });

  // The relay reports it; the last invoice charges for it.
  await until(async () => {
    const { rows } = await sql<{ meter: string; value: number }>`
      select meter, value from meter_pushes where state = 'accepted' order by meter`.execute(world.db);
    expect(rows).toEqual([
      { meter: "storage", value: storage },
      { meter: "storage_writes", value: 2_500_001 },
    ]);
  }, 30_000);
  await standIn.control.advance(Math.floor(Date.now() / 1_000) + 120);
  await stripe.subscriptions.cancel(subscription.id, { invoice_now: true });
  const shown = await until(async () => {
    const { invoices } = (await (await ada.call("GET", "/api/billing/invoices")).json()) as {
      invoices: { id: string }[];
    };
    const read = await Promise.all(
      invoices.map(async ({ id }) => (await ada.call("GET", `/api/billing/invoices/${id}`)).json()),
    );
    const last = (
      read as { lines: { meter: string | null; quantity: number; amountCents: number }[] }[]
    ).find(({ lines }) => lines.some(({ meter }) => meter === "storage"));
    expect(last?.lines.some(({ meter, amountCents }) => meter === "storage" && amountCents > 0)).toBe(true);
    return last!.lines;
  }, 20_000);
  const sum = (meter: string) =>
    shown
      .filter((line) => line.meter === meter)
      .reduce(([quantity, cents], line) => [quantity + line.quantity, cents + line.amountCents], [0, 0]);
  // 200,000 MB-days above the included 300,000, at 60 cents a million; 1,500,001 writes at 500.
  expect(sum("storage")).toEqual([storage, 12]);
  expect(sum("storage_writes")).toEqual([2_500_001, 750]);
  expect(sum("storage_reads")).toEqual([0, 0]);

  const from = new Date(midnight * 1_000).toISOString();
  const source = await (await ada.call("GET", `/api/usage/storage-days?from=${from}`)).json();
  expect(source).toMatchObject({
    days: [{ bucket, megabytes: storage, writes: 2_500_001 }],
    adjustments: { storage: 0, storage_writes: 0 },
    totals: { storage, storage_writes: 2_500_001 },
  });
  const csv = await (await ada.call("GET", `/api/usage/export?of=storage&from=${from}`)).text();
  expect(csv).toBe(
    `day,bucket,peak_bytes,megabyte_days,objects,writes,reads,carried\r\n${from.slice(0, 10)},${bucket},499999999001,500000,1,2500001,0,no\r\n`,
  );
}, 90_000);
