import { StripeError } from "./errors.ts";

/** Finds what an id stands for, and what a field that is only there when asked for holds. */
export interface Expander {
  find(id: string): object | undefined;
  /** Undefined: no such field on such an object. */
  extra(object: Record<string, unknown>, field: string): unknown;
}

type Plain = Record<string, unknown>;

/**
 * A copy of an object as it goes out: our own fields dropped, ids replaced by objects where `expand` asks for it.
 * @throws StripeError 400 for a field that cannot be expanded
 */
export function render(value: object, expand: readonly string[], expander: Expander): Plain {
  const out = copy(value) as Plain;
  for (const path of expand) open(out, path.split("."), path, expander);
  return strip(out) as Plain;
}

function open(at: Plain, [field, ...rest]: string[], path: string, expander: Expander): void {
  let below = at[field!];
  if (below === undefined || typeof below === "string") {
    const found = typeof below === "string" ? expander.find(below) : expander.extra(at, field!);
    if (found === undefined) {
      throw new StripeError(400, `This property cannot be expanded (${path}).`, { param: "expand" });
    }
    below = copy(found);
    at[field!] = below;
  } else if (Array.isArray(below) && below.every((one) => typeof one === "string")) {
    below = below.map((id) => copy(expander.find(id as string) ?? id));
    at[field!] = below;
  }
  if (rest.length === 0 || below === null) return;
  for (const one of Array.isArray(below) ? below : [below]) {
    if (typeof one === "object" && one !== null) open(one as Plain, rest, path, expander);
  }
}

const copy = (value: unknown) => structuredClone(value);

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith("_"))
      .map(([key, below]) => [key, strip(below)]),
  );
}
