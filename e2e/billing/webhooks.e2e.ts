import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { Stripe } from "stripe";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { announce } from "../fixtures/change-events.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { freePort } from "../fixtures/free-port.ts";
import { promised } from "../fixtures/promised.ts";
import { fieldValues, rawRequest } from "../fixtures/raw-http.ts";
import { databaseTraces, fileTraces, leaks, processTraces } from "../fixtures/traces.ts";
import { until } from "../fixtures/until.ts";
import { portalWorld } from "../portal/portal-world.ts";
import { type StripeStandIn, startStripeStandIn } from "../standins/stripe/index.ts";
import { startUpstream } from "../standins/upstream.ts";

const secrets = {
  "the Stripe key": `sk_test_${randomBytes(16).toString("hex")}`,
  "the webhook secret": `whsec_${randomBytes(16).toString("hex")}`,
  "the thin webhook secret": `whsec_${randomBytes(16).toString("hex")}`,
};
const stripePort = await freePort();
const world = await portalWorld({
  // Without a connector the answer is given soon, not after the usual time for its return.
  relayEnv: { RELAY_GRACE_MS: "300" },
  portalEnv: {
    LOG_LEVEL: "trace",
    STRIPE_SECRET_KEY: secrets["the Stripe key"],
    STRIPE_API_BASE: `http://127.0.0.1:${stripePort}`,
    STRIPE_WEBHOOK_SECRET: secrets["the webhook secret"],
    STRIPE_THIN_WEBHOOK_SECRET: secrets["the thin webhook secret"],
  },
});
const stripe = new Stripe(secrets["the Stripe key"], {
  host: "127.0.0.1",
  port: stripePort,
  protocol: "http",
});
let standIn: StripeStandIn;
let ada: Account;
let tenant: { id: string; customer: string };

const slug = "paid-by-ada";
const host = () => world.hostOf(slug);
const ask = (path = "/v1/models", extra: string[] = []) =>
  rawRequest(world.relay.port, [`GET ${path} HTTP/1.1`, `Host: ${host()}`, ...extra]);
const settings = () =>
  world.db
    .selectFrom("tenant_settings")
    .selectAll()
    .where("tenant_id", "=", tenant.id)
    .executeTakeFirstOrThrow();
const expectMail = async (subject: string) =>
  expect((await world.mailbox.all()).map((mail) => [mail.to, mail.subject])).toContainEqual([
    ada.email,
    subject,
  ]);
const soon = (work: () => Promise<void>) => vi.waitFor(work, { timeout: 30_000, interval: 50 });

beforeAll(async () => {
  const webhook = `${world.portalUrl}/api/stripe/webhook`;
  standIn = await startStripeStandIn({
    port: stripePort,
    webhooks: [
      {
        url: webhook,
        secret: secrets["the webhook secret"],
        thinSecret: secrets["the thin webhook secret"],
      },
    ],
    settings: { afterRetries: "unpaid", retryAfterDays: [3, 5, 30] },
  });
  ada = await signUp(world.portalUrl, world.mailbox);
  const made = await ada.call("POST", "/api/endpoints/register", { slug });
  expect(made.status).toBe(200);
  const { licenseKey } = (await (await ada.call("POST", "/api/license/key")).json()) as {
    licenseKey: string;
  };
  const upstream = await startUpstream();
  upstream.on("/v1/models", (_req, res) => res.end("models"));
  upstream.on("/", (_req, res) => res.end("home"));
  world.stopLater(
    await startConnector({
      licenseKey,
      slug,
      to: upstream.url,
      portalUrl: world.portalUrl,
      configDir: `${world.dataDir}/connector`,
    }),
  );
  const row = await until(() =>
    world.db
      .selectFrom("tenant_settings")
      .select(["tenant_id", "stripe_customer_id"])
      .where("stripe_customer_id", "is not", null)
      .executeTakeFirstOrThrow(),
  );
  tenant = { id: row.tenant_id, customer: row.stripe_customer_id! };
});
afterAll(() => standIn?.stop());

/** What Stripe would send, signed by us. */
function post(
  event: unknown,
  options: { secret?: string; at?: number; route?: string; headers?: object } = {},
) {
  const payload = typeof event === "string" ? event : JSON.stringify(event);
  const signature = stripe.webhooks.generateTestHeaderString({
    payload,
    secret: options.secret ?? secrets["the webhook secret"],
    timestamp: options.at ?? Math.floor(Date.now() / 1_000),
  });
  return fetch(`${world.portalUrl}/api/stripe/${options.route ?? "webhook"}`, {
    method: "POST",
    headers: { "stripe-signature": signature, "content-type": "application/json", ...options.headers },
    body: payload,
  });
}
const event = (given: object = {}) => ({
  id: `evt_${randomBytes(12).toString("hex")}`,
  object: "event",
  type: "customer.updated",
  api_version: "2026-10-28.endive",
  created: Math.floor(Date.now() / 1_000),
  livemode: false,
  data: { object: { id: tenant.customer, object: "customer" } },
  ...given,
});
const codeOf = async (answer: Response) => {
  const { error } = (await answer.json()) as { error: { code: string } };
  return [answer.status, error.code];
};
const isStored = async (id: string) =>
  (await world.db.selectFrom("stripe_events").select("id").where("id", "=", id).execute()).length;

test("a good webhook is answered at once, worked off, and worked once when it comes again", async () => {
  const good = event();
  const answers = await Promise.all([post(good), post(good), post(good)]);
  for (const answer of answers) {
    expect([answer.status, await answer.json()]).toEqual([200, { received: true }]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  }
  expect(await isStored(good.id)).toBe(1);
  await soon(async () => {
    const row = await world.db
      .selectFrom("stripe_events")
      .select(["processed_at", "attempts"])
      .where("id", "=", good.id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ processed_at: expect.any(Date), attempts: 0 });
  });
});

test("forged, old, future, foreign, of the wrong mode or route, too large: refused, logged, not stored", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const given = event();
  const thin = {
    id: "evt_test_1",
    object: "v2.core.event",
    type: "v1.billing.meter.no_meter_found",
    created: new Date().toISOString(),
    livemode: false,
  };
  const refused = async (answer: Promise<Response>) => codeOf(await answer);
  expect(await refused(post(given, { secret: "whsec_forged" }))).toEqual([400, "webhook_signature"]);
  expect(await refused(post(given, { at: now - 400 }))).toEqual([400, "webhook_too_old"]);
  expect(await refused(post(given, { at: now + 400 }))).toEqual([400, "webhook_in_the_future"]);
  expect(await refused(post(event({ livemode: true })))).toEqual([400, "webhook_wrong_mode"]);
  expect(await refused(post(event({ account: "acct_other" })))).toEqual([400, "webhook_other_account"]);
  expect(await refused(post(thin))).toEqual([400, "webhook_wrong_route"]);
  const thinSecret = { secret: secrets["the thin webhook secret"], route: "thin-webhook" };
  expect(await refused(post(given, thinSecret))).toEqual([400, "webhook_wrong_route"]);
  expect(await refused(post(thin, { route: "thin-webhook" }))).toEqual([400, "webhook_signature"]);
  expect(await refused(post("x".repeat(1024 * 1024)))).toEqual([413, "body_too_large"]);
  expect(await refused(post(given, { headers: { origin: "https://evil.example" } }))).toEqual([
    403,
    "origin_not_allowed",
  ]);
  expect(await isStored(given.id)).toBe(0);
  const log = world.portal.process.stderr.join("\n");
  for (const reason of [
    "signature",
    "too_old",
    "in_the_future",
    "wrong_mode",
    "other_account",
    "wrong_route",
  ])
    expect(log).toContain(`"reason":"${reason}"`);
  const metrics = await (await fetch(`http://127.0.0.1:${world.portal.adminPort}/metrics`)).text();
  expect(metrics).toContain('hotspot_stripe_webhooks_total{route="snapshot",outcome="too_old"} 1');
});

test("from paying to not paying to paying: plan, mails, 402 and back, by nothing but Stripe's webhooks", async () => {
  const prices = await until(async () => {
    const { data } = await stripe.prices.list({
      lookup_keys: ["seat", "requests", "megabytes", "tokens"].map((item) => `hotspot_pro_${item}`),
    });
    expect(data).toHaveLength(4);
    return data;
  }, 20_000);
  const { customer } = tenant;
  const attach = async (card: string) => {
    const { id } = await stripe.paymentMethods.attach(card, { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  };
  await attach("pm_card_visa");
  const subscription = await stripe.subscriptions.create({
    customer,
    items: prices.map(({ id, recurring }) => ({
      price: id,
      ...(recurring?.usage_type === "metered" ? {} : { quantity: 1 }),
    })),
    metadata: { tenant_id: tenant.id, plan: "pro" },
  });
  await soon(async () =>
    expect(await settings()).toMatchObject({
      plan: "pro",
      plan_source: "subscription",
      billing_state: "ok",
    }),
  );
  const license = await ada.call("GET", "/api/license");
  expect(await license.json()).toMatchObject({ plan: "pro", deviceLimit: 10, status: "active" });
  expect((await ask()).status).toBe(200);

  // The next month's payment fails.
  await attach("pm_card_chargeCustomerFail");
  await standIn.control.advance(subscription.items.data[0]!.current_period_end + 2 * 3_600);
  await soon(async () => expect((await settings()).grace_ends_at).not.toBeNull());
  expect((await settings()).billing_state).toBe("ok");
  expect((await ask()).status).toBe(200);
  await soon(() => expectMail("Your payment did not go through"));

  // The days of grace pass: none of Stripe's news is on its way any more, and our clock stands after their end. Every
  // minute somebody looks at it; here at once.
  await standIn.control.settled();
  await soon(async () => {
    const waiting = await world.db
      .selectFrom("stripe_events")
      .select("id")
      .where("processed_at", "is", null)
      .execute();
    const { rows: jobs } = await sql`select 1 from graphile_worker.jobs where key like 'stripe:%'`.execute(
      world.db,
    );
    expect([waiting, jobs]).toEqual([[], []]);
  });
  await world.db
    .updateTable("tenant_settings")
    .set({ grace_ends_at: new Date(Date.now() - 1_000) })
    .where("tenant_id", "=", tenant.id)
    .execute();
  await sql`select graphile_worker.add_job('dunning', '{}'::json)`.execute(world.db);
  await soon(async () => expect((await settings()).billing_state).toBe("unpaid"));
  await vi.waitFor(async () => expect((await ask()).status).toBe(402), {
    timeout: promised(2_000),
    interval: 50,
  });
  await soon(() => expectMail("Your endpoints are paused"));
});

test("unpaid: the OpenAI shape for programs, a page for people, and within two seconds of the payment all is back", async () => {
  const api = await ask();
  const { error } = JSON.parse(api.body.toString());
  expect(error).toMatchObject({ code: "payment_required", param: null, message: expect.any(String) });
  expect(error.message).toContain("billing");
  const page = await ask("/", ["Accept: text/html"]);
  expect([page.status, fieldValues(page, "content-type")[0]]).toEqual([402, "text/html; charset=utf-8"]);
  expect(page.body.toString()).toContain(`${world.portalUrl}/billing`);
  expect(page.body.toString()).not.toContain("Ada");

  // She pays in Stripe's page.
  const { data: open } = await stripe.invoices.list({ customer: tenant.customer, status: "open" });
  for (const invoice of open) await stripe.invoices.pay(invoice.id!, { payment_method: "pm_card_visa" });
  await soon(async () =>
    expect(await settings()).toMatchObject({ plan: "pro", billing_state: "ok", grace_ends_at: null }),
  );
  await vi.waitFor(async () => expect((await ask()).status).toBe(200), {
    timeout: promised(2_000),
    interval: 50,
  });
  await soon(() => expectMail("Your endpoints are back"));
});

test("a portal that is killed over an event leaves it to the next one, which has it within seconds", async () => {
  const jobOf = async () => {
    const { rows } = await sql<{ locked: boolean }>`
      select locked_at is not null as locked from graphile_worker.jobs
      where key = ${`stripe:${tenant.customer}`}`.execute(world.db);
    return rows;
  };
  await soon(async () => expect(await jobOf()).toEqual([]));
  // Stripe does not answer: the job hangs, and is locked by a worker that is about to die.
  standIn.control.setFaults({ calls: [{ kind: "timeout", method: "GET", path: "/v1/" }] });
  const lost = event();
  expect((await post(lost)).status).toBe(200);
  await soon(async () => expect(await jobOf()).toEqual([{ locked: true }]));
  world.portal.process.kill("SIGKILL");
  await soon(async () => expect(world.portal.process.running).toBe(false));
  standIn.control.setFaults({});
  await world.restartPortal();
  await vi.waitFor(
    async () => {
      const row = await world.db
        .selectFrom("stripe_events")
        .select("processed_at")
        .where("id", "=", lost.id)
        .executeTakeFirstOrThrow();
      expect(row.processed_at).not.toBeNull();
      expect(await jobOf()).toEqual([]);
    },
    { timeout: 30_000, interval: 100 },
  );
});

test("with the portal stopped, what is written beside it reaches the relay within two seconds", async () => {
  await world.portal.process.stop();
  const change = (write: (tx: typeof world.db) => Promise<unknown>) =>
    world.db.transaction().execute(async (tx) => {
      await write(tx);
      await announce(tx, { type: "tenant", tenantId: tenant.id });
    });
  const within2s = (status: number) =>
    vi.waitFor(async () => expect((await ask()).status).toBe(status), {
      timeout: promised(2_000),
      interval: 50,
    });
  const setBilling = (billing_state: "ok" | "unpaid") =>
    change((tx) =>
      tx.updateTable("tenant_settings").set({ billing_state }).where("tenant_id", "=", tenant.id).execute(),
    );
  await setBilling("unpaid");
  await within2s(402);
  await setBilling("ok");
  await within2s(200);
  await change((tx) =>
    tx
      .updateTable("licenses")
      .set({ status: "revoked", revoked_at: new Date() })
      .where("tenant_id", "=", tenant.id)
      .execute(),
  );
  await within2s(502);
  await change((tx) =>
    tx
      .updateTable("tenant_settings")
      .set({ suspended_at: new Date(), suspended_reason: "phishing" })
      .where("tenant_id", "=", tenant.id)
      .execute(),
  );
  await within2s(403);
});

test("no secret of Stripe's is in a log, a file, a command line or the database", async () => {
  const traces = [
    ...(await processTraces(world.children)),
    ...(await fileTraces(world.dataDir)),
    ...(await databaseTraces(world.db)),
  ];
  expect(traces.length).toBeGreaterThan(5);
  expect(leaks(traces, secrets)).toEqual([]);
});
