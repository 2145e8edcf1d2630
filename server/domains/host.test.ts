import { expect, test } from "vitest";
import { findHostFault, normalizeHost } from "./host.ts";

const rules = { endpointsBaseDomain: "hotspot-tunnel.com", portalUrl: "https://portal.hotspot.org" };

test.each([
  ["api.customer.com", "api.customer.com"],
  ["  API.Customer.COM. ", "api.customer.com"],
  ["https://api.customer.com:8443/v1?x=1#y", "api.customer.com"],
  ["api.bücher.de", "api.xn--bcher-kva.de"],
  ["api。customer。com", "api.customer.com"],
  ["ＡＰＩ.customer.com", "api.customer.com"],
  ["xn--bcher-kva.de", "xn--bcher-kva.de"],
  ["user@api.customer.com", ""],
  ["*.customer.com", ""],
  ["a b.com", ""],
  ["%61pi.customer.com", ""],
  ["[::1]", ""],
])("%j is stored as %j", (raw, host) => {
  expect(normalizeHost(raw)).toBe(host);
});

test.each([
  ["api.customer.com", null],
  ["customer.co.uk", null],
  ["me.github.io", null],
  ["xn--bcher-kva.de", null],
  ["hotspot-tunnel.com.customer.com", null],
  ["nothotspot-tunnel.com", null],
  ["", "syntax"],
  ["customer", "syntax"],
  ["api..customer.com", "syntax"],
  ["-api.customer.com", "syntax"],
  ["under_score.customer.com", "syntax"],
  [`${"a".repeat(64)}.com`, "syntax"],
  [`${"a.".repeat(120)}example.com`, "syntax"],
  ["127.0.0.1", "address"],
  ["api.customer.123", "address"],
  ["api.localhost", "private"],
  ["db.internal", "private"],
  ["1.0.168.192.in-addr.arpa", "private"],
  ["hotspot-tunnel.com", "own"],
  ["acme.hotspot-tunnel.com", "own"],
  ["portal.hotspot.org", "own"],
  ["x.portal.hotspot.org", "own"],
  ["co.uk", "public_suffix"],
  ["github.io", "public_suffix"],
  ["hotsp0t-tunnel.com", "lookalike"],
  ["login.hotspottunnel.com", "lookalike"],
  ["portal.h0tspot.org", "lookalike"],
])("%j as a custom domain: %s", (host, fault) => {
  expect(findHostFault(host, rules)?.fault ?? null).toBe(fault);
});
