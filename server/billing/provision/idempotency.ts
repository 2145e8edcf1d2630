import { createHash } from "node:crypto";

/**
 * The key of a creation, from all of its parameters: two runs at once make one thing, and a changed table of plans never
 * meets Stripe's refusal of a known key with other parameters.
 */
export function creationKey(what: string, parameters: unknown): string {
  const digest = createHash("sha256").update(JSON.stringify(parameters)).digest("hex").slice(0, 32);
  return `hotspot-provision-${what}-${digest}`;
}
