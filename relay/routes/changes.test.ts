import { describe, expect, it } from "vitest";
import type { ConnectorClaims } from "../../server/connectors/index.ts";
import type { ChangeEvent } from "../../server/events.ts";
import { AccessKeyCache } from "./access-key-cache.ts";
import { applyChange } from "./changes.ts";
import { RouteCache } from "./route-cache.ts";
import { makeRoute } from "./testing/route.ts";

const claims: ConnectorClaims = {
  connectorId: "con_1",
  tenantId: "ten_1",
  endpointId: "ep_1",
  slug: "acme",
  deviceId: null,
  expiresAt: new Date(0),
};

/** What a notice makes this relay ask Postgres for again. */
async function effectOf(event: ChangeEvent) {
  let asked = 0;
  const routes = new RouteCache({
    find: async () => {
      asked++;
      return makeRoute();
    },
    now: () => 0,
    onStale: () => expect.unreachable(),
  });
  const accessKeys = new AccessKeyCache({ find: async () => null, now: () => 0, onStale: () => undefined });
  await routes.lookup("acme");
  const effect = { route: false, keys: false, connector: false, budgets: false, resync: false };
  const before = accessKeys.version;
  applyChange(event, {
    routes,
    accessKeys,
    budgets: {
      invalidate: () => {
        effect.budgets = true;
      },
      invalidateAll: () => {
        effect.budgets = true;
      },
    },
    recheck: (fits) => {
      effect.connector = fits(claims);
    },
    onResync: () => {
      effect.resync = true;
    },
  });
  await routes.lookup("acme");
  return { ...effect, route: asked === 2, keys: accessKeys.version !== before };
}

const nothing = { route: false, keys: false, connector: false, budgets: false, resync: false };
const ids = { endpointId: "ep_1", slug: "acme", tenantId: "ten_1" };

describe("a change notice", () => {
  it.each<[ChangeEvent, Partial<typeof nothing>]>([
    [
      { type: "endpoint", ...ids },
      { route: true, connector: true },
    ],
    [{ type: "endpoint", endpointId: "ep_2", slug: "other", tenantId: "ten_2" }, {}],
    [{ type: "connector", connectorId: "con_1", ...ids }, { connector: true }],
    [{ type: "connector", connectorId: "con_2", ...ids }, {}],
    [
      { type: "tenant", tenantId: "ten_1" },
      { route: true, connector: true, budgets: true },
    ],
    [{ type: "tenant", tenantId: "ten_2" }, { budgets: true }],
    [{ type: "budgets", tenantId: "ten_1" }, { budgets: true }],
    [{ type: "access_key", tenantId: "ten_1" }, { keys: true }],
    [{ type: "requests", tenantId: "ten_1", endpointIds: ["ep_1"] }, {}],
    [{ type: "resync" }, { route: true, keys: true, connector: true, budgets: true, resync: true }],
  ])("%j makes doubtful %j", async (event, effect) => {
    expect(await effectOf(event)).toEqual({ ...nothing, ...effect });
  });
});
