import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findSlugFault, isSlug, normalizeSlug, SLUG_MAX, skeletonOf, variantsOf } from "./slug.ts";

const rules = { reservedSlugs: ["Frobozz"], brandNames: ["Wonka"] };
const faultOf = (raw: string) => findSlugFault(normalizeSlug(raw), rules)?.fault ?? null;

describe("a name may be claimed", () => {
  test.each([
    "acme",
    "team42",
    "a-b",
    "abc",
    "my-llm-box",
    "a".repeat(40),
    "pineapple",
    "purchase",
    "3d-print",
    "ACME",
  ])("%s", (raw) => expect(faultOf(raw)).toBeNull());
});

describe("a name is refused by its form", () => {
  test.each([
    ["", "too_short"],
    ["ab", "too_short"],
    ["  a  ", "too_short"],
    ["a".repeat(41), "too_long"],
    ["a".repeat(5000), "too_long"],
    ["-abc", "characters"],
    ["abc-", "characters"],
    ["---", "characters"],
    ["a_b", "characters"],
    ["a.b", "characters"],
    ["a b", "characters"],
    ["xn--abc", "characters"],
    ["ab--cd", "characters"],
    ["аcme", "characters"], // Cyrillic а
    ["αcme", "characters"],
    ["acmé", "characters"],
    ["acme\u0000", "characters"],
    ["ac\u200bme", "characters"],
    ["acme\ud800", "characters"],
    ["İstanbul", "characters"],
    ["<script>", "characters"],
    ["../etc", "characters"],
  ])("%j is %s", (raw, fault) => expect(faultOf(raw)).toBe(fault));
});

describe("a name is refused because it is ours, a brand's, or looks like one", () => {
  test.each([
    ["www", "reserved"],
    ["API", "reserved"],
    ["admin", "reserved"],
    ["mail", "reserved"],
    ["status", "reserved"],
    ["relay", "reserved"],
    ["ｗｗｗ", "reserved"], // full width, normalised
    ["frobozz", "reserved"],
    ["fr0bozz", "lookalike"],
    ["adm1n", "lookalike"],
    ["adrnin", "lookalike"],
    ["a-d-m-i-n", "lookalike"],
    ["vvvvvv", "lookalike"],
    ["b1lling", "lookalike"],
    ["5tatus", "lookalike"],
    ["log-in", "lookalike"],
    ["paypal", "brand"],
    ["paypa1-login", "brand"],
    ["g00gle", "brand"],
    ["secure-goog1e-mail", "brand"],
    ["rnicrosoft", "brand"],
    ["vvhatsapp", "brand"],
    ["m1cr0s0ft", "brand"],
    ["g-o-o-g-l-e", "brand"],
    ["apple-id", "brand"],
    ["my-visa", "brand"],
    ["willywonkafactory", "brand"],
    ["w0nka", "brand"],
  ])("%s is %s", (raw, fault) => expect(faultOf(raw)).toBe(fault));
});

test("a message names no rule that does not apply", () => {
  expect(findSlugFault("ab", rules)?.message).toContain("3");
  expect(findSlugFault("-abc", rules)?.message).toContain("hyphen");
  expect(findSlugFault("xn--abc", rules)?.message).toContain("encoded");
});

test("whatever is typed, what may be claimed is a plain DNS label and stays itself when normalised again", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.stringMatching(/^[a-z0-9-]{1,45}$/)),
      (raw) => {
        const slug = normalizeSlug(raw);
        if (findSlugFault(slug, rules) !== null) return;
        expect(slug).toMatch(/^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/);
        expect(slug.slice(2, 4)).not.toBe("--");
        expect(normalizeSlug(slug)).toBe(slug);
        expect(new URL(`http://${slug}.example.com`).hostname).toBe(`${slug}.example.com`);
      },
    ),
  );
});

test("a skeleton has no hyphen, no digit and is a skeleton itself", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{1,40}$/), (slug) => {
      expect(skeletonOf(slug)).not.toMatch(/[0-9i-]/);
    }),
  );
});

test("variants of a name of any length are slugs", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/), (slug) => {
      for (const variant of variantsOf(slug)) {
        expect(isSlug(variant)).toBe(true);
        expect(variant.length).toBeLessThanOrEqual(SLUG_MAX);
        expect(variant).not.toBe(slug);
      }
    }),
  );
});
