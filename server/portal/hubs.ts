import type { PortalEnv } from "../env.ts";
import { type HubDeps, hubSettings } from "../hubs/index.ts";
import { createLocalKeyService, createTenantVault } from "../vault/index.ts";

/** What hubs need of the portal. */
export function createHubs({ env }: { env: Pick<PortalEnv, "managedCloudflare" | "sealingKeys"> }): HubDeps {
  const { managedCloudflare: settings, sealingKeys } = env;
  return {
    vault: sealingKeys && createTenantVault(createLocalKeyService(sealingKeys)),
    cloudflare:
      settings.kind === "off"
        ? null
        : {
            accountId: settings.accountId,
            zoneId: settings.zoneId,
            domain: settings.domain,
            jurisdiction: settings.jurisdiction,
            location: settings.location,
            r2Endpoint: settings.r2Endpoint,
            problem: () => null,
          },
    settings: hubSettings,
  };
}
