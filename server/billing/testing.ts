import { afterAll } from "vitest";
import type { Db } from "../../db/client.ts";
import { createTenant, type TestTenant } from "../../db/testing/index.ts";
import { type StandInOptions, startStripeStandIn } from "../../e2e/standins/stripe/index.ts";
import { ownerContext, testConfig } from "../testing/api.ts";
import type { BillingOn } from "./billing.ts";
import { createCatalog } from "./catalog.ts";
import { completeCheckout, previewChange, startCheckout, syncCustomer } from "./index.ts";
import { provisionCatalog } from "./provision/provision.ts";
import type { ChangePlanInput, PaidPlan, StartCheckoutInput } from "./schemas.ts";
import { createStripeClient } from "./stripe.ts";
import { changePlan } from "./verbs/change-plan.ts";

/** Noon, so that a full hour is a full hour. */
export const START = Date.UTC(2026, 10, 20, 12);
export const DAY = 86_400_000;

/** Numbers of test cards. */
export const cards = {
  good: "4242424242424242",
  declined: "4000000000000002",
  failsLater: "4000000000000341",
  asksBank: "4000002500003155",
  asksBankAlways: "4000002760003184",
} as const;

export type BillingWorld = Awaited<ReturnType<typeof startBillingWorld>>;

/**
 * A Stripe stand-in whose clock stands still until it is moved, with our plans in it, and the billing of a portal on top.
 * Gone after the test file.
 */
export async function startBillingWorld(db: Db, options: StandInOptions & { startsAt?: number } = {}) {
  const { startsAt = START, ...rest } = options;
  const standIn = await startStripeStandIn({ clock: startsAt / 1000, seed: 1, ...rest });
  afterAll(() => standIn.stop());
  const { control } = standIn;
  const stripe = createStripeClient("sk_test_standin", standIn.url);
  const pushed: string[] = [];
  const billing: BillingOn = {
    mode: "stand_in",
    stripe,
    catalog: createCatalog(stripe),
    graceDays: 7,
    pushUsage: async (tenantId) => {
      pushed.push(tenantId);
      return "counted";
    },
    now: () => new Date(control.now() * 1000),
  };
  await provisionCatalog({ db, stripe, portalUrl: testConfig.portalUrl });
  const deps = { billing, config: testConfig, log: { warn: () => undefined } };
  const world = {
    db,
    standIn,
    control,
    stripe,
    billing,
    deps,
    /** Tenants whose usage was reported before their period was cut short. */
    pushed,
    args: (tenant: TestTenant) => ({ ctx: ownerContext(db, tenant), deps }),
    sync: (id: string) => syncCustomer({ db, billing, requestId: "req-test" }, id),
    /** Moves the time there by so much. */
    pass: (ms: number) => control.advance(control.now() + Math.ceil(ms / 1000)),
    /** The customer pays with another card from now on, as Stripe's portal does it. */
    async payWith(tenant: TestTenant, method: string): Promise<void> {
      const { stripe_customer_id: customer } = await world.settings(tenant);
      const { id } = await stripe.paymentMethods.attach(method, { customer: customer! });
      await stripe.customers.update(customer!, { invoice_settings: { default_payment_method: id } });
      await stripe.subscriptions.update((await world.subscription(tenant)).id, {
        default_payment_method: id,
      });
    },
    /** Fills in a page of the stand-in. @returns where it leads */
    async fillIn(url: string, number: string, more: Record<string, string> = {}): Promise<string> {
      const form = { number, expiry: "12/34", cvc: "123", name: "Ada Lovelace", do: "pay", ...more };
      const response = await fetch(url, {
        method: "POST",
        body: new URLSearchParams(form),
        redirect: "manual",
      });
      const to = response.headers.get("location");
      if (to === null) throw new Error(`the page refused: ${await response.text()}`);
      return to;
    },
    /** Buys a plan as a customer does it, and comes back. */
    async buy(tenant: TestTenant, input: StartCheckoutInput, card: string = cards.good) {
      const { sessionId, url } = await startCheckout({ ...world.args(tenant), input });
      await world.fillIn(url, card);
      return completeCheckout({ ...world.args(tenant), input: { sessionId } });
    },
    /** A new tenant that has bought a plan and whose trial is over. */
    async payingTenant(plan: PaidPlan = "pro", seats = 1): Promise<TestTenant> {
      const tenant = await createTenant(db);
      await world.buy(tenant, { plan, seats });
      await world.endTrial(tenant);
      return tenant;
    },
    async endTrial(tenant: TestTenant): Promise<void> {
      // Invoices of one second have no order.
      await world.pass(60_000);
      const { id } = await world.subscription(tenant);
      await stripe.subscriptions.update(id, { trial_end: "now" });
      await world.pass(60_000);
      await world.sync(tenant.tenantId);
    },
    /** Looks what it costs and does it. */
    async change(tenant: TestTenant, input: ChangePlanInput) {
      const preview = await previewChange({ ...world.args(tenant), input });
      const prorationDate = preview.prorationDate ?? undefined;
      const changed = await changePlan({ ...world.args(tenant), input: { ...input, prorationDate } });
      return { preview, changed };
    },
    /** The newest row of a tenant's subscriptions. */
    subscription: (tenant: TestTenant) =>
      db
        .selectFrom("subscriptions")
        .selectAll()
        .where("tenant_id", "=", tenant.tenantId)
        .orderBy("created_at", "desc")
        .executeTakeFirstOrThrow(),
    settings: (tenant: TestTenant) =>
      db
        .selectFrom("tenant_settings")
        .selectAll()
        .where("tenant_id", "=", tenant.tenantId)
        .executeTakeFirstOrThrow(),
  };
  return world;
}
