/**
 * The settings that rules and procedures need, as the portal's environment gives them. A plain shape, so that tests and
 * the portal make it in one place and nothing below reads the environment.
 */
export interface ApiConfig {
  /** `example.com`, or `localhost` in a local run. */
  readonly endpointsBaseDomain: string;
  readonly endpointsPublicScheme: "http" | "https";
  /** null: the scheme's own port. */
  readonly endpointsPublicPort: number | null;
  /** Without a slash at the end. */
  readonly portalUrl: string;
  /** What connectors open: `wss://…/ws/connect`. */
  readonly relayWsUrl: string;
  readonly relayInternalSecret: string;
  readonly relayConnectorSigningSecret: string;
  readonly relayConnectorTtlSeconds: number;
  /** Names that nobody may claim, beside the built-in list. */
  readonly reservedSlugs: readonly string[];
  /** Brands that no name may contain, beside the built-in list. */
  readonly brandNames: readonly string[];
  /** Tests and closed networks: `upstreamBaseUrl` may be a private address. */
  readonly allowPrivateUpstreams: boolean;
  /** Ports of the relay for TCP tunnels; null: there are none. */
  readonly tcpPorts: PortRange | null;
}

/** Consecutive ports, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The part that makes public addresses. */
export type PublicUrlConfig = Pick<
  ApiConfig,
  "endpointsBaseDomain" | "endpointsPublicScheme" | "endpointsPublicPort"
>;
