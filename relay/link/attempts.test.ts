import { describe, expect, it } from "vitest";
import { Attempts, addressName } from "./attempts.ts";

describe("attempts", () => {
  it("slow down after a few, are refused after ten, and are forgotten after a minute", () => {
    const clock = { now: 0 };
    const attempts = new Attempts(() => clock.now);
    const seen = Array.from({ length: 11 }, () => [attempts.delayMs("a"), attempts.fail("a")]);
    expect(seen.map(([delay]) => delay)).toEqual([0, 0, 0, 250, 500, 1000, 2000, 2000, 2000, 2000, 2000]);
    expect(seen.map(([, blocked]) => blocked)).toEqual([...Array(10).fill(0), 60_000]);
    expect(attempts.delayMs("b")).toBe(0);
    clock.now = 60_000;
    expect([attempts.delayMs("a"), attempts.fail("a")]).toEqual([0, 0]);
  });
});

describe("addressName", () => {
  it.each([
    ["192.0.2.1", "address 192.0.2.1"],
    ["::ffff:192.0.2.1", "address ::ffff:192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "network 2001:db8:1:2"],
    ["2001:db8:1:2::9", "network 2001:db8:1:2"],
    ["2001:0DB8:0001:2::", "network 2001:db8:1:2"],
    ["::1", "network 0:0:0:0"],
    ["fe80::1%eth0", "network fe80:0:0:0"],
  ])("%s is %s", (address, name) => {
    expect(addressName(address)).toBe(name);
  });
});
