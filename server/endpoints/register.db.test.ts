import { describe, expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { hashSecret } from "../secrets.ts";
import { ownerContext, testConfig } from "../testing/api.ts";
import { collectChanges } from "../testing/changes.ts";
import { registerEndpoint } from "./index.ts";

const { db, url } = await createTestDb({ max: 20 });
const changes = await collectChanges(url);

const register = (tenant: { tenantId: string; userId: string }, slug: string, upstreamBaseUrl?: string) =>
  registerEndpoint({
    ctx: ownerContext(db, tenant),
    input: upstreamBaseUrl === undefined ? { slug } : { slug, upstreamBaseUrl },
    config: testConfig,
  });

test("the token is handed out once, stored as a hash, written to the audit log and told to other processes", async () => {
  const tenant = await createTenant(db);
  const { endpoint, endpointToken } = await register(tenant, "  Once-Only ");
  expect(endpoint).toEqual({
    id: expect.stringMatching(/^ep_/),
    slug: "once-only",
    publicBaseUrl: "http://once-only.localhost:8789",
    status: "active",
  });
  const row = await db
    .selectFrom("endpoints")
    .selectAll()
    .where("id", "=", endpoint.id)
    .executeTakeFirstOrThrow();
  expect(row.token_hash).toBe(hashSecret(endpointToken));
  expect(JSON.stringify(row)).not.toContain(endpointToken);
  const audit = await db
    .selectFrom("audit_log")
    .selectAll()
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  expect(audit).toEqual([
    expect.objectContaining({ action: "endpoint.register", subject: endpoint.id, user_id: tenant.userId }),
  ]);
  expect(JSON.stringify(audit)).not.toContain(endpointToken);
  await changes.expect({
    type: "endpoint",
    endpointId: endpoint.id,
    slug: "once-only",
    tenantId: tenant.tenantId,
  });
});

test("of a hundred tenants racing for a name one gets it, the others are told it is taken and offered free ones", async () => {
  const tenants = await Promise.all(Array.from({ length: 100 }, () => createTenant(db)));
  const results = await Promise.allSettled(tenants.map((tenant) => register(tenant, "gold-rush")));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(reasons).toHaveLength(99);
  for (const reason of reasons) {
    expect(reason).toMatchObject({
      kind: "conflict",
      code: "slug_taken",
      details: { field: "slug", suggestions: expect.arrayContaining(["gold-rush-app"]) },
    });
  }
  const rows = await db.selectFrom("endpoints").select("id").where("slug", "=", "gold-rush").execute();
  expect(rows).toHaveLength(1);
});

test("a hundred registrations of one tenant at once stay within its plan", async () => {
  const tenant = await createTenant(db, { plan: "pro" });
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => register(tenant, `many-${index}`)),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(refused[0]).toMatchObject({ kind: "limit", code: "plan_limit", details: { limit: 5, used: 5 } });
});

describe("a name that somebody released", () => {
  async function releasedBy(owner: { tenantId: string }, slug: string, availableAt: Date) {
    await db
      .insertInto("released_names")
      .values({ slug, tenant_id: owner.tenantId, released_at: new Date(), available_at: availableAt })
      .execute();
  }
  const inADay = new Date(Date.now() + 86_400_000);

  test("is kept from others while it cools down", async () => {
    const [former, other] = [await createTenant(db), await createTenant(db)];
    await releasedBy(former, "cooling", inADay);
    await expect(register(other, "cooling")).rejects.toMatchObject({
      kind: "conflict",
      code: "slug_cooldown",
    });
  });

  test("can be taken back by its former owner at once", async () => {
    const former = await createTenant(db);
    await releasedBy(former, "back-again", inADay);
    expect((await register(former, "back-again")).endpoint.slug).toBe("back-again");
    expect(
      await db.selectFrom("released_names").selectAll().where("slug", "=", "back-again").execute(),
    ).toEqual([]);
  });

  test("is free for everybody afterwards", async () => {
    const [former, other] = [await createTenant(db), await createTenant(db)];
    await releasedBy(former, "cooled-down", new Date(Date.now() - 1000));
    expect((await register(other, "cooled-down")).endpoint.slug).toBe("cooled-down");
  });
});

describe("a registration is refused and nothing is stored", () => {
  test.each([
    ["ab", "slug_too_short"],
    ["a".repeat(41), "slug_too_long"],
    ["under_score", "slug_characters"],
    ["xn--acme", "slug_characters"],
    ["admin", "slug_reserved"],
    ["adm1n", "slug_lookalike"],
    ["paypa1", "slug_brand"],
  ])("%s: %s", async (slug, code) => {
    const tenant = await createTenant(db);
    await expect(register(tenant, slug)).rejects.toMatchObject({
      kind: "invalid",
      code,
      details: { field: "slug" },
    });
    expect(
      await db.selectFrom("endpoints").select("id").where("tenant_id", "=", tenant.tenantId).execute(),
    ).toEqual([]);
  });

  test("for an upstream in a private network", async () => {
    const tenant = await createTenant(db);
    await expect(register(tenant, "inside", "http://169.254.169.254/")).rejects.toMatchObject({
      code: "upstream_not_allowed",
      details: { field: "upstreamBaseUrl" },
    });
  });

  test("for a tenant that is suspended, unpaid or without a license", async () => {
    const suspended = await createTenant(db);
    await db
      .updateTable("tenant_settings")
      .set({ suspended_at: new Date() })
      .where("tenant_id", "=", suspended.tenantId)
      .execute();
    await expect(register(suspended, "nope-one")).rejects.toMatchObject({
      kind: "forbidden",
      code: "tenant_suspended",
    });

    const unpaid = await createTenant(db);
    await db
      .updateTable("tenant_settings")
      .set({ billing_state: "unpaid" })
      .where("tenant_id", "=", unpaid.tenantId)
      .execute();
    await expect(register(unpaid, "nope-two")).rejects.toMatchObject({
      kind: "precondition",
      code: "payment_required",
    });

    const expired = await createTenant(db);
    await db
      .updateTable("licenses")
      .set({ expires_at: new Date(Date.now() - 1) })
      .where("tenant_id", "=", expired.tenantId)
      .execute();
    await expect(register(expired, "nope-three")).rejects.toMatchObject({
      kind: "forbidden",
      code: "license_inactive",
    });
  });

  test("for a caller who may only read", async () => {
    const tenant = await createTenant(db);
    const ctx = { ...ownerContext(db, tenant), permissions: ["endpoints:read"] as const };
    await expect(
      registerEndpoint({ ctx, input: { slug: "read-only" }, config: testConfig }),
    ).rejects.toMatchObject({
      kind: "forbidden",
      code: "permission_missing",
    });
  });

  test("when the caller's transaction fails afterwards", async () => {
    const tenant = await createTenant(db);
    const failing = db.transaction().execute(async (tx) => {
      await registerEndpoint({
        ctx: { ...ownerContext(db, tenant), db: tx },
        input: { slug: "undone" },
        config: testConfig,
      });
      throw new Error("the caller changed its mind");
    });
    await expect(failing).rejects.toThrow("changed its mind");
    expect(await db.selectFrom("endpoints").select("id").where("slug", "=", "undone").execute()).toEqual([]);
  });
});

test("the tenant that has a name already is told it is taken", async () => {
  const tenant = await createTenant(db, { plan: "pro" });
  await createEndpoint(db, tenant, { slug: "mine-already" });
  await expect(register(tenant, "mine-already")).rejects.toMatchObject({ code: "slug_taken" });
});
