import type { LocalSettings } from "./settings.ts";

/** Where the parts of a local run are reached. */
export interface Addresses {
  readonly portalUrl: string;
  readonly relayUrl: string;
  readonly relayWsUrl: string;
  readonly baseDomain: string;
  /** Shown in public addresses, null when it is the scheme's own. */
  readonly publicPort: number | null;
  readonly publicScheme: "http" | "https";
}

/** Follows the rules of the portal's schema, with the ports that were really taken. */
export function addressesOf(
  { environment, baseDomain }: LocalSettings,
  ports: { portal: number; relay: number },
): Addresses {
  const local = baseDomain === "localhost";
  const publicScheme = environment.ENDPOINTS_PUBLIC_SCHEME?.trim() || (local ? "http" : "https");
  const publicPort = environment.ENDPOINTS_PUBLIC_PORT?.trim() || (local ? ports.relay : null);
  const ownPort = publicScheme === "https" ? 443 : 80;
  return {
    portalUrl: environment.PORTAL_URL?.trim().replace(/\/$/, "") || `http://localhost:${ports.portal}`,
    relayUrl: `http://localhost:${ports.relay}`,
    relayWsUrl: environment.RELAY_WS_URL?.trim() || `ws://localhost:${ports.relay}/ws/connect`,
    baseDomain,
    publicScheme: publicScheme as "http" | "https",
    publicPort: publicPort === null || Number(publicPort) === ownPort ? null : Number(publicPort),
  };
}

export function publicUrlOf(addresses: Addresses, slug: string): string {
  const { publicScheme, baseDomain, publicPort } = addresses;
  return `${publicScheme}://${slug}.${baseDomain}${publicPort === null ? "" : `:${publicPort}`}`;
}
