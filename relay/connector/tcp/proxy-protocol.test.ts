import { expect, test } from "vitest";
import { proxyHeader } from "./proxy-protocol.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const signature = "0d0a0d0a000d0a515549540a";

test("IPv4: 28 bytes, client before server", () => {
  const header = proxyHeader(
    { address: "192.0.2.7", port: 50_001 },
    { address: "198.51.100.1", port: 20_022 },
  );
  expect(hex(header)).toBe(`${signature}2111000cc0000207c6336401c3514e36`);
});

test("IPv6: 52 bytes", () => {
  const header = proxyHeader({ address: "2001:db8::7", port: 1 }, { address: "2001:db8::1", port: 65_535 });
  expect(hex(header)).toBe(
    `${signature}2121002420010db800000000000000000000000720010db80000000000000000000000010001ffff`,
  );
});

test("of two families: both as IPv6, the IPv4 one mapped", () => {
  const header = proxyHeader({ address: "192.0.2.7", port: 258 }, { address: "2001:db8::1", port: 2 });
  expect(hex(header)).toBe(
    `${signature}2121002400000000000000000000ffffc000020720010db800000000000000000000000101020002`,
  );
});
