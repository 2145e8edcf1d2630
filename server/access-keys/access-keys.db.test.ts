import { describe, expect, test } from "vitest";
import {
  createEndpoint,
  createTenant,
  createTestDb,
  createAccessKey as makeKey,
} from "../../db/testing/index.ts";
import { hashSecret } from "../secrets.ts";
import { ownerContext } from "../testing/api.ts";
import { collectChanges } from "../testing/changes.ts";
import {
  createAccessKey,
  findAccessKeyByHash,
  listAccessKeys,
  revokeAccessKey,
  touchAccessKeys,
} from "./index.ts";

const { db, url } = await createTestDb({ max: 10 });
const changes = await collectChanges(url);

test("a key is shown once, listed by its hint, and gone after it was revoked", async () => {
  const tenant = await createTenant(db);
  const ctx = ownerContext(db, tenant);
  const endpoint = await createEndpoint(db, tenant);
  const { accessKey, secret } = await createAccessKey({
    ctx,
    input: { name: " CI ", endpointSlug: endpoint.slug },
  });
  expect(accessKey).toMatchObject({
    name: "CI",
    endpointSlug: endpoint.slug,
    hint: `hs_key_…${secret.slice(-4)}`,
  });
  await changes.expect({ type: "access_key", tenantId: tenant.tenantId });
  expect((await listAccessKeys({ ctx })).accessKeys).toEqual([accessKey]);

  const query = {
    tenantId: tenant.tenantId,
    endpointId: endpoint.endpointId,
    secretHash: hashSecret(secret),
  };
  expect(await findAccessKeyByHash(db, query)).toEqual({ accessKeyId: accessKey.id, expiresAt: null });
  await revokeAccessKey({ ctx, input: { id: accessKey.id } });
  expect(await findAccessKeyByHash(db, query)).toBeNull();
  expect((await listAccessKeys({ ctx })).accessKeys).toEqual([]);
  await expect(revokeAccessKey({ ctx, input: { id: accessKey.id } })).rejects.toMatchObject({
    code: "access_key_not_found",
  });
});

describe("a key opens an endpoint", () => {
  test("only of its tenant, and only its own when it is bound to one", async () => {
    const [tenant, other] = [await createTenant(db, { plan: "pro" }), await createTenant(db)];
    const [first, second] = [await createEndpoint(db, tenant), await createEndpoint(db, tenant)];
    const foreign = await createEndpoint(db, other);
    const bound = await makeKey(db, tenant, { endpointId: first.endpointId });
    const wide = await makeKey(db, tenant);
    const opens = async (secret: string, tenantId: string, endpointId: string) =>
      (await findAccessKeyByHash(db, { tenantId, endpointId, secretHash: hashSecret(secret) })) !== null;
    expect(await opens(bound.secret, tenant.tenantId, first.endpointId)).toBe(true);
    expect(await opens(bound.secret, tenant.tenantId, second.endpointId)).toBe(false);
    expect(await opens(wide.secret, tenant.tenantId, second.endpointId)).toBe(true);
    expect(await opens(wide.secret, other.tenantId, foreign.endpointId)).toBe(false);
  });

  test("until it expires or is revoked", async () => {
    const tenant = await createTenant(db);
    const { endpointId } = await createEndpoint(db, tenant);
    const past = new Date(Date.now() - 1000);
    for (const options of [{ expiresAt: past }, { revokedAt: past }]) {
      const { secret } = await makeKey(db, tenant, options);
      const query = { tenantId: tenant.tenantId, endpointId, secretHash: hashSecret(secret) };
      expect(await findAccessKeyByHash(db, query)).toBeNull();
    }
  });
});

test("keys racing for the last places stay within the plan", async () => {
  const tenant = await createTenant(db);
  const ctx = ownerContext(db, tenant);
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => createAccessKey({ ctx, input: { name: `key ${index}` } })),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
});

test("a key is not made for an end in the past or another tenant's endpoint", async () => {
  const tenant = await createTenant(db);
  const foreign = await createEndpoint(db, await createTenant(db));
  const create = (input: { endpointSlug?: string; expiresAt?: string }) =>
    createAccessKey({ ctx: ownerContext(db, tenant), input: { name: "x", ...input } });
  await expect(create({ expiresAt: "2020-01-01T00:00:00Z" })).rejects.toMatchObject({
    code: "expires_in_past",
  });
  await expect(create({ endpointSlug: foreign.slug })).rejects.toMatchObject({
    code: "endpoint_not_found",
    details: { field: "endpointSlug" },
  });
});

test("uses are noted in batches and never go back in time", async () => {
  const tenant = await createTenant(db);
  const [a, b] = [await makeKey(db, tenant), await makeKey(db, tenant)];
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 12, minute));
  await touchAccessKeys(db, [
    { accessKeyId: a.accessKeyId, usedAt: at(5) },
    { accessKeyId: a.accessKeyId, usedAt: at(9) },
    { accessKeyId: b.accessKeyId, usedAt: at(1) },
    { accessKeyId: "key_unknown", usedAt: at(1) },
  ]);
  await touchAccessKeys(db, [{ accessKeyId: a.accessKeyId, usedAt: at(7) }]);
  await touchAccessKeys(db, []);
  const used = async (id: string) =>
    (await db.selectFrom("access_keys").select("last_used_at").where("id", "=", id).executeTakeFirstOrThrow())
      .last_used_at;
  expect(await used(a.accessKeyId)).toEqual(at(9));
  expect(await used(b.accessKeyId)).toEqual(at(1));
});
