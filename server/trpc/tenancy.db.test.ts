import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import {
  createAccessKey,
  createConnector,
  createEndpoint,
  createTenant,
  createTestDb,
} from "../../db/testing/index.ts";
import { createApiKey } from "../api-keys/index.ts";
import { createManagedCloudflare, hubsOff } from "../hubs/index.ts";
import { authenticateLicense } from "../licenses/index.ts";
import { recordRequests } from "../requests/index.ts";
import { recordAsBlocks } from "../requests/testing.ts";
import { hashSecret } from "../secrets.ts";
import { callerOf, makeDeps, ownerContext, sessionOf, startRest } from "../testing/api.ts";
import { createLocalKeyService, createTenantVault } from "../vault/index.ts";
import { restRoutes } from "./rest/index.ts";
import { appRouter } from "./root.ts";

const { db } = await createTestDb();
// All is configured, so that nothing but the tenant keeps the asker out; no call goes anywhere.
const hubs = {
  ...hubsOff,
  vault: createTenantVault(createLocalKeyService([{ id: "test", key: Buffer.alloc(32, 7) }])),
  cloudflare: createManagedCloudflare({
    token: "no-token",
    accountId: "account",
    zoneId: "zone",
    domain: "hubs.example",
    jurisdiction: "default",
    location: null,
    r2Endpoint: "http://127.0.0.1:9",
    apiBase: "http://127.0.0.1:9",
  }),
};
const deps = makeDeps(db, { hubs });

/** The tenant whose things are asked for, with one of everything. */
const victim = await createTenant(db, { plan: "pro", name: "Victim & Sons" });
const endpoint = await createEndpoint(db, victim, { slug: "victims-own" });
const device = await authenticateLicense(db, {
  licenseKey: victim.licenseKey,
  deviceId: "victim-pc",
  requestId: "r",
});
const connector = await createConnector(db, victim, endpoint, { online: true, devicePk: device.devicePk });
const accessKey = await createAccessKey(db, victim);
const apiKey = await createApiKey({ ctx: ownerContext(db, victim), input: { name: "victim-key" } });
const requestsOfVictim = [
  {
    id: "req_of_victim",
    tenant_id: victim.tenantId,
    endpoint_id: endpoint.endpointId,
    relay_id: "relay-a",
    started_at: new Date(),
    method: "GET",
    path: "/victims/path",
    status: 200,
    bytes_in: 0,
    bytes_out: 0,
    duration_ms: 1,
    client_address: "203.0.113.77",
  },
];
await recordRequests(db, requestsOfVictim);
await recordAsBlocks(
  db,
  requestsOfVictim.map((row) => ({ ...row, id: "req_of_victim_in_a_block" })),
);

await db
  .insertInto("budgets")
  .values({
    id: "bud_of_victim",
    tenant_id: victim.tenantId,
    access_key_id: null,
    metric: "tokens",
    period: "day",
    limit_value: 1_000,
  })
  .execute();

await db
  .insertInto("tcp_tunnels")
  .values({
    id: "tcp_of_victim",
    tenant_id: victim.tenantId,
    endpoint_id: endpoint.endpointId,
    name: "victims-db",
    port: 20_777,
  })
  .execute();

await db
  .insertInto("custom_domains")
  .values({
    id: "dom_of_victim",
    tenant_id: victim.tenantId,
    endpoint_id: endpoint.endpointId,
    host: "api.of-the-victim.com",
    proof_token: "proof-of-victim",
  })
  .execute();

await db
  .insertInto("hubs")
  .values({
    id: "hub_of_victim",
    tenant_id: victim.tenantId,
    hub_id: "victims-office",
    name: "Victim's hub",
    license_id: victim.licenseId,
    token_hash: hashSecret("hs_hub_of_victim"),
    service_url: "http://localhost:7777",
    state: "on",
    health_checks: "[]",
  })
  .execute();

await db
  .insertInto("hub_buckets")
  .values({
    id: "bkt_of_victim",
    tenant_id: victim.tenantId,
    cf_account_id: "cf",
    name: "victims-bucket",
    state: "ready",
  })
  .execute();
await db
  .insertInto("hub_bucket_days")
  .values({
    bucket_id: "bkt_of_victim",
    tenant_id: victim.tenantId,
    day: new Date().toISOString().slice(0, 10),
    peak_bytes: 77_777_777,
    objects: 1,
    class_a: 1,
    class_b: 1,
  })
  .execute();

const yesterday = new Date(Date.now() - 86_400_000);
await db
  .insertInto("invoices")
  .values({
    id: "in_of_victim",
    tenant_id: victim.tenantId,
    subscription_id: "sub_of_victim",
    number: "VICTIM-0001",
    status: "open",
    currency: "usd",
    subtotal_cents: 1900,
    tax_cents: 0,
    total_cents: 1900,
    amount_due_cents: 1900,
    amount_paid_cents: 0,
    period_start: yesterday,
    period_end: new Date(),
    next_payment_attempt: null,
    hosted_invoice_url: "https://invoice.example.test/in_of_victim",
    invoice_pdf: null,
    created_at: yesterday,
    finalized_at: yesterday,
    paid_at: null,
  })
  .execute();

/** The tenant that asks. */
const asker = await createTenant(db, { plan: "pro" });
const askersKey = await createApiKey({ ctx: ownerContext(db, asker), input: { name: "askers" } });
const base = await startRest(deps, { asker: sessionOf(asker) });

const slug = endpoint.slug;
/**
 * What every procedure answers to a stranger who knows the right ids. `own`: it takes no id, so it can only be about the
 * caller; `public`: it is open to everybody and told apart below.
 */
const expectations: Record<string, { input?: object; answer: string | "empty" | "own" | "public" }> = {
  "abuse.report": { input: { slug, reason: "spam", detail: "x" }, answer: "public" },
  "accessKeys.list": { answer: "empty" },
  "accessKeys.create": { input: { name: "x", endpointSlug: slug }, answer: "endpoint_not_found" },
  "accessKeys.revoke": { input: { id: accessKey.accessKeyId }, answer: "access_key_not_found" },
  "apiKeys.list": { answer: "own" },
  "apiKeys.create": { input: { name: "x" }, answer: "own" },
  "apiKeys.revoke": { input: { id: apiKey.apiKey.id }, answer: "api_key_not_found" },
  "billing.get": { answer: "own" },
  "billing.startCheckout": { input: { plan: "pro" }, answer: "billing_off" },
  "billing.completeCheckout": { input: { sessionId: "cs_of_victim" }, answer: "billing_off" },
  "billing.previewChange": { input: { plan: "team" }, answer: "billing_off" },
  "billing.changePlan": { input: { plan: "team" }, answer: "billing_off" },
  "billing.cancel": { answer: "billing_off" },
  "billing.resume": { answer: "billing_off" },
  "billing.openPortal": { input: {}, answer: "billing_off" },
  "billing.invoices": { input: {}, answer: "empty" },
  "billing.invoice": { input: { id: "in_of_victim" }, answer: "invoice_not_found" },
  "billing.payInvoice": { input: { id: "in_of_victim" }, answer: "billing_off" },
  "billing.addTaxId": { input: { type: "eu_vat", value: "DE123456789" }, answer: "billing_off" },
  "billing.removeTaxId": { input: { id: "txi_of_victim" }, answer: "billing_off" },
  "billing.applyCoupon": { input: { coupon: "WELCOME" }, answer: "billing_off" },
  "billing.cancelNow": { input: { tenantId: victim.tenantId, reason: "x" }, answer: "unauthorized" },
  "budgets.list": { answer: "empty" },
  "budgets.set": {
    input: { accessKeyId: accessKey.accessKeyId, metric: "tokens", period: "day", limit: 5, hard: true },
    answer: "access_key_not_found",
  },
  "budgets.remove": { input: { id: "bud_of_victim" }, answer: "budget_not_found" },
  "connectors.issue": { input: { endpointSlug: slug }, answer: "endpoint_not_found" },
  "connectors.heartbeat": {
    input: { connectorId: connector.connectorId, status: "offline" },
    answer: "unauthorized",
  },
  "connectors.status": { input: { slug }, answer: "public" },
  "connectors.verify": { input: { connectorToken: "x" }, answer: "unauthorized" },
  "connectors.revoke": { input: { connectorId: connector.connectorId }, answer: "connector_not_found" },
  "connectors.watch": { input: { slug }, answer: "endpoint_not_found" },
  "domains.list": { input: { slug }, answer: "endpoint_not_found" },
  "domains.add": { input: { endpointSlug: slug, host: "api.asker.com" }, answer: "endpoint_not_found" },
  "domains.verify": { input: { id: "dom_of_victim" }, answer: "domain_not_found" },
  "domains.remove": { input: { id: "dom_of_victim" }, answer: "domain_not_found" },
  "devices.release": { input: { id: device.devicePk }, answer: "device_not_found" },
  "endpoints.register": { input: { slug }, answer: "slug_taken" },
  "endpoints.details": { input: { slug }, answer: "endpoint_not_found" },
  "endpoints.rotateToken": { input: { slug }, answer: "endpoint_not_found" },
  "endpoints.health": { answer: "endpoint_not_found" },
  "endpoints.availability": { input: { slug }, answer: "public" },
  "endpoints.list": { answer: "empty" },
  "endpoints.get": { input: { slug }, answer: "endpoint_not_found" },
  "endpoints.update": { input: { slug, requireAccessKey: true }, answer: "endpoint_not_found" },
  "endpoints.release": { input: { slug }, answer: "endpoint_not_found" },
  "hubs.report": { input: { hubId: "victims-office" }, answer: "invalid_hub_token" },
  "hubs.ownBackupPassword": { input: { hubId: "victims-office" }, answer: "invalid_hub_token" },
  "hubs.register": { input: { hubId: "askers-own" }, answer: "own" },
  "hubs.list": { answer: "own" },
  "hubs.troubled": { answer: "empty" },
  "hubs.get": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.update": { input: { hubId: "victims-office", name: "x" }, answer: "hub_not_found" },
  "hubs.enable": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.disable": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.rotateKeys": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.rotateToken": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.backupPassword": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.addHostname": { input: { hubId: "victims-office", name: "x" }, answer: "hub_not_found" },
  "hubs.removeHostname": { input: { hubId: "victims-office", id: "hhn_of_victim" }, answer: "hub_not_found" },
  "hubs.remove": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.bucketUse": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "hubs.watch": { input: { hubId: "victims-office" }, answer: "hub_not_found" },
  "ledger.adjust": {
    input: { tenantId: victim.tenantId, meter: "tokens", quantity: -1, reason: "mine", by: "x" },
    answer: "unauthorized",
  },
  "licenses.get": { answer: "own" },
  "licenses.issueKey": { answer: "own" },
  "managedCloudflare.enroll": {
    input: { account_id: victim.tenantId, hub_id: "victims-office" },
    answer: "invalid_hub_token",
  },
  "managedCloudflare.status": { input: { hub_id: "victims-office" }, answer: "invalid_hub_token" },
  "managedCloudflare.rotateKeys": { input: { hub_id: "victims-office" }, answer: "invalid_hub_token" },
  "managedCloudflare.disable": { input: { hub_id: "victims-office" }, answer: "invalid_hub_token" },
  "requests.list": { input: { slug }, answer: "endpoint_not_found" },
  "tcpTunnels.open": { input: { endpointSlug: slug, name: "22" }, answer: "endpoint_not_found" },
  "tcpTunnels.list": { input: { slug }, answer: "endpoint_not_found" },
  "tcpTunnels.release": { input: { id: "tcp_of_victim" }, answer: "tcp_tunnel_not_found" },
  "tenants.current": { answer: "own" },
  "tenants.suspend": { input: { tenantId: victim.tenantId, reason: "x" }, answer: "unauthorized" },
  "usage.current": { input: { period: "current" }, answer: "own" },
  "usage.series": { input: { slug }, answer: "endpoint_not_found" },
  "usage.breakdown": {
    input: { by: "access_key", accessKeyId: accessKey.accessKeyId },
    answer: "access_key_not_found",
  },
  "usage.storageDays": { input: { from: "2026-11-01" }, answer: "own" },
  "usage.requests": { input: { slug }, answer: "endpoint_not_found" },
  "tenants.resume": { input: { tenantId: victim.tenantId }, answer: "unauthorized" },
};

/** What must never stand in an answer to the asker. Ids and names that the asker sent itself are cut out first. */
const secretsOfVictim = [
  victim.tenantId,
  victim.userId,
  victim.email,
  victim.licenseId,
  victim.licenseKey,
  "Victim & Sons",
  endpoint.endpointId,
  device.devicePk,
  "victim-pc",
  accessKey.accessKeyId,
  apiKey.apiKey.id,
  "victim-key",
  "req_of_victim",
  "/victims/path",
  "203.0.113.77",
  "victims-db",
  "20777",
  "api.of-the-victim.com",
  "proof-of-victim",
  "in_of_victim",
  "VICTIM-0001",
  "hub_of_victim",
  "Victim's hub",
  "localhost:7777",
];

/** Every row of the victim, to see that nothing was changed. */
async function rowsOfVictim(): Promise<string> {
  const tables = [
    "tenant_settings",
    "licenses",
    "devices",
    "endpoints",
    "connectors",
    "access_keys",
    "api_keys",
    "custom_domains",
    "requests",
    "request_blocks",
    "tcp_tunnels",
    "invoices",
    "hubs",
  ];
  const rows = await Promise.all(
    tables.map((table) =>
      sql`select * from ${sql.table(table)} where tenant_id = ${victim.tenantId} order by 1`.execute(db),
    ),
  );
  return JSON.stringify(rows.map((result) => result.rows));
}

/** Calls a procedure and gives its answer as text, or its error code. */
async function answerOf(call: () => Promise<unknown>): Promise<{ code: string | null; text: string }> {
  try {
    const value = await call();
    const isWatch = typeof value === "object" && value !== null && Symbol.asyncIterator in value;
    const first = isWatch ? await (value as AsyncIterable<unknown>)[Symbol.asyncIterator]().next() : value;
    return { code: null, text: JSON.stringify(first) };
  } catch (error) {
    const { cause, message } = error as { cause?: { code?: string }; message: string };
    return { code: cause?.code ?? "unknown", text: message };
  }
}

function check(path: string, { code, text }: { code: string | null; text: string }): void {
  const { answer, input = {} } = expectations[path]!;
  const sent = Object.values(input).map(String);
  for (const secret of secretsOfVictim) if (!sent.includes(secret)) expect(text).not.toContain(secret);
  if (answer === "own" || answer === "public") expect(code).toBeNull();
  else if (answer === "empty") expect(text).toMatch(/^\{"\w+":\[\]/);
  else expect(code).toBe(answer);
}

test("every procedure of the router is in the table", () => {
  expect(Object.keys(appRouter._def.procedures).sort()).toEqual(Object.keys(expectations).sort());
});

describe.each([
  ["a session", { session: sessionOf(asker) }],
  ["an API key", { authorization: `Bearer ${askersKey.secret}` }],
])("with %s of another tenant", (_name, credential) => {
  test.each(Object.keys(expectations))("%s over tRPC gives nothing of the victim away", async (path) => {
    const before = await rowsOfVictim();
    const [group, name] = path.split(".") as [string, string];
    const caller = callerOf(deps, credential) as unknown as Record<
      string,
      Record<string, (input?: object) => Promise<unknown>>
    >;
    check(path, await answerOf(() => caller[group]![name]!(expectations[path]!.input)));
    expect(await rowsOfVictim()).toBe(before);
  });

  test.each(restRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s gives nothing of the victim away",
    async (_title, route) => {
      const before = await rowsOfVictim();
      const input: Record<string, unknown> = { ...expectations[route.procedure]!.input };
      const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = String(input[name]);
        delete input[name];
        return encodeURIComponent(value);
      });
      const hasBody = route.method !== "GET" && route.method !== "DELETE";
      const query = hasBody ? "" : `?${new URLSearchParams(input as Record<string, string>)}`;
      const response = await fetch(base + path + query, {
        method: route.method,
        headers: {
          ...("authorization" in credential
            ? { authorization: credential.authorization }
            : { "x-test-user": "asker" }),
          ...(hasBody ? { "content-type": "application/json" } : {}),
        },
        ...(hasBody ? { body: JSON.stringify(input) } : {}),
      });
      const text = await response.text();
      const code = response.ok ? null : (JSON.parse(text) as { error: { code: string } }).error.code;
      check(route.procedure, { code, text });
      if (code?.endsWith("_not_found")) expect(response.status).toBe(404);
      expect(await rowsOfVictim()).toBe(before);
    },
  );
});

describe("with a license key of another tenant", async () => {
  const machine = { licenseKey: (await createTenant(db)).licenseKey, deviceId: "askers-pc" };
  test.each([
    "endpoints.register",
    "endpoints.details",
    "endpoints.rotateToken",
    "connectors.issue",
    "tcpTunnels.open",
    "hubs.enable",
  ])("%s", async (path) => {
    const before = await rowsOfVictim();
    const [group, name] = path.split(".") as [string, string];
    const caller = callerOf(deps) as unknown as Record<
      string,
      Record<string, (input: object) => Promise<unknown>>
    >;
    check(path, await answerOf(() => caller[group]![name]!({ ...machine, ...expectations[path]!.input })));
    expect(await rowsOfVictim()).toBe(before);
  });
});

test("a list with the victim's rows in the same tables shows the asker's own only", async () => {
  const caller = callerOf(deps, { session: sessionOf(asker) });
  expect((await caller.requests.list({})).requests).toEqual([]);
  expect((await caller.licenses.get()).id).toBe(asker.licenseId);
  expect((await caller.tenants.current()).id).toBe(asker.tenantId);
  for (const key of (await caller.apiKeys.list()).apiKeys) expect(key.createdBy).toBe(asker.userId);
});

test("without any credential only public procedures answer", async () => {
  const caller = callerOf(deps) as unknown as Record<
    string,
    Record<string, (input?: object) => Promise<unknown>>
  >;
  for (const [path, { input, answer }] of Object.entries(expectations)) {
    const [group, name] = path.split(".") as [string, string];
    const result = await answerOf(() => caller[group]![name]!(input));
    if (answer === "public") expect(result.code, path).toBeNull();
    else expect(["unauthorized", "invalid_hub_token", "endpoint_not_found"], path).toContain(result.code);
  }
});

test("a session names a tenant that its user does not belong to: it works in the user's own", async () => {
  const session = { ...sessionOf(asker), activeTenantId: victim.tenantId };
  expect((await callerOf(deps, { session }).tenants.current()).id).toBe(asker.tenantId);
});

test("a member who was removed is out at the next call", async () => {
  const tenant = await createTenant(db);
  const caller = callerOf(deps, { session: sessionOf(tenant) });
  expect((await caller.tenants.current()).id).toBe(tenant.tenantId);
  await db.deleteFrom("member").where("userId", "=", tenant.userId).execute();
  await expect(caller.tenants.current()).rejects.toMatchObject({ code: "FORBIDDEN" });
});
