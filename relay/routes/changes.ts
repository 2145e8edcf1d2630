import type { ConnectorClaims } from "../../server/connectors/index.ts";
import type { ChangeEvent } from "../../server/events.ts";
import type { SpendingBook } from "../metering/budgets/spending-book.ts";
import type { AccessKeyCache } from "./access-key-cache.ts";
import type { RouteCache } from "./route-cache.ts";

export interface ChangeTargets {
  routes: RouteCache;
  accessKeys: AccessKeyCache;
  /** null: nothing is metered, so nothing is limited. */
  budgets: Pick<SpendingBook, "invalidate" | "invalidateAll"> | null;
  /** null: there are no TCP tunnels. */
  tcp?: {
    invalidate(fits: (endpoint: { endpointId: string; tenantIds: ReadonlySet<string> }) => boolean): void;
  } | null;
  /** Asks again whether the tokens of these connectors are good. */
  recheck(fits: (claims: ConnectorClaims) => boolean): void;
  /** Certificates or challenges of custom domains changed. */
  onCertificates(): void;
  /** Postgres can be reached (again). */
  onResync(): void;
}

/** What each change notice makes doubtful in this relay. */
export function applyChange(
  event: ChangeEvent,
  { routes, accessKeys, budgets, tcp, recheck, onCertificates, onResync }: ChangeTargets,
): void {
  switch (event.type) {
    case "endpoint":
      routes.invalidateSlug(event.slug);
      tcp?.invalidate(({ endpointId }) => endpointId === event.endpointId);
      if (event.host !== undefined) routes.invalidateHost(event.host);
      recheck((claims) => claims.endpointId === event.endpointId);
      return;
    case "connector":
      // Relays tell of each link that comes or goes: to ask about every token again at each would cost a start of
      // 10,000 connectors twice the verifications and as many walks over all links.
      if (event.stateOnly) return;
      recheck((claims) => claims.connectorId === event.connectorId);
      return;
    case "access_key":
      accessKeys.invalidateTenant(event.tenantId);
      return;
    case "tenant":
      routes.invalidateTenant(event.tenantId);
      tcp?.invalidate(({ tenantIds }) => tenantIds.has(event.tenantId));
      budgets?.invalidate(event.tenantId);
      recheck((claims) => claims.tenantId === event.tenantId);
      return;
    case "budgets":
      budgets?.invalidate(event.tenantId);
      return;
    case "certificate":
      onCertificates();
      return;
    case "requests":
      return;
    case "resync":
      routes.invalidateAll();
      tcp?.invalidate(() => true);
      accessKeys.invalidateAll();
      budgets?.invalidateAll();
      onCertificates();
      recheck(() => true);
      onResync();
  }
}
