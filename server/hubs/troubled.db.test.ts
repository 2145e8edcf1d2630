import { expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { callerOf, makeDeps, sessionOf } from "../testing/api.ts";

const { db } = await createTestDb();
const deps = makeDeps(db);

test("hubs that are degraded, in error or held up are told with why; others, removed ones and other tenants' are not", async () => {
  const tenant = await createTenant(db, { plan: "team" });
  const stranger = await createTenant(db, { plan: "team" });
  const owner = callerOf(deps, { session: sessionOf(tenant) });
  const rows = {
    fine: { state: "on", health: "ready" },
    silent: { state: "on", health: "error", health_reason: "Nothing heard from the hub for 3 minutes" },
    "held-up": { state: "provisioning", failure: "R2 is not switched on" },
    // Its last report is of the time before it was switched off.
    off: { state: "off", health: "degraded", health_reason: "The tunnel is down" },
    gone: { state: "off", health: "error", removed_at: new Date() },
  } as const;
  for (const [hubId, row] of Object.entries(rows)) {
    await owner.hubs.register({ hubId });
    await db.updateTable("hubs").set(row).where("hub_id", "=", hubId).execute();
  }
  const { hubs } = await owner.hubs.troubled();
  expect(hubs.map(({ hubId, tone, reason }) => [hubId, tone, reason])).toEqual([
    ["silent", "error", "Nothing heard from the hub for 3 minutes"],
    ["held-up", "error", "R2 is not switched on"],
  ]);
  expect(await callerOf(deps, { session: sessionOf(stranger) }).hubs.troubled()).toEqual({ hubs: [] });
});
