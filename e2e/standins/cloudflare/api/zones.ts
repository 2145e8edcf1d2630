import type { World } from "../core/world.ts";
import { type Route, route } from "./call.ts";
import { page, Refusal } from "./envelope.ts";

/** The zone and the account, as far as one looks them up. */
export const zoneRoutes: readonly Route[] = [
  route("GET /zones", "Zone Read", ({ world, query }) =>
    page(
      [zone(world)].filter(
        ({ name, account }) =>
          name === (query.get("name") ?? name) && account.id === (query.get("account.id") ?? account.id),
      ),
      query,
      20,
    ),
  ),
  route("GET /zones/:zone", "Zone Read", ({ world }) => ({ result: zone(world) })),
  route("GET /accounts/:account", null, ({ world }) => ({ result: account(world) })),
  route("GET /user/tokens/verify", null, () => {
    // The platform's token belongs to the account: the two verifications are not interchangeable.
    throw new Refusal(401, 1_000, "Invalid API Token");
  }),
];

const account = (world: World) => ({ id: world.accountId, name: "Stand-in account" });

const zone = (world: World) => ({
  id: world.zoneId,
  name: world.zone,
  status: "active",
  paused: false,
  type: "full",
  account: account(world),
  plan: { id: "free", name: "Free Website" },
});
