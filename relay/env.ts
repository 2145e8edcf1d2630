import type * as z from "zod";
import { type EnvVariable, relayVariables } from "./env-variables.ts";

/** The relay's configuration: read once at start, frozen, handed on. */
export interface RelayEnv {
  readonly logLevel: string;
  readonly databaseUrl: string;
  readonly port: number;
  readonly adminPort: number;
  readonly portalUrl: string;
  readonly baseDomain: string;
  readonly publicScheme: "http" | "https";
  /** As configured; without it the relay's own port is shown for `localhost`, and none for a real domain. */
  readonly publicPort: number | undefined;
  readonly internalSecret: string;
  readonly connectorSigningSecret: string;
  readonly graceMs: number;
  readonly headerTimeoutMs: number;
  readonly drainSeconds: number;
  readonly maxConnectionsPerAddress: number;
  readonly rateLimit: { readonly windowMs: number; readonly max: number };
  /** Addresses or CIDR ranges. */
  readonly trustedProxies: readonly string[];
}

/** One or more variables are wrong; the message has a line for each: name, value (never of a secret), expectation. */
export class EnvError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "EnvError";
  }
}

type Values = { [Name in keyof typeof relayVariables]: z.output<(typeof relayVariables)[Name]["schema"]> };

/**
 * Checks the environment and gives the configuration.
 * @throws EnvError naming every variable that is wrong
 */
export function readRelayEnv(source: Readonly<Record<string, string | undefined>>): RelayEnv {
  const values = readValues(source);
  const local = values.ENDPOINTS_BASE_DOMAIN === "localhost";
  return Object.freeze({
    logLevel: values.LOG_LEVEL,
    databaseUrl: values.DATABASE_URL,
    port: values.RELAY_PORT,
    adminPort: values.RELAY_ADMIN_PORT,
    portalUrl: values.PORTAL_URL ?? `http://localhost:${values.PORT}`,
    baseDomain: values.ENDPOINTS_BASE_DOMAIN,
    publicScheme: values.ENDPOINTS_PUBLIC_SCHEME ?? (local ? "http" : "https"),
    publicPort: values.ENDPOINTS_PUBLIC_PORT,
    internalSecret: values.RELAY_INTERNAL_SECRET,
    connectorSigningSecret: values.RELAY_CONNECTOR_SIGNING_SECRET,
    graceMs: values.RELAY_GRACE_MS,
    headerTimeoutMs: values.RELAY_HEADER_TIMEOUT_MS,
    drainSeconds: values.RELAY_DRAIN_SECONDS,
    maxConnectionsPerAddress: values.RELAY_MAX_CONNECTIONS_PER_ADDRESS,
    rateLimit: Object.freeze({
      windowMs: values.PROXY_RATE_LIMIT_WINDOW_MS,
      max: values.PROXY_RATE_LIMIT_MAX,
    }),
    trustedProxies: Object.freeze(values.TRUSTED_PROXIES),
  });
}

/**
 * The port that public addresses show; null when it is the scheme's own.
 * @param listening the port that the relay really listens on
 */
export function publicPortOf(env: RelayEnv, listening: number): number | null {
  const port = env.publicPort ?? (env.baseDomain === "localhost" ? listening : null);
  return port === (env.publicScheme === "https" ? 443 : 80) ? null : port;
}

function readValues(source: Readonly<Record<string, string | undefined>>): Values {
  const problems: string[] = [];
  const entries = Object.entries(relayVariables as Record<string, EnvVariable>).map(([name, variable]) => {
    const text = source[name]?.trim() || undefined;
    const result = variable.schema.safeParse(text);
    if (!result.success) problems.push(describeProblem(name, variable, text));
    return [name, result.data];
  });
  if (problems.length > 0) throw new EnvError(problems);
  return Object.fromEntries(entries) as Values;
}

function describeProblem(name: string, variable: EnvVariable, text: string | undefined): string {
  if (text === undefined) return `${name} is not set; expected ${variable.expected}`;
  const seen = variable.secret ? `a value of ${text.length} characters (not shown)` : JSON.stringify(text);
  return `${name} is ${seen}; expected ${variable.expected}`;
}
