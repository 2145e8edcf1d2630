import { brandNames, reservedNames } from "./reserved.ts";

export const SLUG_MIN = 3;
/** A DNS label holds 63 (RFC 1035 section 2.3.4); 40 stay readable and leave room for prefixes of ours. */
export const SLUG_MAX = 40;

/** Why a name cannot be claimed, as far as the name itself tells. */
export type SlugFault = "too_short" | "too_long" | "characters" | "reserved" | "brand" | "lookalike";

export interface SlugRules {
  /** Beside the built-in lists. */
  readonly reservedSlugs: readonly string[];
  readonly brandNames: readonly string[];
}

/** The spelling that is stored and compared: NFKC, lower case, without space around it. */
export function normalizeSlug(raw: string): string {
  return raw.normalize("NFKC").trim().toLowerCase();
}

/** Whether a normalised name has the form of a slug. Says nothing about reserved names. */
export function isSlug(slug: string): boolean {
  return slug.length >= SLUG_MIN && slug.length <= SLUG_MAX && isLabel(slug);
}

/**
 * Says why a normalised name cannot be claimed, with a sentence for the person who typed it; null when nothing speaks
 * against it. Letters outside a-z are refused as characters, so confusable alphabets need no table.
 */
export function findSlugFault(slug: string, rules: SlugRules): { fault: SlugFault; message: string } | null {
  const length = [...slug].length;
  if (length < SLUG_MIN) return { fault: "too_short", message: `use at least ${SLUG_MIN} characters` };
  if (length > SLUG_MAX) return { fault: "too_long", message: `use at most ${SLUG_MAX} characters` };
  if (!isLabel(slug)) return { fault: "characters", message: charactersMessage(slug) };
  const more = rules.reservedSlugs.map(normalizeSlug);
  if (reservedNames.includes(slug) || more.includes(slug)) {
    return { fault: "reserved", message: `${slug} is reserved` };
  }
  if (hidesBrand(slug, rules.brandNames.map(normalizeSlug))) {
    return { fault: "brand", message: "names of well-known brands cannot be claimed" };
  }
  const skeleton = skeletonOf(slug);
  const twin = reservedSkeletons.get(skeleton) ?? more.find((name) => skeletonOf(name) === skeleton);
  if (twin) return { fault: "lookalike", message: `${slug} looks like the reserved name ${twin}` };
  return null;
}

/**
 * What is left of a name when everything that fools the eye is taken out: hyphens gone, `rn` as m, `vv` as w, digits as
 * the letters they stand for, i and 1 as l. Two names with one skeleton can be mistaken for each other.
 */
export function skeletonOf(name: string): string {
  return name
    .replaceAll("-", "")
    .replace(/[0-9i]/g, (char) => twins[char] ?? char)
    .replaceAll("rn", "m")
    .replaceAll("vv", "w");
}

const twins: Record<string, string> = {
  "0": "o",
  "1": "l",
  i: "l",
  "2": "z",
  "3": "e",
  "4": "a",
  "5": "s",
  "6": "g",
  "7": "t",
  "8": "b",
  "9": "g",
};

const reservedSkeletons = new Map(reservedNames.map((name) => [skeletonOf(name), name]));
const brandSkeletons = brandNames.map(skeletonOf);

/** Short brand names stand inside ordinary words (visage, pineapple), so those count only as a word of their own. */
const SHORT_BRAND = 6;

function hidesBrand(slug: string, more: readonly string[]): boolean {
  const skeleton = skeletonOf(slug);
  const words = [skeleton, ...slug.split("-").map(skeletonOf)];
  const hides = (brand: string, anywhere: boolean) =>
    brand !== "" && (anywhere ? skeleton.includes(brand) : words.includes(brand));
  return (
    brandSkeletons.some((brand) => hides(brand, brand.length >= SHORT_BRAND)) ||
    more.map(skeletonOf).some((brand) => hides(brand, true))
  );
}

function isLabel(slug: string): boolean {
  // RFC 5890 section 2.3.1: "--" at places 3 and 4 marks an encoded label (xn--…), which could show as anything.
  return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(slug) && slug.slice(2, 4) !== "--";
}

function charactersMessage(slug: string): string {
  if (slug.startsWith("-") || slug.endsWith("-")) return "a name cannot start or end with a hyphen";
  if (slug.slice(2, 4) === "--")
    return "two hyphens at the third and fourth place are reserved for encoded names";
  return "use only the letters a-z, digits and hyphens";
}

/**
 * Other names to offer when one is not free, best first. All keep the rules of form; the caller drops those that are
 * reserved or taken.
 */
export function variantsOf(slug: string): string[] {
  const suffixes = ["app", "hq", "ai", "api", "2", "lab", "one"];
  const variants = [
    ...suffixes.map(
      (suffix) => `${slug.slice(0, SLUG_MAX - suffix.length - 1).replace(/-+$/, "")}-${suffix}`,
    ),
    `my-${slug.slice(0, SLUG_MAX - 3)}`.replace(/-+$/, ""),
  ];
  return variants.filter(isSlug);
}
