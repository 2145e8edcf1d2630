import { StripeError } from "../core/errors.ts";

const CLAUSE = /^\s*(-?)(\w+)(?:\["([^"]*)"\])?\s*([:~])\s*(?:"((?:[^"\\]|\\.)*)"|(\w+))\s*$/;

/**
 * Whether an object answers a search query: clauses like `metadata["tenant_id"]:"t1"` or `email~"acme"`, joined by AND.
 * Stripe's index lags by up to a minute; ours does not.
 * @throws StripeError 400 for what it cannot read
 */
export function matches(query: string, object: Record<string, unknown>): boolean {
  return query.split(/\s+AND\s+/i).every((clause) => {
    const found = CLAUSE.exec(clause);
    if (!found) {
      throw new StripeError(400, `We were unable to parse your search query: ${clause}`, { param: "query" });
    }
    const [, not, field, key, operator, quoted, bare] = found;
    const wanted = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
    const value =
      key === undefined ? object[field!] : (object[field!] as Record<string, unknown> | null)?.[key];
    const holds =
      wanted === "null" && quoted === undefined
        ? value === null || value === undefined
        : operator === ":"
          ? String(value ?? "").toLowerCase() === wanted.toLowerCase()
          : String(value ?? "")
              .toLowerCase()
              .includes(wanted.toLowerCase());
    return holds !== (not === "-");
  });
}
