import { resolve } from "node:path";
import { type ManagedCloudflareEnv, readManagedCloudflare } from "./env-managed-cloudflare.ts";
import { EnvError, readVariables } from "./env-schema.ts";
import { portalVariables } from "./env-variables.ts";
import type { SealingKey } from "./sealing.ts";

/** The portal's configuration: read once at start, frozen, handed on. Optional integrations are tagged unions. */
export interface PortalEnv {
  readonly production: boolean;
  readonly logLevel: string;
  readonly port: number;
  readonly adminPort: number;
  /** Origin, no trailing slash. */
  readonly portalUrl: string;
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly buildDir: string;
  readonly authSecret: string;
  readonly endpoints: {
    readonly baseDomain: string;
    readonly scheme: "http" | "https";
    /** Shown in public addresses; null when it is the scheme's own. */
    readonly port: number | null;
    readonly reservedSlugs: readonly string[];
    readonly brandNames: readonly string[];
    readonly allowPrivateUpstreams: boolean;
  };
  readonly relay: {
    /** Origin that /v1/* of tenant hosts is forwarded to. */
    readonly httpBase: string;
    readonly wsUrl: string;
    readonly internalSecret: string;
    readonly connectorSigningSecret: string;
    readonly connectorTtlSeconds: number;
    /** For TCP tunnels; null: there are none. */
    readonly tcpPorts: { readonly first: number; readonly last: number } | null;
  };
  readonly proxyRateLimit: { readonly windowMs: number; readonly max: number };
  readonly mail:
    | { readonly kind: "smtp"; readonly url: string; readonly from: string }
    | { readonly kind: "mailbox"; readonly directory: string; readonly from: string; readonly page: boolean };
  readonly billing:
    | { readonly kind: "off" }
    | {
        readonly kind: "stripe";
        readonly secretKey: string;
        /** null: Stripe's own. Anything else is shown as a stand-in. */
        readonly apiBase: string | null;
        /** null: webhooks are refused, and Stripe is asked from time to time instead. */
        readonly webhookSecret: string | null;
        /** null: meter errors are not heard of. */
        readonly thinWebhookSecret: string | null;
        readonly graceDays: number;
      };
  readonly storage:
    | { readonly kind: "off" }
    | {
        readonly kind: "s3";
        readonly endpoint: string;
        readonly bucket: string;
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly region: string;
      };
  readonly domains: {
    /** Empty: those of the machine. */
    readonly dnsServers: readonly string[];
  };
  readonly certificates:
    | { readonly kind: "off" }
    | {
        readonly kind: "acme";
        readonly directoryUrl: string;
        readonly email: string;
        readonly sealingKeys: readonly SealingKey[];
        /** null: no wildcard certificate for the base domain. */
        readonly cloudflare: {
          readonly token: string;
          readonly zoneId: string;
          readonly apiBase: string;
        } | null;
      };
  readonly managedCloudflare: ManagedCloudflareEnv;
  /** null: no secret of a tenant can be kept. */
  readonly sealingKeys: readonly SealingKey[] | null;
  /** Addresses or CIDR ranges. */
  readonly trustedProxies: readonly string[];
}

type Values = ReturnType<typeof readVariables<typeof portalVariables>>;

/**
 * Checks the environment and gives the configuration.
 * @throws EnvError naming every variable that is wrong
 */
export function readPortalEnv(source: Readonly<Record<string, string | undefined>>): PortalEnv {
  const values = readVariables(portalVariables, source);
  if (values.SMTP_URL && !values.MAIL_FROM) {
    throw new EnvError([
      `MAIL_FROM is not set; with SMTP_URL, expected ${portalVariables.MAIL_FROM.expected}`,
    ]);
  }
  const local = values.ENDPOINTS_BASE_DOMAIN === "localhost";
  const scheme = values.ENDPOINTS_PUBLIC_SCHEME ?? (local ? "http" : "https");
  const publicPort = values.ENDPOINTS_PUBLIC_PORT ?? (local ? values.RELAY_PORT : null);
  return deepFreeze({
    production: values.NODE_ENV === "production",
    logLevel: values.LOG_LEVEL,
    port: values.PORT,
    adminPort: values.PORTAL_ADMIN_PORT,
    portalUrl: values.PORTAL_URL ?? `http://localhost:${values.PORT}`,
    databaseUrl: values.DATABASE_URL,
    dataDir: resolve(values.HOTSPOT_DATA_DIR),
    buildDir: resolve(values.HOTSPOT_BUILD_DIR),
    authSecret: values.BETTER_AUTH_SECRET,
    endpoints: {
      baseDomain: values.ENDPOINTS_BASE_DOMAIN,
      scheme,
      port: publicPort === (scheme === "https" ? 443 : 80) ? null : publicPort,
      reservedSlugs: values.RESERVED_SLUGS,
      brandNames: values.BRAND_NAMES,
      allowPrivateUpstreams: values.ALLOW_PRIVATE_UPSTREAMS,
    },
    relay: {
      httpBase: values.RELAY_HTTP_BASE,
      wsUrl: values.RELAY_WS_URL,
      internalSecret: values.RELAY_INTERNAL_SECRET,
      connectorSigningSecret: values.RELAY_CONNECTOR_SIGNING_SECRET,
      connectorTtlSeconds: values.RELAY_CONNECTOR_TTL_SECONDS,
      tcpPorts: values.RELAY_TCP_PORTS ?? null,
    },
    proxyRateLimit: { windowMs: values.PROXY_RATE_LIMIT_WINDOW_MS, max: values.PROXY_RATE_LIMIT_MAX },
    mail: values.SMTP_URL
      ? { kind: "smtp", url: values.SMTP_URL, from: values.MAIL_FROM! }
      : {
          kind: "mailbox",
          directory: resolve(values.HOTSPOT_DATA_DIR, "mailbox"),
          from: values.MAIL_FROM ?? "Hotspot <hotspot@localhost>",
          page: values.HOTSPOT_MAILBOX,
        },
    billing: readBilling(values),
    storage: readStorage(values),
    domains: { dnsServers: values.DNS_SERVERS },
    certificates: readCertificates(values),
    managedCloudflare: readManagedCloudflare(values),
    sealingKeys: values.SEALING_KEYS,
    trustedProxies: values.TRUSTED_PROXIES,
  } satisfies PortalEnv);
}

function readBilling(values: Values): PortalEnv["billing"] {
  if (!values.STRIPE_SECRET_KEY) return { kind: "off" };
  return {
    kind: "stripe",
    secretKey: values.STRIPE_SECRET_KEY,
    apiBase: values.STRIPE_API_BASE ?? null,
    webhookSecret: values.STRIPE_WEBHOOK_SECRET ?? null,
    thinWebhookSecret: values.STRIPE_THIN_WEBHOOK_SECRET ?? null,
    graceDays: values.BILLING_GRACE_DAYS,
  };
}

/** Off when nothing of it is set; @throws EnvError when only a part is. */
function readStorage(values: Values): PortalEnv["storage"] {
  const names = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
  const missing = names.filter((name) => !values[name]);
  if (missing.length === names.length) return { kind: "off" };
  if (missing.length > 0) {
    throw new EnvError(
      missing.map(
        (name) =>
          `${name} is not set; with the other S3_ variables, expected ${portalVariables[name].expected}`,
      ),
    );
  }
  return {
    kind: "s3",
    endpoint: values.S3_ENDPOINT!,
    bucket: values.S3_BUCKET!,
    accessKeyId: values.S3_ACCESS_KEY_ID!,
    secretAccessKey: values.S3_SECRET_ACCESS_KEY!,
    region: values.S3_REGION,
  };
}

/** Off when no CA is named; @throws EnvError when a part is missing. */
function readCertificates(values: Values): PortalEnv["certificates"] {
  const token = values.CLOUDFLARE_DNS_TOKEN;
  const zoneId = values.CLOUDFLARE_ZONE_ID;
  const missing: string[] = [];
  if (values.ACME_DIRECTORY_URL) {
    if (!values.ACME_EMAIL) missing.push("ACME_EMAIL");
    if (!values.SEALING_KEYS) missing.push("SEALING_KEYS");
  }
  if (token && !zoneId) missing.push("CLOUDFLARE_ZONE_ID");
  if (zoneId && !token) missing.push("CLOUDFLARE_DNS_TOKEN");
  if (missing.length > 0) {
    throw new EnvError(
      missing.map((name) => {
        const { expected } = portalVariables[name as keyof typeof portalVariables];
        return `${name} is not set; with ${/^CL/.test(name) ? "the other CLOUDFLARE_ variables" : "ACME_DIRECTORY_URL"}, expected ${expected}`;
      }),
    );
  }
  if (!values.ACME_DIRECTORY_URL) return { kind: "off" };
  return {
    kind: "acme",
    directoryUrl: values.ACME_DIRECTORY_URL,
    email: values.ACME_EMAIL!,
    sealingKeys: values.SEALING_KEYS!,
    cloudflare: token && zoneId ? { token, zoneId, apiBase: values.CLOUDFLARE_API_BASE } : null,
  };
}

function deepFreeze<T extends object>(value: T): T {
  // Bytes cannot be frozen.
  for (const inner of Object.values(value))
    if (typeof inner === "object" && inner !== null && !ArrayBuffer.isView(inner)) deepFreeze(inner);
  return Object.freeze(value);
}
