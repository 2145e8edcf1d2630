import { describe, expect, it } from "vitest";
import { readPortalEnv } from "./env.ts";
import { EnvError } from "./env-schema.ts";
import { portalVariables } from "./env-variables.ts";

const secretOf = (name: string) => `${name}-8f3a91c2d4e5b6078f3a91c2d4e5b607`;
const minimal = {
  DATABASE_URL: "postgres://hotspot:pw@127.0.0.1:5432/hotspot",
  RELAY_INTERNAL_SECRET: secretOf("internal"),
  RELAY_CONNECTOR_SIGNING_SECRET: secretOf("signing"),
  BETTER_AUTH_SECRET: secretOf("auth"),
};

function problemsOf(source: Record<string, string | undefined>): string {
  try {
    readPortalEnv(source);
  } catch (error) {
    if (error instanceof EnvError) return error.message;
    throw error;
  }
  return "no problem";
}

describe("readPortalEnv", () => {
  it("gives a local portal when only the required variables are set", () => {
    const env = readPortalEnv(minimal);
    expect(env.portalUrl).toBe("http://localhost:3000");
    expect(env.endpoints).toMatchObject({ baseDomain: "localhost", scheme: "http", port: 8789 });
    expect(env.mail).toMatchObject({ kind: "mailbox", page: false });
    expect(env.proxyRateLimit).toEqual({ windowMs: 60_000, max: 120 });
    expect(env.relay.connectorTtlSeconds).toBe(604_800);
  });

  it("takes a blank value as not set", () => {
    expect(readPortalEnv({ ...minimal, PORT: " ", SMTP_URL: "", TRUSTED_PROXIES: "" })).toEqual(
      readPortalEnv(minimal),
    );
  });

  it("gives https without a port for a public base domain", () => {
    const env = readPortalEnv({ ...minimal, ENDPOINTS_BASE_DOMAIN: "Example.COM" });
    expect(env.endpoints).toMatchObject({ baseDomain: "example.com", scheme: "https", port: null });
    expect(
      readPortalEnv({ ...minimal, ENDPOINTS_BASE_DOMAIN: "example.com", ENDPOINTS_PUBLIC_PORT: "443" })
        .endpoints.port,
    ).toBeNull();
  });

  it("gives billing and storage with all they need, or off", () => {
    expect(readPortalEnv(minimal)).toMatchObject({ billing: { kind: "off" }, storage: { kind: "off" } });
    const s3 = { S3_ENDPOINT: "http://127.0.0.1:9000", S3_BUCKET: "logs", S3_ACCESS_KEY_ID: "key" };
    expect(
      readPortalEnv({ ...minimal, ...s3, S3_SECRET_ACCESS_KEY: "s", STRIPE_SECRET_KEY: "sk_test_1" }),
    ).toMatchObject({ billing: { kind: "stripe" }, storage: { kind: "s3", bucket: "logs", region: "auto" } });
    expect(problemsOf({ ...minimal, ...s3 })).toContain("S3_SECRET_ACCESS_KEY is not set");
    expect(problemsOf({ ...minimal, STRIPE_SECRET_KEY: "pk_test_1" })).toContain(
      "STRIPE_SECRET_KEY is a value of 9",
    );
  });

  it("is frozen to the bottom", () => {
    const env = readPortalEnv(minimal) as { relay: { httpBase: string } };
    expect(() => {
      env.relay.httpBase = "http://elsewhere";
    }).toThrow(TypeError);
  });

  it.each([
    ["PORT", "abc"],
    ["PORT", "65536"],
    ["PORTAL_URL", "https://hotspot.example/app"],
    ["PORTAL_URL", "ftp://hotspot.example"],
    ["ENDPOINTS_BASE_DOMAIN", "exa_mple.com"],
    ["ENDPOINTS_PUBLIC_SCHEME", "gopher"],
    ["RELAY_CONNECTOR_TTL_SECONDS", "1h"],
    ["PROXY_RATE_LIMIT_MAX", "0"],
    ["TRUSTED_PROXIES", "10.0.0.0/8,nonsense"],
    ["LOG_LEVEL", "loud"],
    ["HOTSPOT_MAILBOX", "yes"],
  ] as const)("stops at %s=%s and says name, value and what was expected", (name, value) => {
    const message = problemsOf({ ...minimal, [name]: value });
    expect(message).toContain(
      `${name} is ${JSON.stringify(value)}; expected ${portalVariables[name].expected}`,
    );
  });

  it.each([
    ["RELAY_INTERNAL_SECRET", "too-short-7c1e"],
    ["BETTER_AUTH_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    ["RELAY_CONNECTOR_SIGNING_SECRET", "change-me-change-me-change-me-change-me-1"],
    ["DATABASE_URL", "mysql://user:hunter2@host/db"],
    ["SMTP_URL", "http://user:hunter2@host"],
  ])("refuses a bad %s without showing it", (name, value) => {
    const message = problemsOf({ ...minimal, [name]: value });
    expect(message).toContain(`${name} is a value of ${value.length} characters (not shown)`);
    expect(message).not.toContain(value);
  });

  it("names every variable that is missing, at once", () => {
    const message = problemsOf({});
    for (const name of Object.keys(minimal)) expect(message).toContain(`${name} is not set`);
  });

  it("wants a sender as soon as there is a mail server", () => {
    expect(problemsOf({ ...minimal, SMTP_URL: "smtp://127.0.0.1:25" })).toContain("MAIL_FROM is not set");
    expect(
      readPortalEnv({ ...minimal, SMTP_URL: "smtp://127.0.0.1:25", MAIL_FROM: "Hotspot <a@b.example>" }).mail,
    ).toEqual({ kind: "smtp", url: "smtp://127.0.0.1:25", from: "Hotspot <a@b.example>" });
  });

  it("documents defaults that are the ones in force", () => {
    for (const [name, variable] of Object.entries(portalVariables)) {
      const fallback = "fallback" in variable ? variable.fallback : undefined;
      const inForce = variable.schema.safeParse(undefined);
      if (fallback === undefined || !inForce.success || inForce.data === undefined) continue;
      expect(variable.schema.parse(fallback), name).toEqual(inForce.data);
    }
  });
});
