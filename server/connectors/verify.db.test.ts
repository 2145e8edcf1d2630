import { describe, expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb, type TestTenant } from "../../db/testing/index.ts";
import { releaseDevice } from "../devices/index.ts";
import { releaseEndpoint } from "../endpoints/index.ts";
import { authenticateLicense } from "../licenses/index.ts";
import { ownerContext, testConfig } from "../testing/api.ts";
import { issueConnector, revokeConnector, verifyConnectorClaims, verifyConnectorToken } from "./index.ts";
import { signConnectorToken } from "./token.ts";

const { db } = await createTestDb();
const signingSecret = testConfig.relayConnectorSigningSecret;
const verify = (token: string) => verifyConnectorToken({ db, signingSecret }, token);

/** A tenant with an endpoint, an activated device and a fresh token. */
async function issued(config = testConfig) {
  const tenant = await createTenant(db);
  const endpoint = await createEndpoint(db, tenant);
  const device = await authenticateLicense(db, {
    licenseKey: tenant.licenseKey,
    deviceId: "laptop",
    requestId: "req-test",
  });
  const ctx = ownerContext(db, tenant);
  const input = { endpointSlug: endpoint.slug };
  const token = await issueConnector({ ctx, input, device, config });
  return { tenant, endpoint, device, ctx, ...token };
}
const setTenant = (tenant: TestTenant, values: { suspended_at?: Date; billing_state?: "unpaid" }) =>
  db.updateTable("tenant_settings").set(values).where("tenant_id", "=", tenant.tenantId).execute();

test("a fresh token is valid and says for whom it opens links", async () => {
  const { connectorToken, connectorId, tenant, endpoint, expiresAt } = await issued();
  expect(await verify(connectorToken)).toEqual({
    valid: true,
    claims: {
      connectorId,
      tenantId: tenant.tenantId,
      endpointId: endpoint.endpointId,
      slug: endpoint.slug,
      deviceId: "laptop",
      expiresAt: new Date(expiresAt),
    },
  });
  const ttl = (new Date(expiresAt).getTime() - Date.now()) / 1000;
  expect(Math.abs(ttl - testConfig.relayConnectorTtlSeconds)).toBeLessThan(5);
});

describe("a token is refused", () => {
  test("when it was revoked", async () => {
    const { connectorToken, connectorId, ctx } = await issued();
    await revokeConnector({ ctx, input: { connectorId } });
    await revokeConnector({ ctx, input: { connectorId } });
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "revoked" });
  });

  test("when its endpoint was released, and when another tenant has the name by now", async () => {
    const { connectorToken, endpoint, ctx } = await issued();
    await releaseEndpoint({ ctx, input: { slug: endpoint.slug } });
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "revoked" });
    await createEndpoint(db, await createTenant(db), { slug: endpoint.slug });
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "revoked" });
  });

  test("when its device was released", async () => {
    const { connectorToken, device, ctx } = await issued();
    await releaseDevice({ ctx, input: { id: device.devicePk } });
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "revoked" });
  });

  test("when the license was revoked or ran out", async () => {
    const { connectorToken, tenant } = await issued();
    const set = (values: { status?: "revoked"; expires_at?: Date }) =>
      db.updateTable("licenses").set(values).where("id", "=", tenant.licenseId).execute();
    await set({ expires_at: new Date(Date.now() - 1000) });
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "license" });
    await set({ status: "revoked" });
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "license" });
  });

  test("but not for an unpaid bill: the connector stays, so that service is back with the payment", async () => {
    const { connectorToken, tenant } = await issued();
    await setTenant(tenant, { billing_state: "unpaid" });
    expect(await verify(connectorToken)).toMatchObject({ valid: true });
  });

  test("while the tenant is suspended, and the endpoint while it is suspended", async () => {
    const second = await issued();
    await setTenant(second.tenant, { suspended_at: new Date() });
    expect(await verify(second.connectorToken)).toEqual({ valid: false, reason: "suspended" });
    const third = await issued();
    await db
      .updateTable("endpoints")
      .set({ status: "suspended" })
      .where("id", "=", third.endpoint.endpointId)
      .execute();
    expect(await verify(third.connectorToken)).toEqual({ valid: false, reason: "suspended" });
  });

  test("when it expired", async () => {
    const { connectorToken } = await issued({ ...testConfig, relayConnectorTtlSeconds: -1 });
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "expired" });
  });

  test("when its row was made to expire earlier than the token says", async () => {
    const { connectorToken, connectorId } = await issued();
    await db
      .updateTable("connectors")
      .set({ expires_at: new Date(Date.now() - 1) })
      .where("id", "=", connectorId)
      .execute();
    expect(await verify(connectorToken)).toEqual({ valid: false, reason: "expired" });
  });

  test("when it is signed well but names another endpoint, tenant or connector than was issued", async () => {
    const [mine, other] = [await issued(), await issued()];
    const verdict = await verify(mine.connectorToken);
    if (!verdict.valid) throw new Error("the token should be valid");
    const forge = async (changes: object) =>
      verify(await signConnectorToken({ ...verdict.claims, ...changes }, signingSecret));
    expect(await forge({ endpointId: other.endpoint.endpointId })).toEqual({
      valid: false,
      reason: "unknown",
    });
    expect(await forge({ slug: other.endpoint.slug })).toEqual({ valid: false, reason: "unknown" });
    expect(await forge({ tenantId: other.tenant.tenantId })).toEqual({ valid: false, reason: "unknown" });
    expect(await forge({ connectorId: "con_none" })).toEqual({ valid: false, reason: "unknown" });
  });
});

test("no token is issued for another tenant's endpoint, nor while the tenant is suspended", async () => {
  const { ctx, tenant } = await issued();
  const foreign = await createEndpoint(db, await createTenant(db));
  const issue = (endpointSlug: string) =>
    issueConnector({ ctx, input: { endpointSlug }, device: null, config: testConfig });
  await expect(issue(foreign.slug)).rejects.toMatchObject({
    kind: "not_found",
    code: "endpoint_not_found",
    details: { field: "endpointSlug" },
  });
  const own = await createEndpoint(db, tenant);
  await setTenant(tenant, { suspended_at: new Date() });
  await expect(issue(own.slug)).rejects.toMatchObject({ code: "tenant_suspended" });
});

test("what a good token said is enough to ask again: it stays good until it is revoked or its own time is over", async () => {
  const { connectorToken, connectorId, ctx } = await issued();
  const verdict = await verify(connectorToken);
  if (!verdict.valid) throw new Error("the token should be valid");
  const again = (now = Date.now()) => verifyConnectorClaims({ db, now: () => now }, verdict.claims);
  expect(await again()).toEqual(verdict);
  expect(await again(verdict.claims.expiresAt.getTime())).toEqual({ valid: false, reason: "expired" });
  await revokeConnector({ ctx, input: { connectorId } });
  expect(await again()).toEqual({ valid: false, reason: "revoked" });
});
