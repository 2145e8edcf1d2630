import type { Addresses } from "./addresses.ts";
import { tcpPortsOf } from "./ports.ts";
import type { LocalSecrets } from "./secrets.ts";
import type { LocalSettings } from "./settings.ts";

/** The stand-in takes any test key; this one says in logs and pages whose it is. */
const STAND_IN_KEY = "sk_test_standin";

/**
 * The environment of the programs of a local run: what was given, completed by what only this run knows.
 */
export function programEnvironment(options: {
  settings: LocalSettings;
  ports: { portal: number; relay: number };
  addresses: Addresses;
  secrets: LocalSecrets;
  databaseUrl: string;
  /** Where the stand-in of Stripe is; null: the operator has a key of the real one. */
  stripeUrl: string | null;
  /** Development: more talkative, slower pages. */
  development: boolean;
}): NodeJS.ProcessEnv {
  const { settings, ports, addresses, secrets, databaseUrl, stripeUrl, development } = options;
  const { STRIPE_WEBHOOK_SECRET, STRIPE_THIN_WEBHOOK_SECRET, ...own } = secrets;
  return {
    NODE_ENV: development ? "development" : "production",
    // A run that is being stopped should not wait long for streams; what the operator says goes first.
    RELAY_DRAIN_SECONDS: "1",
    HOTSPOT_MAILBOX: "1",
    RELAY_TCP_PORTS: tcpPortsOf(ports.relay),
    ...set(settings.environment),
    ...own,
    ...(stripeUrl === null
      ? {}
      : {
          STRIPE_SECRET_KEY: STAND_IN_KEY,
          STRIPE_API_BASE: stripeUrl,
          STRIPE_WEBHOOK_SECRET,
          STRIPE_THIN_WEBHOOK_SECRET,
        }),
    DATABASE_URL: databaseUrl,
    HOTSPOT_DATA_DIR: settings.dataDir,
    PORT: String(ports.portal),
    RELAY_PORT: String(ports.relay),
    PORTAL_URL: addresses.portalUrl,
    RELAY_HTTP_BASE: `http://127.0.0.1:${ports.relay}`,
    RELAY_WS_URL: addresses.relayWsUrl,
  };
}

/** A blank variable counts as not set. */
function set(environment: NodeJS.ProcessEnv): Partial<NodeJS.ProcessEnv> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
}
