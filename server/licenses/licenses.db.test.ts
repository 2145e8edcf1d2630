import { expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { releaseDevice } from "../devices/index.ts";
import { hashSecret } from "../secrets.ts";
import { ownerContext } from "../testing/api.ts";
import { authenticateLicense, getLicense, issueLicenseKey } from "./index.ts";

const { db } = await createTestDb({ max: 15 });
const login = (licenseKey: string, deviceId: string) =>
  authenticateLicense(db, { licenseKey, deviceId, requestId: "req-test" });

test("a device takes a place once, however often it comes", async () => {
  const tenant = await createTenant(db);
  const first = await login(tenant.licenseKey, "laptop");
  const second = await login(tenant.licenseKey, "laptop");
  expect(second).toEqual(first);
  expect(first).toEqual({
    tenantId: tenant.tenantId,
    licenseId: tenant.licenseId,
    devicePk: expect.stringMatching(/^dev_/),
    deviceId: "laptop",
  });
  expect((await getLicense({ ctx: ownerContext(db, tenant) })).devices).toMatchObject([
    { deviceId: "laptop" },
  ]);
});

test("a device may say what people call it; what it leaves out stays", async () => {
  const tenant = await createTenant(db);
  const say = (about: { deviceName?: string; platform?: string }) =>
    authenticateLicense(db, { licenseKey: tenant.licenseKey, deviceId: "pc", requestId: "r", ...about });
  await say({ deviceName: "Ada's PC", platform: "linux-x64" });
  await say({});
  await say({ deviceName: "Ada's old PC" });
  expect((await getLicense({ ctx: ownerContext(db, tenant) })).devices).toMatchObject([
    { deviceId: "pc", name: "Ada's old PC", platform: "linux-x64" },
  ]);
});

test("a hundred devices at once get as many places as the license has; a released place can be taken again", async () => {
  const tenant = await createTenant(db, { deviceLimit: 3 });
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => login(tenant.licenseKey, `device-${index}`)),
  );
  const placed = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(placed).toHaveLength(3);
  expect(refused[0]).toMatchObject({ kind: "limit", code: "device_limit", details: { limit: 3, used: 3 } });

  const ctx = ownerContext(db, tenant);
  await releaseDevice({ ctx, input: { id: placed[0]!.devicePk } });
  await expect(releaseDevice({ ctx, input: { id: placed[0]!.devicePk } })).rejects.toMatchObject({
    code: "device_not_found",
  });
  const newcomer = await login(tenant.licenseKey, "newcomer");
  expect(newcomer.devicePk).not.toBe(placed[0]!.devicePk);
});

test("on a smaller plan the oldest devices keep their places, the newer ones wait until others are released", async () => {
  const tenant = await createTenant(db, { deviceLimit: 3 });
  const placed = [];
  for (const deviceId of ["first", "second", "third"]) placed.push(await login(tenant.licenseKey, deviceId));
  await db.updateTable("licenses").set({ device_limit: 1 }).where("id", "=", tenant.licenseId).execute();
  expect(await login(tenant.licenseKey, "first")).toEqual(placed[0]);
  for (const deviceId of ["second", "third", "fourth"]) {
    await expect(login(tenant.licenseKey, deviceId), deviceId).rejects.toMatchObject({
      code: "device_limit",
      details: { limit: 1, used: 3 },
    });
  }
  const ctx = ownerContext(db, tenant);
  await releaseDevice({ ctx, input: { id: placed[0]!.devicePk } });
  expect(await login(tenant.licenseKey, "second")).toEqual(placed[1]);
  await expect(login(tenant.licenseKey, "third")).rejects.toMatchObject({ code: "device_limit" });
});

test("the same new device racing with itself takes one place", async () => {
  const tenant = await createTenant(db);
  const results = await Promise.all(Array.from({ length: 20 }, () => login(tenant.licenseKey, "twin")));
  expect(new Set(results.map(({ devicePk }) => devicePk)).size).toBe(1);
});

test("a new key stops the old one, is stored as a hash and shows a hint only", async () => {
  const tenant = await createTenant(db);
  const ctx = ownerContext(db, tenant);
  const { licenseKey } = await issueLicenseKey({ ctx });
  expect(licenseKey).toMatch(/^hs_lic_[0-9a-f]{48}$/);
  await expect(login(tenant.licenseKey, "laptop")).rejects.toMatchObject({ code: "invalid_license_key" });
  expect((await login(licenseKey, "laptop")).tenantId).toBe(tenant.tenantId);
  const license = await getLicense({ ctx });
  expect(license.keyHint).toBe(`hs_lic_…${licenseKey.slice(-4)}`);
  expect(JSON.stringify(license)).not.toContain(hashSecret(licenseKey));
  const row = await db
    .selectFrom("licenses")
    .selectAll()
    .where("id", "=", tenant.licenseId)
    .executeTakeFirstOrThrow();
  expect(row.key_hash).toBe(hashSecret(licenseKey));
});

test("a key that is unknown, or whose license ended, opens nothing and activates nothing", async () => {
  const tenant = await createTenant(db);
  await expect(login("hs_lic_nothing", "laptop")).rejects.toMatchObject({ kind: "unauthorized" });
  await expect(login("", "laptop")).rejects.toMatchObject({ kind: "unauthorized" });
  const set = (values: { status?: "revoked" | "active"; expires_at?: Date | null }) =>
    db.updateTable("licenses").set(values).where("id", "=", tenant.licenseId).execute();
  await set({ expires_at: new Date(Date.now() - 1) });
  await expect(login(tenant.licenseKey, "laptop")).rejects.toMatchObject({ code: "license_inactive" });
  await set({ status: "revoked", expires_at: null });
  await expect(login(tenant.licenseKey, "laptop")).rejects.toMatchObject({ code: "license_inactive" });
  expect(
    await db.selectFrom("devices").select("id").where("tenant_id", "=", tenant.tenantId).execute(),
  ).toEqual([]);
});
