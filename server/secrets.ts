import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** What each kind of secret starts with, so that a person or a scanner can tell what leaked. */
export const secretPrefixes = {
  license: "hs_lic_",
  endpoint: "hs_ep_",
  accessKey: "hs_key_",
  apiKey: "hs_api_",
  hub: "hs_hub_",
} as const;
export type SecretPrefix = (typeof secretPrefixes)[keyof typeof secretPrefixes];

/** A fresh secret: prefix and 48 hex digits (192 random bits). Shown once; only its hash is stored. */
export function createSecret(prefix: SecretPrefix): string {
  return prefix + randomBytes(24).toString("hex");
}

/** SHA-256 in hex. A plain hash suffices: our secrets are random, not chosen by people. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret, "utf8").digest("hex");
}

/** What may be shown of a secret to tell it from others: its prefix and last four characters. */
export function secretHint(secret: string): string {
  const prefix = Object.values(secretPrefixes).find((known) => secret.startsWith(known)) ?? "";
  return `${prefix}…${secret.slice(-4)}`;
}

/** Compares two secrets without telling by time where they differ. */
export function secretsEqual(a: string, b: string): boolean {
  const digest = (value: string) => createHash("sha256").update(value, "utf8").digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Compares two hashes as `hashSecret` makes them; false when either is not one. */
export function hashesEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, "hex"), Buffer.from(b, "hex")];
  return left.length === 32 && right.length === 32 && timingSafeEqual(left, right);
}
