import { EnvError, readVariables } from "../../env-schema.ts";
import { portalVariables } from "../../env-variables.ts";

/** The few variables of the portal that the relay's tunnel needs. */
export function readRelayTunnelEnv(source: Readonly<Record<string, string | undefined>>) {
  const { CLOUDFLARE_DNS_TOKEN, CLOUDFLARE_ZONE_ID, CLOUDFLARE_API_BASE } = portalVariables;
  const { ENDPOINTS_BASE_DOMAIN, RELAY_HTTP_BASE, PORTAL_URL, PORT } = portalVariables;
  const values = readVariables(
    {
      ...{ CLOUDFLARE_DNS_TOKEN, CLOUDFLARE_ZONE_ID, CLOUDFLARE_API_BASE },
      ...{ ENDPOINTS_BASE_DOMAIN, RELAY_HTTP_BASE, PORTAL_URL, PORT },
    },
    source,
  );
  const token = values.CLOUDFLARE_DNS_TOKEN;
  const zoneId = values.CLOUDFLARE_ZONE_ID;
  if (!token || !zoneId) {
    throw new EnvError([
      "CLOUDFLARE_DNS_TOKEN and CLOUDFLARE_ZONE_ID have to be set; expected a token that may Cloudflare Tunnel Edit, DNS Edit and Zone Read, and the zone of ENDPOINTS_BASE_DOMAIN",
    ]);
  }
  return {
    token,
    zoneId,
    apiBase: values.CLOUDFLARE_API_BASE,
    baseDomain: values.ENDPOINTS_BASE_DOMAIN,
    relayService: values.RELAY_HTTP_BASE,
    portalService: `http://localhost:${values.PORT}`,
    portalHost: values.PORTAL_URL ? new URL(values.PORTAL_URL).hostname : null,
  };
}
