import { describe, expect, it } from "vitest";
import { EnvError } from "../server/env-schema.ts";
import { publicPortOf, readRelayEnv } from "./env.ts";

const secret = "0123456789abcdefghijklmnopqrstuv";
const least = {
  DATABASE_URL: "postgres://u:hunter2@localhost/db",
  RELAY_INTERNAL_SECRET: secret,
  RELAY_CONNECTOR_SIGNING_SECRET: secret,
};

describe("the relay's environment", () => {
  it("has the documented defaults; blank counts as not set", () => {
    expect(readRelayEnv({ ...least, RELAY_PORT: " ", TRUSTED_PROXIES: "" })).toMatchObject({
      port: 8789,
      adminPort: 0,
      portalUrl: "http://localhost:3000",
      baseDomain: "localhost",
      publicScheme: "http",
      graceMs: 30_000,
      headerTimeoutMs: 360_000,
      drainSeconds: 30,
      rateLimit: { windowMs: 60_000, max: 120 },
      trustedProxies: [],
    });
  });

  it.each([
    [{}, 8789, 8789],
    [{ ENDPOINTS_PUBLIC_PORT: "80" }, 8789, null],
    [{ ENDPOINTS_BASE_DOMAIN: "example.com" }, 8789, null],
    [{ ENDPOINTS_BASE_DOMAIN: "example.com", ENDPOINTS_PUBLIC_PORT: "8443" }, 8789, 8443],
  ])("shows the right public port for %j", (changes, listening, shown) => {
    expect(publicPortOf(readRelayEnv({ ...least, ...changes }), listening)).toBe(shown);
  });

  it("names every wrong variable, what it was and what it should be, and no secret", () => {
    const bad = {
      ...least,
      RELAY_PORT: "99999",
      TRUSTED_PROXIES: "10.0.0.0/99",
      RELAY_INTERNAL_SECRET: "short-one",
    };
    let message = "";
    try {
      readRelayEnv({ ...bad, RELAY_CONNECTOR_SIGNING_SECRET: "" });
    } catch (error) {
      expect(error).toBeInstanceOf(EnvError);
      message = (error as Error).message;
    }
    expect(message).toContain('RELAY_PORT is "99999"; expected a port');
    expect(message).toContain("TRUSTED_PROXIES");
    expect(message).toContain("RELAY_CONNECTOR_SIGNING_SECRET is not set");
    expect(message).toContain("RELAY_INTERNAL_SECRET is a value of 9 characters (not shown)");
    expect(message).not.toContain("short-one");
  });

  it.each(["changeme-changeme-changeme-changeme", "a".repeat(40), "your-secret-your-secret-your-secret"])(
    "refuses the secret %s",
    (value) => {
      expect(() => readRelayEnv({ ...least, RELAY_INTERNAL_SECRET: value })).toThrow(EnvError);
    },
  );
});
