import { expect, test } from "vitest";
import { createTenant, createTestDb, type TestTenant } from "../../db/testing/index.ts";
import { startAuth } from "../auth/testing.ts";
import { seatLimitOf } from "./seat-limit.ts";

const { db } = await createTestDb();
const { auth } = startAuth(db, "http://localhost:3000");

async function subscribe(tenant: TestTenant, seats: number): Promise<void> {
  const [start, end] = [new Date(), new Date(Date.now() + 30 * 86_400_000)];
  await db
    .insertInto("subscriptions")
    .values({
      id: `sub_${tenant.tenantId}`,
      tenant_id: tenant.tenantId,
      stripe_customer_id: "cus_1",
      status: "active",
      plan: "team",
      seats,
      current_period_start: start,
      current_period_end: end,
      created_at: start,
    })
    .execute();
  await db
    .updateTable("tenant_settings")
    .set({ plan_source: "subscription" })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
}
const join = async (tenant: TestTenant) => {
  const { userId } = await createTenant(db);
  return auth.api.addMember({ body: { organizationId: tenant.tenantId, userId, role: "member" } });
};

test("as many members as seats are paid for, and no more", async () => {
  const tenant = await createTenant(db, { plan: "team" });
  await subscribe(tenant, 2);
  expect(await seatLimitOf(db, tenant.tenantId)).toBe(2);
  expect(await join(tenant)).toMatchObject({ role: "member" });
  await expect(join(tenant)).rejects.toThrow(/limit/i);
  await db.updateTable("subscriptions").set({ seats: 3 }).where("tenant_id", "=", tenant.tenantId).execute();
  expect(await join(tenant)).toMatchObject({ role: "member" });
});

test("a plan that nobody pays for has its own number", async () => {
  const free = await createTenant(db);
  expect(await seatLimitOf(db, free.tenantId)).toBe(1);
  await expect(join(free)).rejects.toThrow(/limit/i);
  const given = await createTenant(db, { plan: "team" });
  expect(await seatLimitOf(db, given.tenantId)).toBe(50);
});
