import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { refuseForeignOrigin, sharesRegistrableDomain, stripePageOrigins } from "./security.ts";

const portal = "https://hotspot.example";
const ask = (method: string, headers: IncomingHttpHeaders) =>
  refuseForeignOrigin({ method, headers } as unknown as IncomingMessage, portal);

describe("refuseForeignOrigin", () => {
  it("lets everybody read", () => {
    expect(ask("GET", { origin: "https://evil.example", cookie: "a=b" })).toBeNull();
    expect(ask("HEAD", { cookie: "a=b" })).toBeNull();
  });

  it("lets programs and pages of ours write", () => {
    expect(ask("POST", {})).toBeNull();
    expect(ask("POST", { authorization: "Bearer hs_api_x" })).toBeNull();
    expect(ask("POST", { origin: portal, cookie: "a=b" })).toBeNull();
    expect(ask("POST", { referer: `${portal}/sign-in?next=1`, cookie: "a=b" })).toBeNull();
    expect(ask("DELETE", { origin: "http://127.0.0.1:3000", host: "127.0.0.1:3000" })).toBeNull();
  });

  it.each([
    { origin: "https://acme.hotspot.example" },
    { origin: "http://hotspot.example" },
    { origin: "https://hotspot.example:8443" },
    { origin: "https://hotspot.example.evil.test" },
    { origin: "null" },
    { origin: "http://rebound.test:3000", host: "rebound.test:3000" },
    { cookie: "a=b" },
    { cookie: "a=b", referer: "https://acme.hotspot.example/" },
    { cookie: "a=b", referer: "nonsense" },
  ])("refuses a write with %j", (headers) => expect(ask("POST", headers)).toMatch(/origin/));
});

describe("sharesRegistrableDomain", () => {
  it.each([
    ["app.example.com", "example.com", true],
    ["example.com", "t.example.com", true],
    ["app.example.com", "t.example.com", true],
    ["hotspot.example", "hotspot-sites.example", false],
    ["example.com", "example.net", false],
  ])("%s and %s: %s", (one, other, shared) => expect(sharesRegistrableDomain(one, other)).toBe(shared));
});

describe("stripePageOrigins", () => {
  const stripe = { kind: "stripe", secretKey: "sk_test_x", graceDays: 7 } as Extract<
    Parameters<typeof stripePageOrigins>[0],
    { kind: "stripe" }
  >;

  it("lets forms lead to Stripe's pages, to those of the stand-in, or nowhere", () => {
    expect(stripePageOrigins({ ...stripe, apiBase: null })).toContain("https://checkout.stripe.com");
    expect(stripePageOrigins({ ...stripe, apiBase: "http://127.0.0.1:12111" })).toEqual([
      "http://127.0.0.1:12111",
    ]);
    expect(stripePageOrigins({ kind: "off" })).toEqual([]);
  });
});
