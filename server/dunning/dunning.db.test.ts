import { expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb, type TestTenant } from "../../db/testing/index.ts";
import { findRoute } from "../endpoints/index.ts";
import type { Mail, Mailer } from "../mail/index.ts";
import { collectChanges } from "../testing/changes.ts";
import { runDunning } from "./index.ts";
import { runAllDunning } from "./run.ts";
import { standingOf } from "./standing.ts";

const { db, url } = await createTestDb({ max: 10 });
const changes = await collectChanges(url);
const start = new Date("2026-11-21T12:00:00Z");
const at = (days: number) => new Date(start.getTime() + days * 86_400_000);

/** A mailer that keeps what it is given; `broken` addresses are never reached. */
function makeMailer(broken = new Set<string>()) {
  const mails: { to: string; mail: Mail }[] = [];
  const mailer: Mailer = {
    kind: "mailbox",
    async send(to, mail) {
      if (broken.has(to)) return "failed";
      mails.push({ to, mail });
      return "sent";
    },
    close: () => undefined,
  };
  return { mailer, mails, kinds: () => mails.map(({ mail }) => mail.kind) };
}

async function addMember(tenant: TestTenant, role: string): Promise<string> {
  const { userId, email } = await createTenant(db);
  await db
    .insertInto("member")
    .values({ id: `mem_${userId}`, organizationId: tenant.tenantId, userId, role, createdAt: new Date() })
    .execute();
  return email;
}

/** What a sync does after a payment failed, or was made. */
async function setSubscription(tenant: TestTenant, status: string, pastDueSince: Date | null, now: Date) {
  const id = `sub_${tenant.tenantId}`;
  const row = {
    status,
    plan: "pro" as const,
    past_due_since: pastDueSince,
    stripe_customer_id: `cus_${tenant.tenantId}`,
    current_period_start: at(0),
    current_period_end: at(30),
  };
  await db
    .insertInto("subscriptions")
    .values({ id, tenant_id: tenant.tenantId, created_at: at(-30), ...row })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
  const settings = await db
    .selectFrom("tenant_settings")
    .selectAll()
    .where("tenant_id", "=", tenant.tenantId)
    .executeTakeFirstOrThrow();
  const { billing_state: billingState, grace_ends_at: graceEndsAt, plan, plan_source: planSource } = settings;
  const standing = standingOf(row, {
    now,
    graceDays: 7,
    planSource,
    present: { plan, billingState, graceEndsAt },
  });
  await db
    .updateTable("tenant_settings")
    .set({
      plan: standing.plan,
      plan_source: standing.planSource,
      billing_state: standing.billingState,
      grace_ends_at: standing.graceEndsAt,
    })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
}

async function addOpenInvoice(tenant: TestTenant) {
  await db
    .insertInto("invoices")
    .values({
      id: `in_${tenant.tenantId}`,
      tenant_id: tenant.tenantId,
      status: "open",
      currency: "usd",
      subtotal_cents: 1900,
      tax_cents: 0,
      total_cents: 1900,
      amount_due_cents: 1900,
      amount_paid_cents: 0,
      period_start: at(-30),
      period_end: at(0),
      created_at: at(0),
      lines: "[]",
    })
    .execute();
}

test("an episode from the first failure to the payment: each mail once, the pause on time, and back", async () => {
  const tenant = await createTenant(db, { plan: "pro", name: "Acme" });
  const { slug } = await createEndpoint(db, tenant);
  const admin = await addMember(tenant, "admin");
  await addMember(tenant, "member");
  await addOpenInvoice(tenant);
  await setSubscription(tenant, "past_due", at(0), at(0));
  const { mailer, mails, kinds } = makeMailer();
  const run = (day: number) =>
    runDunning({ db, mailer, portalUrl: "https://hotspot.example", now: () => at(day) }, tenant.tenantId);
  const state = async () => (await findRoute(db, slug))?.state;

  expect(await run(0)).toEqual({ paused: false, mails: 2 });
  expect(mails.map(({ to }) => to)).toEqual([tenant.email, admin]);
  expect(mails[0]!.mail).toEqual({
    kind: "payment_failed",
    accountName: "Acme",
    amount: "$19.00",
    graceEndsOn: "28 November 2026",
    billingUrl: "https://hotspot.example/billing",
  });
  for (const day of [0.5, 2, 3, 4, 6, 6.5]) await run(day);
  expect(kinds()).toEqual(
    ["payment_failed", "payment_reminder", "grace_ending"].flatMap((kind) => [kind, kind]),
  );
  expect(await state()).toBe("active");

  expect(await run(7)).toEqual({ paused: true, mails: 2 });
  await changes.expect({ type: "tenant", tenantId: tenant.tenantId });
  expect(await state()).toBe("unpaid");
  expect(mails.at(-1)!.mail).toMatchObject({ kind: "service_paused", amount: "$19.00" });
  expect(await run(8)).toEqual({ paused: false, mails: 0 });

  // Stripe gives up too: another word, the same pause.
  await setSubscription(tenant, "unpaid", null, at(9));
  expect(await run(9)).toEqual({ paused: false, mails: 0 });

  await setSubscription(tenant, "active", null, at(10));
  expect(await run(10)).toEqual({ paused: false, mails: 2 });
  expect(mails.at(-1)!.mail).toMatchObject({ kind: "service_back", planTitle: "Pro" });
  expect(await state()).toBe("active");
  expect(await run(11)).toEqual({ paused: false, mails: 0 });

  const audit = await db
    .selectFrom("audit_log")
    .select(["action", "user_id"])
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  expect(audit).toEqual([{ action: "tenant.unpaid", user_id: null }]);

  // Months later it happens again: another episode, with mails of its own.
  await setSubscription(tenant, "past_due", at(60), at(60));
  await run(60);
  await run(67);
  expect(kinds().slice(-4)).toEqual(["payment_failed", "payment_failed", "service_paused", "service_paused"]);
});

test("paid within the grace: nothing more is sent and nothing was paused", async () => {
  const tenant = await createTenant(db);
  const { mailer, kinds } = makeMailer();
  const run = (day: number) =>
    runDunning({ db, mailer, portalUrl: "http://h.example", now: () => at(day) }, tenant.tenantId);
  await setSubscription(tenant, "past_due", at(0), at(0));
  await run(0);
  await setSubscription(tenant, "active", null, at(1));
  for (const day of [1, 3, 6, 7, 8]) await run(day);
  expect(kinds()).toEqual(["payment_failed"]);
});

test("a suspension by an operator is not lifted by a payment", async () => {
  const tenant = await createTenant(db);
  const { slug } = await createEndpoint(db, tenant);
  const { mailer } = makeMailer();
  await db
    .updateTable("tenant_settings")
    .set({ suspended_at: at(0), suspended_reason: "phishing" })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  await setSubscription(tenant, "past_due", at(0), at(0));
  await runDunning({ db, mailer, portalUrl: "http://h.example", now: () => at(8) }, tenant.tenantId);
  await setSubscription(tenant, "active", null, at(9));
  await runDunning({ db, mailer, portalUrl: "http://h.example", now: () => at(9) }, tenant.tenantId);
  expect(await findRoute(db, slug)).toMatchObject({ state: "suspended", stateReason: "phishing" });
});

test("a mail that cannot be sent fails the run, and is sent later to those who do not have it", async () => {
  const tenant = await createTenant(db);
  const admin = await addMember(tenant, "member,admin");
  const broken = new Set([admin]);
  const { mailer, mails } = makeMailer(broken);
  const deps = { db, mailer, portalUrl: "http://h.example", now: () => at(0) };
  await setSubscription(tenant, "past_due", at(0), at(0));
  await expect(runDunning(deps, tenant.tenantId)).rejects.toThrow("payment_failed could not be sent");
  expect(mails.map(({ to }) => to)).toEqual([tenant.email]);
  broken.clear();
  await runDunning(deps, tenant.tenantId);
  expect(mails.map(({ to }) => to)).toEqual([tenant.email, admin]);
});

test("two portals at once send one mail and pause once; a failing account does not stop the others", async () => {
  await db.updateTable("tenant_settings").set({ billing_state: "ok", grace_ends_at: null }).execute();
  await db.deleteFrom("billing_notices").execute();
  const [failing, fine] = [await createTenant(db), await createTenant(db)];
  for (const tenant of [failing, fine]) await setSubscription(tenant, "past_due", at(0), at(0));
  const { mailer, mails } = makeMailer(new Set([failing.email]));
  const deps = { db, mailer, portalUrl: "http://h.example", now: () => at(7) };
  const runs = await Promise.allSettled([runAllDunning(deps), runAllDunning(deps), runAllDunning(deps)]);
  expect(runs.every(({ status }) => status === "rejected")).toBe(true);
  expect(mails.map(({ to, mail }) => [to, mail.kind])).toEqual([[fine.email, "service_paused"]]);
  const audit = await db
    .selectFrom("audit_log")
    .select("action")
    .where("tenant_id", "in", [fine.tenantId, failing.tenantId])
    .execute();
  expect(audit).toHaveLength(2);
});
