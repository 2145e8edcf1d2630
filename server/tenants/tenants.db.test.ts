import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createEndpoint, createTestDb, createTenant as makeTenant } from "../../db/testing/index.ts";
import { findRoute } from "../endpoints/index.ts";
import { getLicense, issueLicenseKey } from "../licenses/index.ts";
import { ownerContext } from "../testing/api.ts";
import { collectChanges } from "../testing/changes.ts";
import { createTenant, findMembership, getCurrentTenant, resumeTenant, suspendTenant } from "./index.ts";

const { db, url } = await createTestDb({ max: 15 });
const changes = await collectChanges(url);
const deps = { db, requestId: "req-test" };

async function newUser(name = "Ada") {
  const userId = `usr_${randomUUID()}`;
  await db
    .insertInto("user")
    .values({ id: userId, name, email: `${userId}@example.test`, emailVerified: true, image: null })
    .execute();
  return userId;
}

test("a verified sign-up leads to an account with a license that can get a key", async () => {
  const userId = await newUser();
  const { tenantId, created } = await createTenant(db, { userId, requestId: "req-test" });
  expect(created).toBe(true);
  const ctx = ownerContext(db, { tenantId, userId });
  expect(await getCurrentTenant({ ctx })).toMatchObject({
    id: tenantId,
    name: "Ada",
    plan: "free",
    billingState: "ok",
    suspended: null,
    role: "owner",
    user: { id: userId, name: "Ada" },
    limits: { endpoints: 1, devices: 3 },
  });
  expect(await getLicense({ ctx })).toMatchObject({
    plan: "free",
    status: "active",
    keyHint: null,
    devices: [],
  });
  expect((await issueLicenseKey({ ctx })).licenseKey).toMatch(/^hs_lic_/);
});

test("the hook may run twice, also at once: there is one account", async () => {
  const userId = await newUser();
  const made = await Promise.all(
    Array.from({ length: 10 }, () => createTenant(db, { userId, requestId: "r" })),
  );
  expect(new Set(made.map(({ tenantId }) => tenantId)).size).toBe(1);
  expect(made.filter(({ created }) => created)).toHaveLength(1);
  await expect(createTenant(db, { userId: "usr_none", requestId: "r" })).rejects.toMatchObject({
    code: "user_not_found",
  });
});

test("a user without a usable name still gets an account with one", async () => {
  const { tenantId } = await createTenant(db, { userId: await newUser("   "), requestId: "r" });
  const row = await db
    .selectFrom("organization")
    .select("name")
    .where("id", "=", tenantId)
    .executeTakeFirstOrThrow();
  expect(row.name).toMatch(/^usr_/);
});

test("a user works in the account they switched to, as long as they belong to it", async () => {
  const [mine, other, foreign] = [await makeTenant(db), await makeTenant(db), await makeTenant(db)];
  await db
    .insertInto("member")
    .values({
      id: randomUUID(),
      organizationId: other.tenantId,
      userId: mine.userId,
      role: "member",
      createdAt: new Date(),
    })
    .execute();
  const find = (tenantId: string | null) => findMembership(db, { userId: mine.userId, tenantId });
  expect(await find(null)).toMatchObject({ tenantId: mine.tenantId, role: "owner" });
  expect(await find(other.tenantId)).toMatchObject({ tenantId: other.tenantId, role: "member" });
  expect(await find(foreign.tenantId)).toMatchObject({ tenantId: mine.tenantId });
  expect(await findMembership(db, { userId: await newUser(), tenantId: foreign.tenantId })).toBeNull();
});

test("a suspension stops the tenant's hosts with its reason and is told to relays, and so is its end", async () => {
  const tenant = await makeTenant(db);
  const { slug } = await createEndpoint(db, tenant);
  await suspendTenant(deps, { tenantId: tenant.tenantId, reason: "phishing reported" });
  await changes.expect({ type: "tenant", tenantId: tenant.tenantId });
  expect(await findRoute(db, slug)).toMatchObject({ state: "suspended", stateReason: "phishing reported" });
  expect((await getCurrentTenant({ ctx: ownerContext(db, tenant) })).suspended).toEqual({
    reason: "phishing reported",
  });
  await resumeTenant(deps, { tenantId: tenant.tenantId });
  await changes.expect({ type: "tenant", tenantId: tenant.tenantId });
  expect(await findRoute(db, slug)).toMatchObject({ state: "active", stateReason: null });
  await expect(resumeTenant(deps, { tenantId: "ten_none" })).rejects.toMatchObject({
    code: "tenant_not_found",
  });
});
