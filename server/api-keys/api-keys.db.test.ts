import { expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { ownerContext } from "../testing/api.ts";
import { authenticateApiKey, createApiKey, listApiKeys, revokeApiKey } from "./index.ts";

const { db } = await createTestDb();

test("a key acts for its user with what it was given, until it is revoked", async () => {
  const tenant = await createTenant(db);
  const ctx = ownerContext(db, tenant);
  const { apiKey, secret } = await createApiKey({
    ctx,
    input: { name: "ci", permissions: ["endpoints:read"] },
  });
  expect(secret).toMatch(/^hs_api_[0-9a-f]{48}$/);
  expect(await authenticateApiKey(db, secret)).toEqual({
    apiKeyId: apiKey.id,
    tenantId: tenant.tenantId,
    userId: tenant.userId,
    permissions: ["endpoints:read"],
  });
  const listed = (await listApiKeys({ ctx })).apiKeys;
  expect(listed).toMatchObject([{ id: apiKey.id, createdBy: tenant.userId, lastUsedAt: expect.any(String) }]);
  expect(JSON.stringify(listed)).not.toContain(secret);
  await revokeApiKey({ ctx, input: { id: apiKey.id } });
  await expect(authenticateApiKey(db, secret)).rejects.toMatchObject({ code: "invalid_api_key" });
});

test("a key can do no more than its user may now, and nothing once the user left", async () => {
  const tenant = await createTenant(db);
  const { secret } = await createApiKey({ ctx: ownerContext(db, tenant), input: { name: "all" } });
  expect((await authenticateApiKey(db, secret)).permissions).toEqual(["*"]);
  await db.updateTable("member").set({ role: "member" }).where("userId", "=", tenant.userId).execute();
  const demoted = await authenticateApiKey(db, secret);
  expect(demoted.permissions).toContain("endpoints:read");
  expect(demoted.permissions).not.toContain("api_keys:write");
  expect(demoted.permissions).not.toContain("*");
  await db.deleteFrom("member").where("userId", "=", tenant.userId).execute();
  await expect(authenticateApiKey(db, secret)).rejects.toMatchObject({ code: "invalid_api_key" });
});

test("nobody gives a key what they do not hold, and a device makes none", async () => {
  const tenant = await createTenant(db);
  const ctx = ownerContext(db, tenant);
  const limited = { ...ctx, permissions: ["api_keys:write", "endpoints:read"] as const };
  await expect(
    createApiKey({ ctx: limited, input: { name: "x", permissions: ["*"] } }),
  ).rejects.toMatchObject({ code: "permission_missing", details: { field: "permissions" } });
  const own = await createApiKey({ ctx: limited, input: { name: "x" } });
  expect(own.apiKey.permissions).toEqual(["api_keys:write", "endpoints:read"]);
  await expect(createApiKey({ ctx: { ...ctx, userId: null }, input: { name: "x" } })).rejects.toMatchObject({
    code: "user_required",
  });
});

test("the plan limits how many keys there are", async () => {
  const tenant = await createTenant(db);
  const ctx = ownerContext(db, tenant);
  await createApiKey({ ctx, input: { name: "one" } });
  await createApiKey({ ctx, input: { name: "two" } });
  await expect(createApiKey({ ctx, input: { name: "three" } })).rejects.toMatchObject({
    kind: "limit",
    code: "plan_limit",
    details: { limit: 2, used: 2 },
  });
});
