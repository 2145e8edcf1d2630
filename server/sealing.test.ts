import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createSealer, parseSealingKeys } from "./sealing.ts";

const keyText = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;
const [oldKey, newKey] = [keyText("2026"), keyText("2027")];
const sealerOf = (text: string) => createSealer(parseSealingKeys(text)!);

test("what was sealed opens for its purpose, never twice alike, and shows nothing", () => {
  const sealer = sealerOf(newKey);
  const [one, two] = [sealer.seal("a:1", "geheim ✓"), sealer.seal("a:1", "geheim ✓")];
  expect(one).not.toBe(two);
  expect(one).toMatch(/^v1\.2027\.[\w-]+$/);
  expect(Buffer.from(one.split(".")[2]!, "base64url").toString()).not.toContain("geheim");
  expect(sealer.open("a:1", one)).toBe("geheim ✓");
  expect(sealer.open("a:1", sealer.seal("a:1", ""))).toBe("");
});

test("it does not open for another purpose, after any change, or without its key", () => {
  const sealer = sealerOf(newKey);
  const sealed = sealer.seal("certificate:one.com", "key");
  expect(() => sealer.open("certificate:two.com", sealed)).toThrow("another purpose");
  const body = Buffer.from(sealed.split(".")[2]!, "base64url");
  for (let i = 0; i < body.length; i++) {
    const changed = Buffer.from(body);
    changed[i]! ^= 1;
    expect(() => sealer.open("certificate:one.com", `v1.2027.${changed.toString("base64url")}`)).toThrow();
  }
  for (const wrong of ["", "key", "v1.2027", "v1.2027.AAAA", "v2.2027.AAAA", `${sealed}.x`])
    expect(() => sealer.open("certificate:one.com", wrong)).toThrow("not sealed by us");
  expect(() => sealerOf(oldKey).open("certificate:one.com", sealed)).toThrow("the key 2027");
});

test("a new key in front seals, and what the old one sealed still opens", () => {
  const sealed = sealerOf(oldKey).seal("p", "text");
  const both = sealerOf(`${newKey}, ${oldKey}`);
  expect(both.open("p", sealed)).toBe("text");
  expect(both.seal("p", "text")).toMatch(/^v1\.2027\./);
  expect(both.isCurrent(sealed)).toBe(false);
  expect(both.isCurrent(both.seal("p", "text"))).toBe(true);
});

test.each([
  "",
  "no-colon",
  "id:short",
  "a b:AAAA",
  `${oldKey},${oldKey}`,
  `${oldKey},`,
  `x:${"A".repeat(45)}`,
])("%j are no keys", (text) => expect(parseSealingKeys(text)).toBeNull());
