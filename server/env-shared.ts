import ipaddr from "ipaddr.js";
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
  portRange,
  secret,
  secretExpected,
  text,
} from "./env-schema.ts";
import { parseSealingKeys } from "./sealing.ts";

/** What portal and relay both read. */
export const sharedVariables = {
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
  PORTAL_URL: define({
    description:
      "Origin under which people reach the portal. In production use another registrable domain than ENDPOINTS_BASE_DOMAIN.",
    expected: "an origin like https://hotspot.example, without a path",
    schema: httpOrigin.optional(),
    fallback: "http://localhost:PORT",
  }),
  RELAY_PORT: define({
    description: "Public port of the relay: tenant hosts and connectors.",
    expected: "a port from 0 to 65535",
    schema: port.default(8789),
    fallback: "8789",
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
  RELAY_TCP_PORTS: define({
    description:
      "Public ports of the relay for TCP tunnels; tenants get blocks of them. Without it there are no TCP tunnels. Below the ports that the machine gives to outgoing connections (Linux: 32768).",
    expected: "two ports from 1024 to 65535 like 20000-20999",
    schema: portRange.optional(),
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
  STRIPE_SECRET_KEY: define({
    description:
      "Stripe. Without it billing is off in production, and `npm start` brings a stand-in of Stripe to try billing against.",
    expected: "a secret key like sk_live_… or sk_test_…",
    schema: text.regex(/^(?:sk|rk)_(?:live|test)_\w+$/).optional(),
    secret: true,
  }),
  STRIPE_API_BASE: define({
    description:
      "Where the Stripe API is, when it is not Stripe's own: the stand-in of a local run, or a recording proxy.",
    expected: "an origin like http://127.0.0.1:12111",
    schema: httpOrigin.optional(),
    fallback: "https://api.stripe.com",
  }),
  ALLOW_PRIVATE_UPSTREAMS: define({
    description:
      "1 lets the upstream of an endpoint be a private address. For closed networks and tests: otherwise a tenant could reach inside.",
    expected: "0 or 1",
    schema: flag,
    fallback: "0",
  }),
  SEALING_KEYS: define({
    description:
      "Keys that private keys of certificates and secrets of tenants are sealed under in the database; the first seals, all open. Needed with ACME_DIRECTORY_URL and with the MANAGED_CF_ variables.",
    expected:
      "id:key pairs separated by commas, each key 32 bytes in base64, e.g. 2026:$(openssl rand -base64 32)",
    schema: z
      .string()
      .optional()
      .transform((value, ctx) => {
        const keys = value === undefined ? null : parseSealingKeys(value);
        if (value !== undefined && keys === null) ctx.addIssue({ code: "custom", message: "not keys" });
        return keys;
      }),
    secret: true,
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
    description:
      "The only place that is written to outside of Postgres: usage journals of the relay, mails of a local run.",
    expected: "a path",
    schema: text.default(".hotspot"),
    fallback: ".hotspot",
  }),
  LOG_LEVEL: define({
    description: "Least level that is logged.",
    expected: "fatal, error, warn, info, debug, trace or silent",
    schema: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    fallback: "info",
  }),
} as const satisfies Record<string, EnvVariable>;
