import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { readHost } from "./host.ts";

const hosts = { baseDomain: "example.com", portalHost: "app.example.com" };
const requestWith = (names: string[], url = "/") =>
  ({ url, rawHeaders: names.flatMap((name) => ["Host", name]) }) as IncomingMessage;

describe("readHost", () => {
  it.each([
    ["acme.example.com", "acme"],
    ["ACME.Example.com:3000", "acme"],
    ["acme.example.com.", "acme"],
    ["a1-b2.example.com", "a1-b2"],
  ])("takes %s for the tenant %s", (host, slug) => {
    expect(readHost(requestWith([host]), hosts)).toMatchObject({ kind: "tenant", slug });
  });

  it.each([
    "example.com",
    "app.example.com",
    "APP.example.com:443",
    "127.0.0.1:3000",
    "[::1]:3000",
    "other.test",
  ])("takes %s for the portal", (host) =>
    expect(readHost(requestWith([host]), hosts)).toEqual({ kind: "portal" }),
  );

  it.each([
    "a.b.example.com",
    "-a.example.com",
    "a_b.example.com",
    "a@acme.example.com",
    ".example.com",
    "",
    "acme.example.com:x",
  ])("refuses to read %j", (host) =>
    expect(readHost(requestWith([host]), hosts)).toEqual({ kind: "ambiguous" }),
  );

  it("refuses two hosts, none, and a second authority in the target", () => {
    expect(readHost(requestWith(["acme.example.com", "other.example.com"]), hosts).kind).toBe("ambiguous");
    expect(readHost(requestWith([]), hosts).kind).toBe("ambiguous");
    expect(readHost(requestWith(["acme.example.com"], "http://other.example.com/"), hosts).kind).toBe(
      "ambiguous",
    );
  });
});
