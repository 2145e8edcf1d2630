import ipaddr from "ipaddr.js";
import { z } from "zod";

/**
 * One environment variable: enough to check it and to write `.env.example` and the README's table from it.
 * A blank value counts as not set.
 */
export interface EnvVariable<Schema extends z.ZodType = z.ZodType> {
  /** What it is for, one or two sentences. */
  readonly description: string;
  /** Completes "expected …" in an error message. */
  readonly expected: string;
  /** Reads the text; gives the default when there is none, or fails when the variable is required. */
  readonly schema: Schema;
  /** The default in words, for documents; absent when the variable is required or simply off. */
  readonly fallback?: string;
  /** Never shown, not even in an error message. */
  readonly secret?: true;
}

const text = z.string();
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
const flag = z
  .enum(["0", "1"])
  .default("0")
  .transform((value) => value === "1");
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
const secret = text.min(32).refine((value) => !isGuessable(value));
const secretExpected = "at least 32 random characters, e.g. from `openssl rand -hex 32`";

function define<Schema extends z.ZodType>(variable: EnvVariable<Schema>): EnvVariable<Schema> {
  return variable;
}

/** Every variable the portal reads, in the order in which documents show them. */
export const portalVariables = {
  DATABASE_URL: define({
    description: "PostgreSQL, the only system of record. `npm start` brings its own when this is not set.",
    expected: "a URL like postgres://user:password@host:5432/name",
    schema: z.url({ protocol: /^postgres(ql)?$/ }),
    secret: true,
  }),
  PORT: define({
    description: "Port of the portal; 0 means any free one.",
    expected: "a port from 0 to 65535",
    schema: port.default(3000),
    fallback: "3000",
  }),
  PORTAL_ADMIN_PORT: define({
    description: "Port of /metrics, /healthz and /readyz, on 127.0.0.1 only; 0 means any free one.",
    expected: "a port from 0 to 65535",
    schema: port.default(0),
    fallback: "0",
  }),
  PORTAL_URL: define({
    description:
      "Origin under which people reach the portal. In production use another registrable domain than ENDPOINTS_BASE_DOMAIN.",
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
  RELAY_PORT: define({
    description: "Port of the relay; the portal needs it for local public addresses only.",
    expected: "a port from 0 to 65535",
    schema: port.default(8789),
    fallback: "8789",
  }),
  RELAY_HTTP_BASE: define({
    description: "Where the portal forwards /v1/* of tenant hosts to.",
    expected: "an origin like http://localhost:8789",
    schema: httpOrigin.default("http://localhost:8789"),
    fallback: "http://localhost:8789",
  }),
  RELAY_WS_URL: define({
    description: "Address that connectors are told to connect to.",
    expected: "a URL like wss://relay.example.com/ws/connect",
    schema: z.url({ protocol: /^wss?$/ }).default("ws://localhost:8789/ws/connect"),
    fallback: "ws://localhost:8789/ws/connect",
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
  RELAY_CONNECTOR_TTL_SECONDS: define({
    description: "Lifetime of a connector token in seconds.",
    expected: "whole seconds from 60 to 31536000",
    schema: integer(60, 31_536_000).default(604_800),
    fallback: "604800",
  }),
  BETTER_AUTH_SECRET: define({
    description: "Signs session cookies and e-mail tokens.",
    expected: secretExpected,
    schema: secret,
    secret: true,
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
  RESERVED_SLUGS: define({
    description: "More names that nobody may claim, separated by commas.",
    expected: "names separated by commas",
    schema: list,
  }),
  BRAND_NAMES: define({
    description: "Brands whose names, and names that look like them, nobody may claim, separated by commas.",
    expected: "names separated by commas",
    schema: list,
  }),
  ALLOW_PRIVATE_UPSTREAMS: define({
    description:
      "1 lets the upstream of an endpoint be a private address. For closed networks and tests: otherwise a tenant could reach inside.",
    expected: "0 or 1",
    schema: flag,
    fallback: "0",
  }),
  SMTP_URL: define({
    description: "Mail server. Without it mail is kept in the mailbox folder of HOTSPOT_DATA_DIR.",
    expected: "a URL like smtps://user:password@mail.example.com:465",
    schema: z.url({ protocol: /^smtps?$/ }).optional(),
    secret: true,
  }),
  MAIL_FROM: define({
    description: "Sender of all mail; required with SMTP_URL.",
    expected: "an address like `Hotspot <hello@example.com>`",
    schema: text.regex(/^(?:[^<>\r\n]+<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/).optional(),
    fallback: "Hotspot <hotspot@localhost> without SMTP_URL",
  }),
  HOTSPOT_MAILBOX: define({
    description: "1 shows captured mail to anybody at /mailbox. For local runs only; ignored with SMTP_URL.",
    expected: "0 or 1",
    schema: flag,
    fallback: "0",
  }),
  STRIPE_SECRET_KEY: define({
    description: "Stripe. With it every new account becomes a Stripe customer; without it billing is off.",
    expected: "a secret key like sk_live_… or sk_test_…",
    schema: text.regex(/^(?:sk|rk)_(?:live|test)_\w+$/).optional(),
    secret: true,
  }),
  S3_ENDPOINT: define({
    description:
      "S3-compatible store (R2, MinIO …). With the next three it keeps request-log rows that are past the plan's time; without it they are deleted.",
    expected: "a URL like https://ACCOUNT.r2.cloudflarestorage.com",
    schema: z.url({ protocol: /^https?$/ }).optional(),
  }),
  S3_BUCKET: define({
    description: "Bucket of the store.",
    expected: "a bucket name",
    schema: text.optional(),
  }),
  S3_ACCESS_KEY_ID: define({
    description: "Key of the store.",
    expected: "an access key id",
    schema: text.optional(),
    secret: true,
  }),
  S3_SECRET_ACCESS_KEY: define({
    description: "Secret of that key.",
    expected: "a secret access key",
    schema: text.optional(),
    secret: true,
  }),
  S3_REGION: define({
    description: "Region of the store.",
    expected: "a region name; `auto` for R2",
    schema: text.default("auto"),
    fallback: "auto",
  }),
  TRUSTED_PROXIES: define({
    description:
      "Addresses of proxies in front of us, as CIDR ranges: only their X-Forwarded-For is believed.",
    expected: "addresses or CIDR ranges separated by commas, e.g. 10.0.0.0/8,192.0.2.7",
    schema: list.refine((ranges) =>
      ranges.every((range) => ipaddr.isValidCIDR(range) || ipaddr.isValid(range)),
    ),
  }),
  HOTSPOT_DATA_DIR: define({
    description: "The only place that a local run writes to.",
    expected: "a path",
    schema: text.default(".hotspot"),
    fallback: ".hotspot",
  }),
  HOTSPOT_BUILD_DIR: define({
    description: "Where the built pages are.",
    expected: "a path",
    schema: text.default("node_modules/.cache/hotspot/build"),
    fallback: "node_modules/.cache/hotspot/build",
  }),
  LOG_LEVEL: define({
    description: "Least level that is logged.",
    expected: "fatal, error, warn, info, debug, trace or silent",
    schema: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    fallback: "info",
  }),
  NODE_ENV: define({
    description: "Kind of run; anything but `production` is more talkative.",
    expected: "production, development or test",
    schema: z.enum(["production", "development", "test"]).default("development"),
    fallback: "development",
  }),
} as const satisfies Record<string, EnvVariable>;
