import { describe, expect, test } from "vitest";
import { NoProxyList } from "./no-proxy.ts";
import { proxyFor, readProxyRules } from "./proxy.ts";

describe("which proxy", () => {
  const chosen = (setting: string | null, env: Record<string, string>, url: string) =>
    proxyFor(readProxyRules(setting, env), url)?.url ?? null;

  test.each([
    [
      "https by HTTPS_PROXY",
      { HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://q:2" },
      "https://a.b",
      "http://p:1/",
    ],
    ["wss too", { https_proxy: "p:1" }, "wss://a.b/ws", "http://p:1/"],
    [
      "http by HTTP_PROXY",
      { HTTPS_PROXY: "http://p:1", HTTP_PROXY: "http://q:2" },
      "ws://a.b",
      "http://q:2/",
    ],
    [
      "lower case first",
      { https_proxy: "http://p:1", HTTPS_PROXY: "http://q:2" },
      "https://a.b",
      "http://p:1/",
    ],
    ["else ALL_PROXY", { ALL_PROXY: "http://p:1" }, "https://a.b", "http://p:1/"],
    ["a SOCKS one for others is none of ours", { ALL_PROXY: "socks5://p:1" }, "https://a.b", null],
    ["blank is unset", { HTTPS_PROXY: " " }, "https://a.b", null],
    ["not to this machine", { HTTP_PROXY: "http://p:1" }, "http://localhost:3000", null],
    ["not where NO_PROXY says", { HTTPS_PROXY: "http://p:1", no_proxy: "x, .b" }, "https://a.b", null],
  ])("%s", (_, env, url, proxy) => {
    expect(chosen(null, env, url)).toBe(proxy);
  });

  test("--proxy goes before all variables but NO_PROXY, and reaches this machine too; none switches them off", () => {
    const env = { HTTPS_PROXY: "http://p:1", NO_PROXY: "c.d" };
    expect(chosen("http://q:2", env, "https://a.b")).toBe("http://q:2/");
    expect(chosen("http://q:2", env, "https://c.d")).toBeNull();
    expect(chosen("http://q:2", {}, "http://127.0.0.1:1")).toBe("http://q:2/");
    expect(chosen("none", env, "https://a.b")).toBeNull();
  });

  test("user and password may hold any character", () => {
    const proxy = readProxyRules("http://me:p%40ss%3Aw@proxy.example.com", {}).http!;
    expect(Buffer.from(proxy.authorization!.slice(6), "base64").toString()).toBe("me:p@ss:w");
    expect(proxy).toMatchObject({ host: "proxy.example.com", port: 80, secure: false });
  });

  test.each([
    ["socks5://p:1", /socks5 proxy. Only http and https/],
    ["http://", /Write it like http:\/\/proxy/],
    ["not a proxy", /Write it like/],
  ])("%s is refused, naming where it came from", (value, message) => {
    expect(() => readProxyRules(value, {})).toThrow(message);
    expect(() => readProxyRules(null, { HTTPS_PROXY: value })).toThrow(/^HTTPS_PROXY/);
  });
});

test.each([
  ["*", "anything", 1, true],
  ["example.com", "example.com", 443, true],
  ["example.com", "a.example.com", 443, true],
  ["example.com", "notexample.com", 443, false],
  [".example.com", "a.example.com", 443, true],
  ["*.example.com", "a.example.com", 443, true],
  ["example.com:8443", "example.com", 443, false],
  ["example.com:8443", "example.com", 8443, true],
  ["10.0.0.0/8", "10.200.3.4", 1, true],
  ["10.0.0.0/8", "11.0.0.1", 1, false],
  ["10.0.0.0/8", "10.example.com", 1, false],
  ["10.0.0.1", "10.0.0.1", 1, true],
  ["fd00::/8", "fd12::1", 1, true],
  ["::1", "::1", 1, true],
  ["[::1]:80", "::1", 80, true],
  ["Example.COM.", "example.com", 1, false],
  ["", "example.com", 1, false],
])("NO_PROXY=%s, %s port %i: %s", (text, host, port, covered) => {
  expect(new NoProxyList(text, false).covers(host, port)).toBe(covered);
});
