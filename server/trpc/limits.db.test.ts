import { describe, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { createMemoryLimiter, createPostgresLimiter, type limits } from "../limits/index.ts";
import { callerOf, makeDeps, openLimits, sessionOf, startRest } from "../testing/api.ts";

const { db } = await createTestDb({ max: 10 });
const withLimit = (door: keyof typeof limits, perAddress: number, perTenant: number | null = null) => ({
  ...openLimits,
  [door]: { seconds: 60, perAddress, perTenant },
});

describe.each([
  ["in memory", createMemoryLimiter],
  ["in Postgres", (table: typeof openLimits) => createPostgresLimiter(db, table)],
])("counters %s", (_name, create) => {
  test("a client address is refused past its limit, told when to come back, and no other is", async () => {
    const limiter = create(withLimit("availability", 3));
    const ask = (clientAddress: string) =>
      callerOf(makeDeps(db, { limiter }), { clientAddress }).endpoints.availability({ slug: "free-name" });
    for (let i = 0; i < 3; i++) await ask("198.51.100.1");
    await expect(ask("198.51.100.1")).rejects.toMatchObject({
      code: "TOO_MANY_REQUESTS",
      cause: { code: "rate_limited", details: { limit: 3, retryAfterSeconds: expect.any(Number) } },
    });
    await expect(ask("198.51.100.2")).resolves.toMatchObject({ available: true });
  });

  test("turning through the addresses of one IPv6 network does not help", async () => {
    const limiter = create(withLimit("status", 2));
    const ask = (clientAddress: string) =>
      callerOf(makeDeps(db, { limiter }), { clientAddress }).connectors.status({ slug: "free-name" });
    await expect(ask("2001:db8:0:1::1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(ask("2001:db8:0:1:ffff::2")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(ask("2001:db8:0:1:1:2:3:4")).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
    await expect(ask("2001:db8:0:2::1")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a license is refused past its limit from whatever address it comes", async () => {
    const tenant = await createTenant(db);
    const limiter = create(withLimit("details", 1e6, 2));
    const ask = (clientAddress: string) =>
      callerOf(makeDeps(db, { limiter }), { clientAddress }).endpoints.details({
        licenseKey: tenant.licenseKey,
        deviceId: "pc",
      });
    await ask("198.51.100.10");
    await ask("198.51.100.11");
    await expect(ask("198.51.100.12")).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
  });

  test("an address that tries wrong keys is refused, then also with the right one; others are not locked out", async () => {
    const tenant = await createTenant(db);
    const limiter = create(withLimit("credential_failure", 3));
    const ask = (clientAddress: string, licenseKey: string) =>
      callerOf(makeDeps(db, { limiter }), { clientAddress }).endpoints.details({
        licenseKey,
        deviceId: "pc",
      });
    for (let i = 0; i < 3; i++) {
      await expect(ask("198.51.100.20", `hs_lic_guess_${i}`)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    }
    await expect(ask("198.51.100.20", "hs_lic_guess_4")).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
    await expect(ask("198.51.100.20", tenant.licenseKey)).rejects.toMatchObject({
      code: "TOO_MANY_REQUESTS",
    });
    await expect(ask("198.51.100.21", tenant.licenseKey)).resolves.toMatchObject({ endpoint: null });
  });
});

test("several portals count together", async () => {
  const table = withLimit("availability", 2);
  const ask = () => {
    const limiter = createPostgresLimiter(db, table);
    return callerOf(makeDeps(db, { limiter }), { clientAddress: "198.51.100.30" }).endpoints.availability({
      slug: "free-name",
    });
  };
  await ask();
  await ask();
  await expect(ask()).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS" });
});

test("a request that is refused for its form does not use up the limit", async () => {
  const limiter = createMemoryLimiter(withLimit("abuse", 1));
  const caller = callerOf(makeDeps(db, { limiter }));
  for (let i = 0; i < 5; i++) {
    await expect(caller.abuse.report({ slug: "somebody", reason: "spam", detail: "" })).rejects.toMatchObject(
      { code: "BAD_REQUEST" },
    );
  }
  await expect(caller.abuse.report({ slug: "somebody", reason: "spam", detail: "x" })).resolves.toBeDefined();
});

test("REST sends 429 with Retry-After; a plan's limit is 403, as waiting does not help", async () => {
  const tenant = await createTenant(db);
  const base = await startRest(makeDeps(db, { limiter: createMemoryLimiter(withLimit("availability", 1)) }), {
    owner: sessionOf(tenant),
  });
  await fetch(`${base}/api/endpoints/availability?slug=free-name`);
  const refused = await fetch(`${base}/api/endpoints/availability?slug=free-name`);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(((await refused.json()) as { error: unknown }).error).toMatchObject({
    code: "rate_limited",
    details: { limit: 1, retryAfterSeconds: expect.any(Number) },
  });

  const register = (slug: string) =>
    fetch(`${base}/api/endpoints/register`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-test-user": "owner" },
      body: JSON.stringify({ slug }),
    });
  expect((await register("first-name")).status).toBe(200);
  const full = await register("second-name");
  expect(full.status).toBe(403);
  expect(((await full.json()) as { error: unknown }).error).toMatchObject({
    code: "plan_limit",
    details: { limit: 1, used: 1 },
  });
});
