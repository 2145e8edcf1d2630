import type { ConnectorClaims } from "../../server/connectors/index.ts";
import type { ChangeEvent } from "../../server/events.ts";
import type { AccessKeyCache } from "./access-key-cache.ts";
import type { RouteCache } from "./route-cache.ts";

export interface ChangeTargets {
  routes: RouteCache;
  accessKeys: AccessKeyCache;
  /** Asks again whether the tokens of these connectors are good. */
  recheck(fits: (claims: ConnectorClaims) => boolean): void;
  /** Postgres can be reached (again). */
  onResync(): void;
}

/** What each change notice makes doubtful in this relay. */
export function applyChange(
  event: ChangeEvent,
  { routes, accessKeys, recheck, onResync }: ChangeTargets,
): void {
  switch (event.type) {
    case "endpoint":
      routes.invalidateSlug(event.slug);
      recheck((claims) => claims.endpointId === event.endpointId);
      return;
    case "connector":
      recheck((claims) => claims.connectorId === event.connectorId);
      return;
    case "access_key":
      accessKeys.invalidateTenant(event.tenantId);
      return;
    case "tenant":
      routes.invalidateTenant(event.tenantId);
      recheck((claims) => claims.tenantId === event.tenantId);
      return;
    case "requests":
      return;
    case "resync":
      routes.invalidateAll();
      accessKeys.invalidateAll();
      recheck(() => true);
      onResync();
  }
}
