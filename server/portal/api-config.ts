import type { ApiConfig } from "../config.ts";
import type { PortalEnv } from "../env.ts";

/** The part of the configuration that rules and procedures work with. */
export function apiConfigOf(env: PortalEnv): ApiConfig {
  return {
    endpointsBaseDomain: env.endpoints.baseDomain,
    endpointsPublicScheme: env.endpoints.scheme,
    endpointsPublicPort: env.endpoints.port,
    portalUrl: env.portalUrl,
    relayWsUrl: env.relay.wsUrl,
    relayInternalSecret: env.relay.internalSecret,
    relayConnectorSigningSecret: env.relay.connectorSigningSecret,
    relayConnectorTtlSeconds: env.relay.connectorTtlSeconds,
    reservedSlugs: env.endpoints.reservedSlugs,
    brandNames: env.endpoints.brandNames,
    allowPrivateUpstreams: env.endpoints.allowPrivateUpstreams,
    tcpPorts: env.relay.tcpPorts,
  };
}
