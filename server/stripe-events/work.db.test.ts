import fc from "fast-check";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { runJobs } from "../jobs/testing.ts";
import type { Mail } from "../mail/index.ts";
import { receiveWebhook } from "./index.ts";
import { makeEvent, makeInstruments, makeThinEvent, sign, stripe, webhookSecret } from "./testing.ts";
import { workOffEvents, workTask } from "./work.ts";

const { db, url } = await createTestDb({ max: 10 });
const api = setupServer();
beforeAll(() => api.listen({ onUnhandledFrame: "error" }));
afterEach(() => api.resetHandlers());
afterAll(() => api.close());
const answer = (path: string, body: Record<string, unknown>) =>
  api.use(http.get(`https://api.stripe.com${path}`, () => HttpResponse.json(body)));

async function makeCustomer() {
  const tenant = await createTenant(db, { name: "Acme" });
  const customerId = `cus_${tenant.tenantId.slice(4)}`;
  await db
    .updateTable("tenant_settings")
    .set({ stripe_customer_id: customerId })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  return { ...tenant, customerId };
}

function makeWorker(sync: (tenantId: string) => Promise<unknown> = async () => undefined) {
  const instruments = makeInstruments();
  const mails: { to: string; mail: Mail }[] = [];
  const mailer = {
    kind: "mailbox" as const,
    send: async (to: string, mail: Mail) => {
      mails.push({ to, mail });
      return "sent" as const;
    },
    close: () => undefined,
  };
  const synced: string[] = [];
  const deps = {
    db,
    stripe,
    mailer,
    portalUrl: "https://hotspot.example",
    ...instruments,
    sync: async (tenantId: string) => {
      synced.push(tenantId);
      await sync(tenantId);
    },
  };
  const receive = (event: object, route: "snapshot" | "thin" = "snapshot") => {
    const { raw, signature } = sign(event);
    return receiveWebhook(
      { db, stripe, route, secret: webhookSecret, livemode: false, ...instruments },
      raw,
      signature,
    );
  };
  return { ...instruments, deps, mails, synced, receive };
}
const rowOf = (id: string) =>
  db.selectFrom("stripe_events").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
const incidents = (objectId: string) =>
  db
    .selectFrom("billing_incidents")
    .select(["tenant_id", "kind", "detail", "resolved_at"])
    .where("object_id", "=", objectId)
    .execute();
const about = (type: string, object: Record<string, unknown>, given = {}) =>
  makeEvent({ type, data: { object }, ...given });

describe("order", () => {
  test("whatever order, repetition and failure events come with, the state ends as Stripe's", async () => {
    const tenant = await makeCustomer();
    const statuses = ["trialing", "active", "past_due", "unpaid", "canceled"];
    // One change at Stripe each; an event can come any time after its change, some more than once.
    const history = fc
      .array(
        fc.record({
          status: fc.constantFrom(...statuses),
          deliveries: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 3 }),
          stripeFails: fc.boolean(),
        }),
        { minLength: 1, maxLength: 6 },
      )
      .filter((changes) => changes.length > 0);
    await fc.assert(
      fc.asyncProperty(history, async (changes) => {
        let truth = "";
        let fails = false;
        let written = "";
        const { deps, receive } = makeWorker(async () => {
          if (fails) throw new Error("Stripe is away");
          written = truth;
        });
        const due: { step: number; event: object }[] = [];
        for (const [step, { status, deliveries }] of changes.entries()) {
          const event = about("customer.subscription.updated", {
            id: "sub_1",
            object: "subscription",
            customer: tenant.customerId,
            status,
          });
          for (const delay of deliveries) due.push({ step: step + delay, event });
        }
        for (let step = 0; step < changes.length + 7; step++) {
          truth = changes[step]?.status ?? truth;
          fails = changes[step]?.stripeFails ?? false;
          for (const { event } of due.filter((delivery) => delivery.step === step)) await receive(event);
          await workOffEvents(deps, tenant.customerId).catch((error) => {
            expect(String(error)).toContain("Stripe is away");
          });
        }
        expect(written).toBe(truth);
        const waiting = await db
          .selectFrom("stripe_events")
          .select("id")
          .where("customer_id", "=", tenant.customerId)
          .where("processed_at", "is", null)
          .execute();
        expect(waiting).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test("by jobs of several portals: one at a time for a customer, side by side for two, and all worked off", async () => {
    const customers = [await makeCustomer(), await makeCustomer()];
    const running = new Map<string, number>();
    let overlaps = 0;
    const worker = makeWorker(async (tenantId) => {
      running.set(tenantId, (running.get(tenantId) ?? 0) + 1);
      if (running.get(tenantId)! > 1) overlaps++;
      await new Promise((done) => setImmediate(done));
      running.set(tenantId, running.get(tenantId)! - 1);
    });
    const portals = await Promise.all([
      runJobs(url, [workTask(worker.deps)]),
      runJobs(url, [workTask(worker.deps)]),
    ]);
    const events = customers.flatMap(({ customerId }) =>
      Array.from({ length: 15 }, (_, i) =>
        about("invoice.paid", { id: `in_${i}`, object: "invoice", customer: customerId }),
      ),
    );
    await Promise.all(events.map((event) => worker.receive(event)));
    const left = () =>
      db
        .selectFrom("stripe_events")
        .select("id")
        .where("processed_at", "is", null)
        .where(
          "customer_id",
          "in",
          customers.map(({ customerId }) => customerId),
        )
        .execute();
    await vi.waitFor(async () => expect(await left()).toEqual([]), 15_000);
    await Promise.all(portals.map((portal) => portal.stop()));
    expect(overlaps).toBe(0);
    expect(worker.synced).toEqual(expect.arrayContaining(customers.map(({ tenantId }) => tenantId)));
  });
});

test("a process that dies between storing and working leaves an event that the next one works off", async () => {
  const tenant = await makeCustomer();
  const first = makeWorker(() => Promise.reject(new Error("killed")));
  const event = about("invoice.paid", { id: "in_1", object: "invoice", customer: tenant.customerId });
  await first.receive(event);
  await expect(workOffEvents(first.deps, tenant.customerId)).rejects.toThrow("killed");
  expect(await rowOf(event.id)).toMatchObject({
    processed_at: null,
    attempts: 1,
    last_error: "Error: killed",
  });
  const second = makeWorker();
  expect(await workOffEvents(second.deps, tenant.customerId)).toEqual({
    events: 1,
    customerId: tenant.customerId,
  });
  expect(await rowOf(event.id)).toMatchObject({ processed_at: expect.any(Date), last_error: null });
});

test("an event of an unknown type is kept and nothing is asked of Stripe", async () => {
  const tenant = await makeCustomer();
  const { deps, receive, synced, registry } = makeWorker();
  const event = about("customer.tax_id.admired", { id: "txi_1", customer: tenant.customerId });
  await receive(event);
  await workOffEvents(deps, tenant.customerId);
  expect(synced).toEqual([]);
  expect((await rowOf(event.id)).processed_at).not.toBeNull();
  expect(await registry.metrics()).toContain('hotspot_stripe_events_total{outcome="ignored"} 1');
});

test("names in an event of what belongs to no account or to another Stripe account change nothing and are logged", async () => {
  const { deps, receive, synced, lines } = makeWorker();
  await receive(about("customer.subscription.deleted", { id: "sub_x", customer: "cus_of_nobody" }));
  await workOffEvents(deps, "cus_of_nobody");
  expect(synced).toEqual([]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "warn", message: "events of a customer that no account has" }),
  );
  api.use(
    http.get("https://api.stripe.com/v1/disputes/dp_foreign", () =>
      HttpResponse.json(
        { error: { type: "invalid_request_error", code: "resource_missing", message: "No such dispute" } },
        { status: 404 },
      ),
    ),
  );
  const foreign = about("charge.dispute.created", { id: "dp_foreign", object: "dispute" });
  await receive(foreign);
  await workOffEvents(deps, null);
  expect((await rowOf(foreign.id)).processed_at).not.toBeNull();
  expect(await incidents("dp_foreign")).toEqual([]);
});

describe("more than the state", () => {
  test("a dispute is an incident of its tenant until it is closed, also when the news come in the wrong order", async () => {
    const tenant = await makeCustomer();
    const { deps, receive, lines } = makeWorker();
    const dispute = (status: string) =>
      answer("/v1/disputes/dp_1", {
        id: "dp_1",
        object: "dispute",
        amount: 1900,
        currency: "usd",
        reason: "fraudulent",
        status,
        evidence_details: { due_by: 1_800_000_000 },
        charge: { id: "ch_1", object: "charge", customer: tenant.customerId },
      });
    dispute("needs_response");
    await receive(about("charge.dispute.created", { id: "dp_1", object: "dispute", charge: "ch_1" }));
    await workOffEvents(deps, null);
    const detail = {
      amountCents: 1900,
      currency: "usd",
      reason: "fraudulent",
      chargeId: "ch_1",
      evidenceDueAt: "2027-01-15T08:00:00.000Z",
    };
    expect(await incidents("dp_1")).toEqual([
      {
        tenant_id: tenant.tenantId,
        kind: "dispute",
        resolved_at: null,
        detail: { ...detail, status: "needs_response" },
      },
    ]);
    dispute("lost");
    await receive(about("charge.dispute.closed", { id: "dp_1", object: "dispute", charge: "ch_1" }));
    await receive(about("charge.dispute.created", { id: "dp_1", object: "dispute", charge: "ch_1" }));
    await workOffEvents(deps, null);
    expect(await incidents("dp_1")).toMatchObject([
      { detail: { status: "lost" }, resolved_at: expect.any(Date) },
    ]);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: "billing incident", kind: "dispute", objectId: "dp_1" },
    ]);
  });

  test("a refund is noted with what went back", async () => {
    const tenant = await makeCustomer();
    const { deps, receive } = makeWorker();
    const charge = {
      id: "ch_2",
      object: "charge",
      amount: 1900,
      currency: "usd",
      customer: tenant.customerId,
    };
    answer("/v1/charges/ch_2", { ...charge, amount_refunded: 500 });
    await receive(about("charge.refunded", charge));
    await workOffEvents(deps, tenant.customerId);
    expect(await incidents("ch_2")).toMatchObject([
      { tenant_id: tenant.tenantId, kind: "refund", detail: { amountCents: 1900, refundedCents: 500 } },
    ]);
  });

  test("an invoice that cannot be finalized is an incident until it can", async () => {
    const tenant = await makeCustomer();
    const { deps, receive } = makeWorker();
    const invoice = { id: "in_3", object: "invoice", customer: tenant.customerId, total: 1900 };
    const failure = { code: "customer_tax_location_invalid", message: "address missing" };
    answer("/v1/invoices/in_3", { ...invoice, status: "draft", last_finalization_error: failure });
    await receive(about("invoice.finalization_failed", invoice));
    await workOffEvents(deps, tenant.customerId);
    expect(await incidents("in_3")).toMatchObject([
      { tenant_id: tenant.tenantId, resolved_at: null, detail: { ...failure, amountCents: 1900 } },
    ]);
    answer("/v1/invoices/in_3", { ...invoice, status: "open", last_finalization_error: null });
    await receive(about("invoice.finalized", invoice));
    await workOffEvents(deps, tenant.customerId);
    expect(await incidents("in_3")).toMatchObject([{ resolved_at: expect.any(Date) }]);
  });

  test("a payment that the bank asks about is mailed with its link, once, and not when it is paid already", async () => {
    const tenant = await makeCustomer();
    const { deps, receive, mails } = makeWorker();
    const invoice = {
      id: "in_4",
      object: "invoice",
      customer: tenant.customerId,
      amount_remaining: 1900,
      currency: "usd",
      hosted_invoice_url: "https://invoice.stripe.com/i/4",
    };
    answer("/v1/invoices/in_4", { ...invoice, status: "open" });
    for (let i = 0; i < 2; i++) {
      await receive(about("invoice.payment_action_required", invoice));
      await workOffEvents(deps, tenant.customerId);
    }
    answer("/v1/invoices/in_5", { ...invoice, id: "in_5", status: "paid" });
    await receive(about("invoice.payment_action_required", { ...invoice, id: "in_5" }));
    await workOffEvents(deps, tenant.customerId);
    expect(mails).toEqual([
      {
        to: tenant.email,
        mail: {
          kind: "payment_action_required",
          accountName: "Acme",
          amount: "$19.00",
          invoiceUrl: "https://invoice.stripe.com/i/4",
        },
      },
    ]);
  });

  test("the end of a trial is announced once, and not to those who have cancelled", async () => {
    const tenant = await makeCustomer();
    const { deps, receive, mails } = makeWorker();
    const trialEnd = new Date("2026-12-01T00:00:00Z");
    const insert = (id: string, cancel_at: Date | null) =>
      db
        .insertInto("subscriptions")
        .values({
          id,
          tenant_id: tenant.tenantId,
          stripe_customer_id: tenant.customerId,
          status: "trialing",
          plan: "pro",
          current_period_start: new Date(),
          current_period_end: trialEnd,
          trial_end: trialEnd,
          cancel_at,
          created_at: new Date(),
        })
        .execute();
    await insert("sub_stays", null);
    await insert("sub_leaves", trialEnd);
    for (const id of ["sub_stays", "sub_stays", "sub_leaves"]) {
      await receive(about("customer.subscription.trial_will_end", { id, customer: tenant.customerId }));
      await workOffEvents(deps, tenant.customerId);
    }
    expect(mails.map(({ mail }) => mail)).toEqual([
      {
        kind: "trial_ending",
        accountName: "Acme",
        planTitle: "Pro",
        endsOn: "1 December 2026",
        hasPaymentMethod: false,
        billingUrl: "https://hotspot.example/billing",
      },
    ]);
  });

  test("a customer who was deleted is an incident, and the account can have another", async () => {
    const tenant = await makeCustomer();
    const { deps, receive } = makeWorker();
    answer(`/v1/customers/${tenant.customerId}`, {
      id: tenant.customerId,
      object: "customer",
      deleted: true,
    });
    await receive(about("customer.deleted", { id: tenant.customerId, object: "customer" }));
    await workOffEvents(deps, tenant.customerId);
    expect(await incidents(tenant.customerId)).toMatchObject([
      { kind: "customer_deleted", tenant_id: tenant.tenantId },
    ]);
    const settings = await db
      .selectFrom("tenant_settings")
      .select("stripe_customer_id")
      .where("tenant_id", "=", tenant.tenantId)
      .executeTakeFirstOrThrow();
    expect(settings.stripe_customer_id).toBeNull();
  });

  test("usage that Stripe refused afterwards: the pushes it names are marked, and an incident says how many", async () => {
    const tenant = await makeCustomer();
    const { deps, receive } = makeWorker();
    await db
      .insertInto("meter_pushes")
      .values({
        tenant_id: tenant.tenantId,
        stripe_customer_id: tenant.customerId,
        subscription_id: "sub_1",
        meter: "requests",
        period_start: new Date(0),
        period_end: new Date(1),
        value: 5,
        event_time: new Date(0),
        identifier: "push_1",
        state: "accepted",
        settled_at: null,
      })
      .execute();
    const thin = makeThinEvent();
    const sample = (identifier: string) => ({
      error_message: "no customer",
      request: { id: "req_1", identifier },
    });
    answer(`/v2/core/events/${thin.id}`, {
      ...thin,
      data: {
        developer_message_summary: "There are 7 invalid events",
        validation_start: "2026-11-21T00:00:00Z",
        validation_end: "2026-11-21T00:10:00Z",
        reason: {
          error_count: 7,
          error_types: [
            {
              code: "meter_event_customer_not_found",
              error_count: 7,
              sample_errors: [sample("push_1"), sample("not_ours")],
            },
          ],
        },
      },
    });
    await receive(thin, "thin");
    await workOffEvents(deps, null);
    const push = await db
      .selectFrom("meter_pushes")
      .select(["state", "error"])
      .where("identifier", "=", "push_1")
      .executeTakeFirstOrThrow();
    expect(push).toEqual({ state: "rejected", error: "meter_event_customer_not_found: no customer" });
    expect(await incidents(thin.id)).toMatchObject([
      {
        tenant_id: tenant.tenantId,
        kind: "meter_errors",
        detail: {
          errors: 7,
          codes: { meter_event_customer_not_found: 7 },
          identifiers: ["push_1", "not_ours"],
        },
      },
    ]);
  });
});

test("a failing payment is told at once, with the event that brought it", async () => {
  const tenant = await makeCustomer();
  const { deps, receive, mails } = makeWorker(async (tenantId) => {
    await db
      .updateTable("tenant_settings")
      .set({ grace_ends_at: new Date(Date.now() + 7 * 86_400_000) })
      .where("tenant_id", "=", tenantId)
      .execute();
  });
  await receive(about("invoice.payment_failed", { id: "in_9", customer: tenant.customerId }));
  await workOffEvents(deps, tenant.customerId);
  expect(mails.map(({ mail }) => mail.kind)).toEqual(["payment_failed"]);
});
