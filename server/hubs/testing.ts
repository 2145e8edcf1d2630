import { afterAll } from "vitest";
import { createTenant, type TestDb, type TestTenant } from "../../db/testing/index.ts";
import { CloudflareStandIn } from "../../e2e/standins/cloudflare/index.ts";
import { createChangeHub } from "../change-hub.ts";
import { listenForChanges } from "../events.ts";
import { parseSealingKeys } from "../sealing.ts";
import { callerOf, makeDeps, sessionOf } from "../testing/api.ts";
import { createLocalKeyService, createTenantVault } from "../vault/index.ts";
import { createManagedCloudflare, hubSettings } from "./index.ts";
import { type HubWork, workOnHub } from "./provision/work.ts";

/** Pauses so short that a test does not notice them. */
const settings = {
  ...hubSettings,
  patienceMs: 25_000,
  firstPauseMs: 1,
  propagationMs: 10_000,
  orphanAgeMs: 0,
};

/** A portal's worth of hubs on a test database, against the stand-in of Cloudflare. */
export async function createHubWorld(
  { db, url }: TestDb,
  { propagationMs, jurisdiction = "default" }: { propagationMs?: number; jurisdiction?: string } = {},
) {
  const cloudflare = await CloudflareStandIn.start({
    zone: "hubs.example",
    ...(propagationMs !== undefined && { propagationMs }),
  });
  /** As at Cloudflare, a bucket is at its own jurisdiction's address only; the other leads nowhere. */
  const endpointOf = (bucket: { jurisdiction: string }) =>
    bucket.jurisdiction === jurisdiction ? cloudflare.r2Endpoint : "http://127.0.0.1:9";
  const changes = createChangeHub();
  const quiet = { info: () => undefined, warn: () => undefined };
  const listener = listenForChanges(url, changes.publish, quiet);
  afterAll(async () => {
    await listener.stop();
    await cloudflare.stop();
  });
  const vault = createTenantVault(
    createLocalKeyService(parseSealingKeys(`test:${Buffer.alloc(32, 7).toString("base64")}`)!),
  );
  const managed = createManagedCloudflare(
    {
      token: cloudflare.token,
      accountId: cloudflare.accountId,
      zoneId: cloudflare.zoneId,
      domain: cloudflare.zone,
      jurisdiction,
      location: null,
      r2Endpoint: null,
      apiBase: cloudflare.apiBase,
    },
    { timeoutMs: 3_000, pauseMs: 1, endpointOf },
  );
  const deps = makeDeps(db, { changes, hubs: { vault, cloudflare: managed, settings } });
  const warnings: object[] = [];
  const log = { info: () => undefined, warn: (fields: object) => void warnings.push(fields) };
  const work: HubWork = { db, cloudflare: managed, vault, settings, log };

  const rowOf = (hubPk: string) =>
    db.selectFrom("hubs").selectAll().where("id", "=", hubPk).executeTakeFirstOrThrow();

  return {
    db,
    cloudflare,
    managed,
    deps,
    work,
    warnings,
    rowOf,

    /** A hub of a tenant (by default of a new one), and callers of its owner and itself. */
    async addHub(given: { hubId?: string; tenant?: TestTenant } = {}) {
      const tenant = given.tenant ?? (await createTenant(db, { plan: "pro" }));
      const hubId = given.hubId ?? "office";
      const owner = callerOf(deps, { session: sessionOf(tenant) });
      const { accountId, hubToken } = await owner.hubs.register({ hubId });
      const { id: hubPk } = await db
        .selectFrom("hubs")
        .select("id")
        .where("tenant_id", "=", tenant.tenantId)
        .where("hub_id", "=", hubId)
        .where("removed_at", "is", null)
        .executeTakeFirstOrThrow();
      const self = callerOf(deps, { authorization: `Bearer ${hubToken}` });
      const enrollInput = { account_id: accountId, hub_id: hubId };
      return { tenant, hubId, hubPk, hubToken, owner, self, enrollInput };
    },

    /** Works on the hub until it is at rest, as the job would with its pauses left out; gives up after `tries`. */
    async settle(hubPk: string, tries = 30) {
      for (let left = tries; left > 0; left--) {
        await workOnHub(work, hubPk);
        const row = await rowOf(hubPk);
        if (row.failure === null && (row.state === "on" || row.state === "off")) return row;
      }
      return rowOf(hubPk);
    },
  };
}

export type HubWorld = Awaited<ReturnType<typeof createHubWorld>>;
