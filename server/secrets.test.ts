import { describe, expect, test } from "vitest";
import { newId } from "./ids.ts";
import { addressKey } from "./limits/index.ts";
import {
  createSecret,
  hashesEqual,
  hashSecret,
  secretHint,
  secretPrefixes,
  secretsEqual,
} from "./secrets.ts";

describe("secrets", () => {
  test("have 192 random bits and never repeat", () => {
    const made = Array.from({ length: 1000 }, () => createSecret(secretPrefixes.accessKey));
    expect(new Set(made).size).toBe(1000);
    for (const secret of made) expect(secret).toMatch(/^hs_key_[0-9a-f]{48}$/);
  });

  test("are hashed as SHA-256 over UTF-8", () => {
    expect(hashSecret("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  test("show their kind and four characters", () => {
    expect(secretHint("hs_ep_0123456789abcdef")).toBe("hs_ep_…cdef");
    expect(secretHint("unknown-kind-1234")).toBe("…1234");
  });

  test("are equal only when they are the same, whatever their length", () => {
    expect(secretsEqual("same", "same")).toBe(true);
    expect(secretsEqual("same", "samE")).toBe(false);
    expect(secretsEqual("same", "same ")).toBe(false);
    expect(secretsEqual("", "x")).toBe(false);
    expect(hashesEqual(hashSecret("a"), hashSecret("a"))).toBe(true);
    expect(hashesEqual(hashSecret("a"), hashSecret("b"))).toBe(false);
    expect(hashesEqual("", "")).toBe(false);
    expect(hashesEqual(hashSecret("a"), "zz")).toBe(false);
  });
});

describe("ids", () => {
  test("carry their kind, sort by the time they were made and never repeat", () => {
    const ids = Array.from({ length: 1000 }, () => newId("ep"));
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^ep_[0-9a-hjkmnp-tv-z]{26}$/);
    const times = ids.map((id) => id.slice(3, 13));
    expect(times).toEqual([...times].sort());
  });
});

describe("a client counts by", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["", "unknown"],
    ["not an address", "unknown"],
  ])("%s -> %s", (address, key) => expect(addressKey(address)).toBe(key));
});
