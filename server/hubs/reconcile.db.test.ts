import { expect, test, vi } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { reconcileHubs } from "./reconcile/reconcile.ts";
import { noteSilentHubs } from "./silence.ts";
import { createHubWorld } from "./testing.ts";

// Other test files share the machine.
vi.setConfig({ testTimeout: 60_000 });
const world = await createHubWorld(await createTestDb({ max: 12 }));
const { cloudflare, managed, work, db } = world;

async function addOn() {
  const hub = await world.addHub();
  await hub.owner.hubs.enable({ hubId: hub.hubId });
  expect((await world.settle(hub.hubPk)).state).toBe("on");
  return hub;
}

test("what nobody has goes when it is old, what is not ours stays, and a second round finds nothing", async () => {
  const hub = await addOn();
  const foreign = await managed.tunnels.create("the-operators-own");
  await managed.tunnels.create("hotspot-hub_of_nobody");
  await managed.records.create({
    type: "CNAME",
    name: "lost-1.hubs.example",
    content: "x.cfargotunnel.com",
    comment: "hotspot:hhn_of_nobody",
  });
  const own = { type: "CNAME", name: "www.hubs.example", content: "elsewhere.example" } as const;
  const kept = await managed.records.create({ ...own, comment: "the operator's own" });
  const name = `hotspot-${"0".repeat(20)}`;
  await managed.buckets.create({ name, jurisdiction: "default" }, null);
  await managed.tokens.create("hotspot-hky_of_nobody", { name, jurisdiction: "default" });

  const young = { ...work, settings: { ...work.settings, orphanAgeMs: 600_000 } };
  expect(await reconcileHubs(young)).toEqual({ removed: 0, missing: 0, left: 0 });
  expect(await reconcileHubs(work)).toEqual({ removed: 4, missing: 0, left: 0 });
  expect(await reconcileHubs(work)).toEqual({ removed: 0, missing: 0, left: 0 });
  const list = cloudflare.list();
  expect(list.tunnels.map(({ name: its }) => its).sort()).toEqual(
    [`hotspot-${hub.hubPk}`, "the-operators-own"].sort(),
  );
  expect(list.records).toHaveLength(2);
  expect([list.buckets.length, list.tokens.length]).toEqual([1, 1]);
  await managed.tunnels.remove(foreign.id);
  await managed.records.remove(kept.id);
  await hub.self.managedCloudflare.disable({ hub_id: hub.hubId, delete_bucket: true });
  await world.settle(hub.hubPk);
});

test("what was removed by hand at Cloudflare is made again, and the hub's history says so", async () => {
  const hub = await addOn();
  const before = await hub.self.managedCloudflare.enroll(hub.enrollInput);
  await managed.tunnels.remove(before.tunnel_id);
  for (const { id } of cloudflare.list().records) await managed.records.remove(id);
  for (const { id } of cloudflare.list().tokens) await managed.tokens.remove(id);
  // With the tunnel its record counts as gone.
  expect((await reconcileHubs(work)).missing).toBe(2);
  expect((await world.settle(hub.hubPk)).state).toBe("on");
  const after = await hub.self.managedCloudflare.enroll(hub.enrollInput);
  expect(after.hostname).toBe(before.hostname);
  expect(after.tunnel_id).not.toBe(before.tunnel_id);
  expect(after.r2_access_key_id).not.toBe(before.r2_access_key_id);
  expect(cloudflare.list().records).toMatchObject([{ content: `${after.tunnel_id}.cfargotunnel.com` }]);
  const { events } = await hub.owner.hubs.get({ hubId: hub.hubId });
  expect(events.filter(({ name }) => name === "repair")).toHaveLength(2);
  const told = await hub.self.hubs.report({
    hubId: hub.hubId,
    version: "1",
    checks: [
      { name: "tunnel", ok: false, message: "no connection" },
      { name: "dns", ok: true, message: null },
    ],
    accessKeyId: before.r2_access_key_id,
    backup: null,
  });
  expect(told).toMatchObject({ tunnelId: after.tunnel_id, accessKeyId: after.r2_access_key_id });
  expect(told.health).toBe("degraded");
});

test("a silent hub is in error until it reports, and its banner says what to do", async () => {
  const hub = await addOn();
  const report = () =>
    hub.self.hubs.report({ hubId: hub.hubId, version: "1", checks: [], accessKeyId: null, backup: null });
  expect((await report()).health).toBe("ready");
  expect(await noteSilentHubs(db, { silentSeconds: 180 })).toBe(0);
  await db
    .updateTable("hubs")
    .set({ last_report_at: new Date(Date.now() - 200_000) })
    .where("id", "=", hub.hubPk)
    .execute();
  expect(await noteSilentHubs(db, { silentSeconds: 180 })).toBe(1);
  expect(await noteSilentHubs(db, { silentSeconds: 180 })).toBe(0);
  const { banner } = await hub.owner.hubs.get({ hubId: hub.hubId });
  expect(banner).toMatchObject({
    tone: "error",
    reason: "Nothing heard from the hub for 3 minutes",
    nextAction: expect.stringContaining("hotspot hub run"),
  });
  expect(await hub.self.managedCloudflare.status({ hub_id: hub.hubId })).toMatchObject({
    errors: [{ code: "silent" }],
  });
  expect((await report()).health).toBe("ready");
});
