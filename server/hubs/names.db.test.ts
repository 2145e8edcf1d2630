import { expect, test } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { claimHostname, generateName, smallestFree } from "./names.ts";
import { createHubWorld } from "./testing.ts";

const world = await createHubWorld(await createTestDb({ max: 12 }));
const { db } = world;
type Hub = Awaited<ReturnType<typeof world.addHub>>;
const claim = (hub: Hub, name: string | null, isMain = true) =>
  db.transaction().execute((tx) =>
    claimHostname(
      tx,
      { id: hub.hubPk, tenant_id: hub.tenant.tenantId },
      {
        name,
        field: "name",
        domain: "hubs.example",
        zoneId: "zone",
        isMain,
        serviceUrl: null,
        rules: { reservedSlugs: [], brandNames: [] },
      },
    ),
  );
const giveBack = (id: string) =>
  db.updateTable("hub_hostnames").set({ removed_at: new Date() }).where("id", "=", id).execute();

test("the smallest free number is taken, also by many at once", async () => {
  expect([smallestFree([]), smallestFree([1, 2, 4]), smallestFree([2])]).toEqual([1, 3, 1]);
  const hubs = await Promise.all(Array.from({ length: 6 }, () => world.addHub()));
  const held = await Promise.all(hubs.map((hub) => claim(hub, "Acme")));
  expect(held.map(({ host }) => host).sort()).toEqual(
    [1, 2, 3, 4, 5, 6].map((n) => `acme-${n}.hubs.example`),
  );
  // Of its own account it is free at once; from others it is kept for a while.
  await giveBack(held[2]!.id);
  expect((await claim(await world.addHub(), "acme")).host).toBe("acme-7.hubs.example");
  expect((await claim(hubs[2]!, null)).host).toBe(held[2]!.host);
});

test("names obey the rules of endpoints' names and others are offered", async () => {
  const hub = await world.addHub();
  await expect(claim(hub, "admin")).rejects.toMatchObject({
    kind: "conflict",
    code: "hostname_reserved",
    details: { field: "name", suggestions: expect.arrayContaining(["admin-app-1.hubs.example"]) },
  });
  await expect(claim(hub, "paypa1")).rejects.toMatchObject({ kind: "conflict", code: "hostname_brand" });
  await expect(claim(hub, "a.b")).rejects.toMatchObject({ kind: "invalid", code: "hostname_characters" });
  expect(generateName()).toMatch(/^[a-z]+-[a-z]+$/);
  expect((await claim(hub, null)).host).toMatch(/^[a-z]+-[a-z]+-1\.hubs\.example$/);
});
