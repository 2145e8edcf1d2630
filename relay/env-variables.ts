import ipaddr from "ipaddr.js";
import * as z from "zod";

/** One environment variable: enough to check it and to write documents from it. A blank value counts as not set. */
export interface EnvVariable<Schema extends z.ZodType = z.ZodType> {
  readonly description: string;
  /** Completes "expected …" in an error message. */
  readonly expected: string;
  readonly schema: Schema;
  /** The default in words; absent when the variable is required or simply off. */
  readonly fallback?: string;
  /** Never shown, not even in an error message. */
  readonly secret?: true;
}

const port = z.coerce.number().int().min(0).max(65_535);
const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const list = z
  .string()
  .default("")
  .transform((value) =>
    value
      .split(",")
      .map((item) => item.trim().toLowerCase())
      .filter(Boolean),
  );
const httpOrigin = z
  .url({ protocol: /^https?$/ })
  .transform((value) => new URL(value))
  .refine((url) => url.pathname === "/" && !url.search && !url.hash && !url.username)
  .transform((url) => url.origin);
const hostName = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,200}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/);

/** Values that have been printed somewhere, or that nobody drew at random. */
function isGuessable(value: string): boolean {
  return /change.?me|example|placeholder|your.?secret|insecure|^\.+$/i.test(value) || new Set(value).size < 8;
}
const secret = z
  .string()
  .min(32)
  .refine((value) => !isGuessable(value));
const secretExpected = "at least 32 random characters, e.g. from `openssl rand -hex 32`";

function define<Schema extends z.ZodType>(variable: EnvVariable<Schema>): EnvVariable<Schema> {
  return variable;
}

/** Every variable the relay reads, in the order in which documents show them. */
export const relayVariables = {
  DATABASE_URL: define({
    description: "PostgreSQL, the only system of record.",
    expected: "a URL like postgres://user:password@host:5432/name",
    schema: z.url({ protocol: /^postgres(ql)?$/ }),
    secret: true,
  }),
  RELAY_PORT: define({
    description: "Public port: tenant hosts and connectors.",
    expected: "a port from 0 (any free one) to 65535",
    schema: port.default(8789),
    fallback: "8789",
  }),
  RELAY_ADMIN_PORT: define({
    description:
      "Port of /metrics, /healthz and /readyz of the relay, on 127.0.0.1 only; 0 means any free one.",
    expected: "a port from 0 to 65535",
    schema: port.default(0),
    fallback: "0",
  }),
  PORT: define({
    description: "Port of the portal; the relay needs it for the default of PORTAL_URL only.",
    expected: "a port from 0 to 65535",
    schema: port.default(3000),
    fallback: "3000",
  }),
  PORTAL_URL: define({
    description: "Origin under which people reach the portal; linked from the relay's own pages.",
    expected: "an origin like https://hotspot.example, without a path",
    schema: httpOrigin.optional(),
    fallback: "http://localhost:PORT",
  }),
  ENDPOINTS_BASE_DOMAIN: define({
    description: "Parent of all public host names: an endpoint `acme` is reached at acme.<this domain>.",
    expected: "a host name like example.com",
    schema: hostName.default("localhost"),
    fallback: "localhost",
  }),
  ENDPOINTS_PUBLIC_SCHEME: define({
    description: "Scheme of public addresses.",
    expected: "http or https",
    schema: z.enum(["http", "https"]).optional(),
    fallback: "http when the base domain is localhost, else https",
  }),
  ENDPOINTS_PUBLIC_PORT: define({
    description: "Port shown in public addresses, when it is not the scheme's own.",
    expected: "a port from 1 to 65535",
    schema: integer(1, 65_535).optional(),
    fallback: "RELAY_PORT when the base domain is localhost, else none",
  }),
  RELAY_INTERNAL_SECRET: define({
    description: "Shared by portal and relay: proves to each that it is the other who calls.",
    expected: secretExpected,
    schema: secret,
    secret: true,
  }),
  RELAY_CONNECTOR_SIGNING_SECRET: define({
    description: "Signs the tokens that connectors show to the relay.",
    expected: secretExpected,
    schema: secret,
    secret: true,
  }),
  RELAY_GRACE_MS: define({
    description: "How long a request waits for a connector that was there a moment ago, in milliseconds.",
    expected: "whole milliseconds from 0 to 120000",
    schema: integer(0, 120_000).default(10_000),
    fallback: "10000",
  }),
  RELAY_HEADER_TIMEOUT_MS: define({
    description: "How long an upstream may think before its response head, in milliseconds.",
    expected: "whole milliseconds from 1000 to 3600000",
    schema: integer(1_000, 3_600_000).default(300_000),
    fallback: "300000",
  }),
  RELAY_DRAIN_SECONDS: define({
    description: "How long running streams may go on after SIGTERM, in seconds.",
    expected: "whole seconds from 0 to 3600",
    schema: integer(0, 3_600).default(30),
    fallback: "30",
  }),
  RELAY_MAX_CONNECTIONS_PER_ADDRESS: define({
    description:
      "Open connections of one client address (IPv6: of one /64); trusted proxies are not counted.",
    expected: "a whole number from 1 to 1000000",
    schema: integer(1, 1_000_000).default(2_000),
    fallback: "2000",
  }),
  PROXY_RATE_LIMIT_WINDOW_MS: define({
    description: "Window of the request limit per tenant and client address, in milliseconds.",
    expected: "whole milliseconds from 1000 to 3600000",
    schema: integer(1_000, 3_600_000).default(60_000),
    fallback: "60000",
  }),
  PROXY_RATE_LIMIT_MAX: define({
    description: "Requests allowed in that window.",
    expected: "a whole number from 1 to 1000000000",
    schema: integer(1, 1_000_000_000).default(120),
    fallback: "120",
  }),
  TRUSTED_PROXIES: define({
    description:
      "Addresses of proxies in front of us, as CIDR ranges: only their X-Forwarded-For is believed.",
    expected: "addresses or CIDR ranges separated by commas, e.g. 10.0.0.0/8,192.0.2.7",
    schema: list.refine((ranges) =>
      ranges.every((range) => ipaddr.isValidCIDR(range) || ipaddr.isValid(range)),
    ),
  }),
  LOG_LEVEL: define({
    description: "Least level that is logged.",
    expected: "fatal, error, warn, info, debug, trace or silent",
    schema: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    fallback: "info",
  }),
} as const satisfies Record<string, EnvVariable>;
