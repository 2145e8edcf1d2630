import { describe, expect, test } from "vitest";
import {
  createAccessKey,
  createConnector,
  createEndpoint,
  createTenant,
  createTestDb,
} from "../../db/testing/index.ts";
import { findAccessKeyByHash } from "../access-keys/index.ts";
import { hashSecret } from "../secrets.ts";
import { ownerContext, testConfig } from "../testing/api.ts";
import { collectChanges } from "../testing/changes.ts";
import {
  COOLDOWN_DAYS,
  checkAvailability,
  findRoute,
  getEndpoint,
  getEndpointDetails,
  getEndpointHealth,
  listEndpoints,
  releaseEndpoint,
  rotateEndpointToken,
  updateEndpoint,
} from "./index.ts";
import type { UpdateEndpointInput } from "./schemas.ts";

const { db, url } = await createTestDb();
const changes = await collectChanges(url);
const config = testConfig;

test("rotating the token replaces it at once", async () => {
  const tenant = await createTenant(db);
  const endpoint = await createEndpoint(db, tenant);
  const { endpointToken } = await rotateEndpointToken({ ctx: ownerContext(db, tenant), input: {} });
  expect(endpointToken).not.toBe(endpoint.endpointToken);
  expect((await findRoute(db, endpoint.slug))?.endpointTokenHash).toBe(hashSecret(endpointToken));
  await changes.expect({ type: "endpoint", slug: endpoint.slug });
});

test("without a slug the endpoint that is served now is meant, or else the newest", async () => {
  const tenant = await createTenant(db, { plan: "pro" });
  const ctx = ownerContext(db, tenant);
  await expect(rotateEndpointToken({ ctx, input: {} })).rejects.toMatchObject({ code: "endpoint_not_found" });
  expect(await getEndpointDetails({ ctx, input: {}, config })).toEqual({
    endpoint: null,
    relay: { online: false, connectors: [] },
  });
  const first = await createEndpoint(db, tenant);
  const second = await createEndpoint(db, tenant);
  const current = async () => (await getEndpointDetails({ ctx, input: {}, config })).endpoint?.slug;
  expect(await current()).toBe(second.slug);
  const { endpointToken } = await rotateEndpointToken({ ctx, input: {} });
  expect((await findRoute(db, second.slug))?.endpointTokenHash).toBe(hashSecret(endpointToken));
  expect((await findRoute(db, first.slug))?.endpointTokenHash).toBe(hashSecret(first.endpointToken));

  await createConnector(db, tenant, first, { online: true });
  expect(await current()).toBe(first.slug);
  await rotateEndpointToken({ ctx, input: { slug: second.slug.toUpperCase() } });
  expect((await findRoute(db, second.slug))?.endpointTokenHash).not.toBe(hashSecret(endpointToken));
});

describe("what a caller sees of an endpoint", () => {
  test("is online while a connector was seen within the window", async () => {
    const tenant = await createTenant(db);
    const ctx = ownerContext(db, tenant);
    const endpoint = await createEndpoint(db, tenant);
    const { connectorId } = await createConnector(db, tenant, endpoint, { online: true });
    const before = await getEndpoint({ ctx, input: { slug: endpoint.slug }, config });
    expect(before).toMatchObject({
      online: true,
      connectorCount: 1,
      connectors: [{ connectorId, status: "online" }],
    });
    expect(JSON.stringify(before)).not.toContain(hashSecret(endpoint.endpointToken));

    await db
      .updateTable("connectors")
      .set({ last_seen_at: new Date(Date.now() - 46_000) })
      .where("id", "=", connectorId)
      .execute();
    expect((await listEndpoints({ ctx, config })).endpoints).toMatchObject([
      { online: false, connectorCount: 0 },
    ]);
    expect(await getEndpointHealth(db, endpoint.slug)).toEqual({
      slug: endpoint.slug,
      status: "active",
      online: false,
      connectors: 0,
    });
  });

  test("is suspended or unpaid as its tenant is", async () => {
    const tenant = await createTenant(db);
    const endpoint = await createEndpoint(db, tenant);
    const set = (values: { billing_state?: "unpaid"; suspended_at?: Date; suspended_reason?: string }) =>
      db.updateTable("tenant_settings").set(values).where("tenant_id", "=", tenant.tenantId).execute();
    await set({ billing_state: "unpaid" });
    expect(await findRoute(db, endpoint.slug)).toMatchObject({ state: "unpaid", stateReason: null });
    await set({ suspended_at: new Date(), suspended_reason: "phishing" });
    expect(await findRoute(db, endpoint.slug)).toMatchObject({ state: "suspended", stateReason: "phishing" });
    expect((await getEndpointHealth(db, endpoint.slug)).status).toBe("suspended");
  });

  test("is not there under a host that is no tenant's", async () => {
    await expect(getEndpointHealth(db, null)).rejects.toMatchObject({ code: "endpoint_not_found" });
  });
});

test("settings change one by one and are told to other processes", async () => {
  const tenant = await createTenant(db);
  const ctx = ownerContext(db, tenant);
  const { slug } = await createEndpoint(db, tenant);
  const update = (changes: Omit<UpdateEndpointInput, "slug">) =>
    updateEndpoint({ ctx, input: { slug, ...changes }, config });
  expect(await update({ requireAccessKey: true })).toMatchObject({
    requireAccessKey: true,
    upstreamBaseUrl: null,
  });
  await changes.expect({ type: "endpoint", slug });
  expect(await update({ upstreamBaseUrl: "https://llm.example.org/" })).toMatchObject({
    requireAccessKey: true,
    upstreamBaseUrl: "https://llm.example.org",
    online: true,
  });
  expect(await update({ upstreamBaseUrl: null })).toMatchObject({ upstreamBaseUrl: null, online: false });
  expect(await findRoute(db, slug)).toMatchObject({ usageMode: "ask" });
  expect(await update({ usageMode: "read" })).toMatchObject({ usageMode: "read", requireAccessKey: true });
  expect(await findRoute(db, slug)).toMatchObject({ usageMode: "read" });
  await expect(update({ usageMode: "guess" as "ask" })).rejects.toThrow();
  await expect(update({ upstreamBaseUrl: "http://10.0.0.1" })).rejects.toMatchObject({
    code: "upstream_not_allowed",
  });
});

test("a released name stops everything that hung on it and cools down for others", async () => {
  const [tenant, other] = [await createTenant(db), await createTenant(db)];
  const endpoint = await createEndpoint(db, tenant, { slug: "let-go" });
  const { connectorId } = await createConnector(db, tenant, endpoint, { online: true });
  const key = await createAccessKey(db, tenant, { endpointId: endpoint.endpointId });
  const { availableAt } = await releaseEndpoint({ ctx: ownerContext(db, tenant), input: { slug: "let-go" } });

  const days = (new Date(availableAt).getTime() - Date.now()) / 86_400_000;
  expect(days).toBeCloseTo(COOLDOWN_DAYS, 1);
  expect(await findRoute(db, "let-go")).toBeNull();
  const connector = await db
    .selectFrom("connectors")
    .selectAll()
    .where("id", "=", connectorId)
    .executeTakeFirst();
  expect(connector).toMatchObject({ status: "offline", revoked_at: expect.any(Date) });
  const query = {
    tenantId: tenant.tenantId,
    endpointId: endpoint.endpointId,
    secretHash: hashSecret(key.secret),
  };
  expect(await findAccessKeyByHash(db, query)).toBeNull();
  await changes.expect({ type: "connector", connectorId });

  const ask = (tenantId: string | null) => checkAvailability(db, { slug: "let-go", tenantId }, config);
  expect(await ask(other.tenantId)).toMatchObject({ available: false, reason: "cooldown" });
  expect(await ask(null)).toMatchObject({ available: false, reason: "cooldown" });
  expect(await ask(tenant.tenantId)).toMatchObject({ available: true, reason: null });
  await expect(
    releaseEndpoint({ ctx: ownerContext(db, tenant), input: { slug: "let-go" } }),
  ).rejects.toMatchObject({ code: "endpoint_not_found" });
});

test("availability normalises, explains, and offers names that are free themselves", async () => {
  const tenant = await createTenant(db, { plan: "pro" });
  await createEndpoint(db, tenant, { slug: "popular" });
  await createEndpoint(db, tenant, { slug: "popular-app" });
  const answer = await checkAvailability(db, { slug: " Popular ", tenantId: null }, config);
  expect(answer).toMatchObject({ slug: "popular", available: false, reason: "taken" });
  expect(answer.suggestions).toHaveLength(3);
  expect(answer.suggestions).not.toContain("popular-app");
  for (const slug of answer.suggestions) {
    expect(await checkAvailability(db, { slug, tenantId: null }, config)).toMatchObject({ available: true });
  }
  expect(await checkAvailability(db, { slug: "admin", tenantId: null }, config)).toMatchObject({
    reason: "reserved",
  });
  expect(await checkAvailability(db, { slug: "x", tenantId: null }, config)).toEqual({
    slug: "x",
    available: false,
    reason: "too_short",
    message: expect.stringContaining("3"),
    suggestions: [],
  });
});
