import { expect, test } from "vitest";
import { matchHost } from "./host.ts";

const match = (host: string, base = "example.com") => {
  const found = matchHost(Buffer.from(host, "latin1"), 0, host.length, base);
  if (found.kind === "label") return found.slug;
  return found.kind === "foreign" ? `(foreign ${found.name})` : `(${found.kind})`;
};

test.each([
  ["acme.example.com", "acme"],
  ["ACME.Example.COM", "acme"],
  ["acme.example.com:8789", "acme"],
  ["acme.example.com.", "acme"],
  ["acme.example.com.:443", "acme"],
  ["xn--bcher-kva.example.com", "xn--bcher-kva"],
  ["example.com", "(apex)"],
  ["example.com:80", "(apex)"],
  ["a.b.example.com", "(foreign a.b.example.com)"],
  ["acmeexample.com", "(foreign acmeexample.com)"],
  ["example.com.evil.net", "(foreign example.com.evil.net)"],
  ["127.0.0.1:8789", "(address)"],
  ["[::1]", "(address)"],
  ["[::1]:8789", "(address)"],
  [`${"a".repeat(64)}.example.com`, `(foreign ${"a".repeat(64)}.example.com)`],
  ["API.Customer.com.:443", "(foreign api.customer.com)"],
  ["customer.com1", "(foreign customer.com1)"],
  ["customer.1", "(address)"],
  ["", "(invalid)"],
  [".example.com", "(invalid)"],
  ["acme..example.com", "(invalid)"],
  ["acme.example.com..", "(invalid)"],
  ["user@acme.example.com", "(invalid)"],
  ["acme_x.example.com", "(invalid)"],
  ["acme.example.com:", "(invalid)"],
  ["acme.example.com:80a", "(invalid)"],
  ["acme.example.com:123456", "(invalid)"],
  ["acme.example.com:80:80", "(invalid)"],
  ["acme.example.com, other.example.com", "(invalid)"],
  ["acme.example.com other", "(invalid)"],
  ["acme.example.com/x", "(invalid)"],
  ["acme%2eexample.com", "(invalid)"],
  ["\xe4.example.com", "(invalid)"],
  ["[::1", "(invalid)"],
  ["[::1]x", "(invalid)"],
  ["[]", "(invalid)"],
])("%j is %s", (host, expected) => {
  expect(match(host)).toBe(expected);
});
