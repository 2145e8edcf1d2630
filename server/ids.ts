import { randomBytes } from "node:crypto";

/** Prefixes of our own ids. */
export type IdPrefix =
  | "ten"
  | "mem"
  | "lic"
  | "dev"
  | "ep"
  | "con"
  | "key"
  | "api"
  | "req"
  | "aud"
  | "abu"
  | "ord"
  | "inc"
  | "adj"
  | "bud"
  | "dom"
  | "crt"
  | "acc"
  | "tcp"
  | "hub"
  | "hhn"
  | "hbk"
  | "hky";

// Crockford's base 32, lower case: no i, l, o, u.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A fresh id such as `ep_01jd2m0v8t3k5w7y9abcdefghj`: 48 bits of milliseconds, then 80 random bits, so that ids sort by
 * the time they were made and cannot be guessed.
 */
export function newId(prefix: IdPrefix): string {
  let bits = (BigInt(Date.now()) << 80n) | BigInt(`0x${randomBytes(10).toString("hex")}`);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return `${prefix}_${text}`;
}
