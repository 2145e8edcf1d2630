import { isIP } from "node:net";
import { z } from "zod";
import {
  define,
  type EnvVariable,
  flag,
  hostName,
  httpOrigin,
  integer,
  list,
  port,
  secret,
  secretExpected,
  text,
} from "./env-schema.ts";
import { sharedVariables } from "./env-shared.ts";

/** An address as node:dns takes it: `9.9.9.9`, `127.0.0.1:5353`, `::1`, `[::1]:53`. */
function isNameServer(server: string): boolean {
  const [, inBrackets, plain] = /^(?:\[(.+)\]|([^:]+))(?::\d{1,5})?$/.exec(server) ?? [];
  return isIP(inBrackets ?? plain ?? server) > 0;
}

/** Every variable the portal reads, in the order in which documents show them. */
export const portalVariables = {
  ...sharedVariables,
  PORTAL_ADMIN_PORT: define({
    description: "Port of /metrics, /healthz and /readyz, on 127.0.0.1 only; 0 means any free one.",
    expected: "a port from 0 to 65535",
    schema: port.default(0),
    fallback: "0",
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
  DNS_SERVERS: define({
    description: "Name servers that custom domains are checked with, instead of the machine's own.",
    expected: "addresses separated by commas, with or without a port, e.g. 9.9.9.9,127.0.0.1:5353",
    schema: list.refine((servers) => servers.every(isNameServer)),
  }),
  ACME_DIRECTORY_URL: define({
    description:
      "CA that certificates of custom domains (and, with the CLOUDFLARE_ variables, of ENDPOINTS_BASE_DOMAIN) are ordered from. Without it TLS is the operator's.",
    expected: "a URL like https://acme-v02.api.letsencrypt.org/directory",
    schema: z.url({ protocol: /^https?$/ }).optional(),
  }),
  ACME_EMAIL: define({
    description: "Address of the account at the CA; required with ACME_DIRECTORY_URL.",
    expected: "an e-mail address",
    schema: z.email().optional(),
  }),
  CLOUDFLARE_DNS_TOKEN: define({
    description:
      "Token that may edit DNS of the zone of ENDPOINTS_BASE_DOMAIN. With the next one, a wildcard certificate is ordered for it.",
    expected: "an API token of Cloudflare with Zone DNS Edit",
    schema: text.min(20).optional(),
    secret: true,
  }),
  CLOUDFLARE_ZONE_ID: define({
    description: "That zone.",
    expected: "the id of a zone, 32 hexadecimal digits",
    schema: text.regex(/^[0-9a-f]{32}$/).optional(),
  }),
  CLOUDFLARE_API_BASE: define({
    description: "Where Cloudflare's API is, when it is not Cloudflare's own.",
    expected: "a URL like https://api.cloudflare.com/client/v4, without a slash at the end",
    schema: z
      .url({ protocol: /^https?$/ })
      .regex(/[^/]$/)
      .default("https://api.cloudflare.com/client/v4"),
    fallback: "https://api.cloudflare.com/client/v4",
  }),
  MANAGED_CF_API_TOKEN: define({
    description:
      "Managed Cloudflare: API token of the Cloudflare account that hubs get tunnels, host names and buckets from (README, Managed Cloudflare). With the next three and SEALING_KEYS it is on.",
    expected: "an account-owned API token of Cloudflare",
    schema: text.min(20).optional(),
    secret: true,
  }),
  MANAGED_CF_ACCOUNT_ID: define({
    description:
      "That account. It should serve nothing else: what is named hotspot-… in it is taken for ours.",
    expected: "the id of an account, 32 hexadecimal digits",
    schema: text.regex(/^[0-9a-f]{32}$/).optional(),
  }),
  MANAGED_CF_ZONE_ID: define({
    description: "Zone of the account that host names of hubs are made in.",
    expected: "the id of a zone, 32 hexadecimal digits",
    schema: text.regex(/^[0-9a-f]{32}$/).optional(),
  }),
  MANAGED_CF_DOMAIN: define({
    description:
      "Host names of hubs are <name>-<n>.<this domain>: the zone's own, so that Cloudflare's certificate covers them, and not ENDPOINTS_BASE_DOMAIN.",
    expected: "a host name like hubs.example",
    schema: hostName.optional(),
  }),
  MANAGED_CF_JURISDICTION: define({
    description: "Where buckets of hubs may be kept.",
    expected: "default, eu, us, fedramp or fedramp-high",
    schema: z.enum(["default", "eu", "us", "fedramp", "fedramp-high"]).default("default"),
    fallback: "default",
  }),
  MANAGED_CF_LOCATION: define({
    description: "Where Cloudflare should rather keep them; by default it decides.",
    expected: "apac, eeur, enam, weur, wnam or oc",
    schema: z.enum(["apac", "eeur", "enam", "weur", "wnam", "oc"]).optional(),
  }),
  MANAGED_CF_R2_ENDPOINT: define({
    description: "Where R2's S3 API is, when it is not Cloudflare's own.",
    expected: "an origin like https://ACCOUNT.r2.cloudflarestorage.com",
    schema: httpOrigin.optional(),
    fallback: "from account and jurisdiction",
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
  STRIPE_WEBHOOK_SECRET: define({
    description:
      "Signing secret of the webhook endpoint PORTAL_URL/api/stripe/webhook. Without it Stripe is asked every few minutes instead.",
    expected: "a secret like whsec_…",
    schema: text.regex(/^whsec_\w+$/).optional(),
    secret: true,
  }),
  STRIPE_THIN_WEBHOOK_SECRET: define({
    description:
      "Signing secret of the event destination for thin events (meter errors), PORTAL_URL/api/stripe/thin-webhook.",
    expected: "a secret like whsec_…",
    schema: text.regex(/^whsec_\w+$/).optional(),
    secret: true,
  }),
  BILLING_GRACE_DAYS: define({
    description: "Days that service goes on after a payment failed.",
    expected: "whole days from 0 to 60",
    schema: integer(0, 60).default(7),
    fallback: "7",
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
  HOTSPOT_BUILD_DIR: define({
    description: "Where the built pages are.",
    expected: "a path",
    schema: text.default("node_modules/.cache/hotspot/build"),
    fallback: "node_modules/.cache/hotspot/build",
  }),
  NODE_ENV: define({
    description: "Kind of run; anything but `production` is more talkative.",
    expected: "production, development or test",
    schema: z.enum(["production", "development", "test"]).default("development"),
    fallback: "development",
  }),
} as const satisfies Record<string, EnvVariable>;
