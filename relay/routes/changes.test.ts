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

const nothing = {
  route: false,
  host: false,
  keys: false,
  connector: false,
  budgets: false,
  certificates: false,
  resync: false,
};

/** What a notice makes this relay ask Postgres for again. */
async function effectOf(event: ChangeEvent) {
  let asked = 0;
  let askedHost = 0;
  const routes = new RouteCache({
    find: async () => {
      asked++;
      return makeRoute();
    },
    findHost: async () => {
      askedHost++;
      return "acme";
    },
    now: () => 0,
    onStale: () => expect.unreachable(),
  });
  const accessKeys = new AccessKeyCache({ find: async () => null, now: () => 0, onStale: () => undefined });
  await routes.lookup("acme");
  await routes.lookupHost("api.acme.com");
  const effect = { ...nothing };
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
    onCertificates: () => {
      effect.certificates = true;
    },
    onResync: () => {
      effect.resync = true;
    },
  });
  await routes.lookup("acme");
  await routes.lookupHost("api.acme.com");
  return { ...effect, route: asked === 2, host: askedHost === 2, keys: accessKeys.version !== before };
}

const ids = { endpointId: "ep_1", slug: "acme", tenantId: "ten_1" };

describe("a change notice", () => {
  it.each<[ChangeEvent, Partial<typeof nothing>]>([
    [
      { type: "endpoint", ...ids },
      { route: true, connector: true },
    ],
    [
      { type: "endpoint", ...ids, host: "api.acme.com" },
      { route: true, host: true, connector: true },
    ],
    [{ type: "endpoint", endpointId: "ep_2", slug: "other", tenantId: "ten_2" }, {}],
    [{ type: "connector", connectorId: "con_1", ...ids }, { connector: true }],
    [{ type: "connector", connectorId: "con_1", ...ids, stateOnly: true }, {}],
    [{ type: "connector", connectorId: "con_2", ...ids }, {}],
    [
      { type: "tenant", tenantId: "ten_1" },
      { route: true, connector: true, budgets: true },
    ],
    [{ type: "tenant", tenantId: "ten_2" }, { budgets: true }],
    [{ type: "budgets", tenantId: "ten_1" }, { budgets: true }],
    [{ type: "access_key", tenantId: "ten_1" }, { keys: true }],
    [{ type: "requests", tenantId: "ten_1", endpointIds: ["ep_1"] }, {}],
    [{ type: "certificate" }, { certificates: true }],
    [{ type: "resync" }, Object.fromEntries(Object.keys(nothing).map((target) => [target, true]))],
  ])("%j makes doubtful %j", async (event, effect) => {
    expect(await effectOf(event)).toEqual({ ...nothing, ...effect });
  });
});
