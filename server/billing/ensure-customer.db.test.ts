import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { createStripeClient, ensureCustomer, ensureMissingCustomers } from "./index.ts";

const { db } = await createTestDb();
const deps = { db, stripe: createStripeClient("sk_test_not_a_real_key") };

/** Stripe at the wire: customers by idempotency key, found by their metadata, as the real one does it. */
const customers = new Map<string, { id: string; tenantId: string; name?: string; email?: string }>();
const byKey = new Map<string, string>();
const calls: string[] = [];
const handlers = [
  http.get("https://api.stripe.com/v1/customers/search", ({ request }) => {
    calls.push("search");
    const tenantId = /"tenant_id"\]:"([^"]*)"/.exec(
      new URL(request.url).searchParams.get("query") ?? "",
    )?.[1];
    const data = [...customers.values()].filter((customer) => customer.tenantId === tenantId);
    return HttpResponse.json({ object: "search_result", data, has_more: false, url: "/v1/customers/search" });
  }),
  http.post("https://api.stripe.com/v1/customers", async ({ request }) => {
    calls.push("create");
    const key = request.headers.get("idempotency-key") ?? "";
    const form = new URLSearchParams(await request.text());
    const id = byKey.get(key) ?? `cus_${customers.size + 1}`;
    byKey.set(key, id);
    customers.set(id, { id, tenantId: form.get("metadata[tenant_id]") ?? "" });
    return HttpResponse.json({ id, object: "customer" });
  }),
  http.post("https://api.stripe.com/v1/customers/:id", async ({ request, params }) => {
    calls.push("update");
    const id = String(params.id);
    const form = new URLSearchParams(await request.text());
    customers.set(id, {
      ...customers.get(id)!,
      name: form.get("name") ?? "",
      email: form.get("email") ?? "",
    });
    return HttpResponse.json({ id, object: "customer" });
  }),
];
const server = setupServer(...handlers);
beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
afterEach(() => {
  server.resetHandlers();
  calls.length = 0;
});
afterAll(() => server.close());

const storedId = async (tenantId: string) =>
  (
    await db
      .selectFrom("tenant_settings")
      .select("stripe_customer_id")
      .where("tenant_id", "=", tenantId)
      .executeTakeFirstOrThrow()
  ).stripe_customer_id;

test("a new tenant gets a customer with its name and its owner's address; the second call asks nobody", async () => {
  const tenant = await createTenant(db, { name: "Acme" });
  const customerId = await ensureCustomer(deps, tenant.tenantId);
  expect(await storedId(tenant.tenantId)).toBe(customerId);
  expect(customers.get(customerId)).toEqual({
    id: customerId,
    tenantId: tenant.tenantId,
    name: "Acme",
    email: tenant.email,
  });
  calls.length = 0;
  expect(await ensureCustomer(deps, tenant.tenantId)).toBe(customerId);
  expect(calls).toEqual([]);
});

test("calls at once make one customer", async () => {
  const tenant = await createTenant(db);
  const before = customers.size;
  const ids = await Promise.all(Array.from({ length: 5 }, () => ensureCustomer(deps, tenant.tenantId)));
  expect(new Set(ids).size).toBe(1);
  expect(customers.size).toBe(before + 1);
});

test("a customer from a try that broke off is found again, also when Stripe has forgotten the key", async () => {
  const tenant = await createTenant(db);
  const first = await ensureCustomer(deps, tenant.tenantId);
  await db
    .updateTable("tenant_settings")
    .set({ stripe_customer_id: null })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  byKey.clear();
  expect(await ensureCustomer(deps, tenant.tenantId)).toBe(first);
  expect(calls.filter((call) => call === "create")).toHaveLength(1);
});

test("when Stripe refuses, nothing is stored and the error says why; the job makes up for it later", async () => {
  await db
    .updateTable("tenant_settings")
    .set({ stripe_customer_id: "cus_elsewhere" })
    .where("stripe_customer_id", "is", null)
    .execute();
  const tenant = await createTenant(db);
  server.use(
    http.post("https://api.stripe.com/v1/customers", () =>
      HttpResponse.json(
        { error: { type: "invalid_request_error", message: "no such account" } },
        { status: 400 },
      ),
    ),
  );
  await expect(ensureCustomer(deps, tenant.tenantId)).rejects.toThrow("no such account");
  expect(await storedId(tenant.tenantId)).toBeNull();
  server.resetHandlers();
  expect(await ensureMissingCustomers(deps)).toBe(1);
  expect(await storedId(tenant.tenantId)).toMatch(/^cus_/);
});

test("a tenant that is not there is no customer", async () => {
  await expect(ensureCustomer(deps, "ten_none")).rejects.toMatchObject({ code: "tenant_not_found" });
  expect(calls).toEqual([]);
});
