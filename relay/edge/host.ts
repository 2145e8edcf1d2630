import { LOWER } from "../protocol/http1/index.ts";

/** What a `Host` value means here. */
export type HostMatch =
  /** `<slug>.<base domain>` */
  | { readonly kind: "label"; readonly slug: string }
  /** The base domain itself. */
  | { readonly kind: "apex" }
  /** A name that is not ours to give away, another domain or two labels; perhaps a tenant's own. Normalised. */
  | { readonly kind: "foreign"; readonly name: string }
  /** An address. */
  | { readonly kind: "address" }
  /** Not one clear host name. */
  | { readonly kind: "invalid" };

const invalid: HostMatch = { kind: "invalid" };
const address: HostMatch = { kind: "address" };
const apex: HostMatch = { kind: "apex" };

/**
 * The one reading of a host name: port and one trailing dot stripped, lower case. Only letters, digits, hyphens and dots
 * count as a name; user info, underscores, spaces, lists, empty labels and odd ports are `invalid`.
 *
 * @param baseDomain lower case, without a port
 */
export function matchHost(bytes: Uint8Array, start: number, end: number, baseDomain: string): HostMatch {
  if (bytes[start] === 0x5b) return isBracketed(bytes, start, end) ? address : invalid;
  let name = "";
  let at = start;
  for (; at < end && bytes[at] !== 0x3a; at++) {
    const byte = LOWER[bytes[at]];
    const known = (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || byte === 45 || byte === 46;
    if (!known) return invalid;
    name += String.fromCharCode(byte);
  }
  if (at < end && !isPort(bytes, at + 1, end)) return invalid;
  if (name.endsWith(".")) name = name.slice(0, -1);
  if (name === "" || name.length > 253 || name.startsWith(".") || name.includes("..") || name.endsWith(".")) {
    return invalid;
  }
  if (name === baseDomain) return apex;
  const dot = name.length - baseDomain.length - 1;
  if (!name.endsWith(baseDomain) || name[dot] !== ".")
    return isNumeric(name) ? address : { kind: "foreign", name };
  const slug = name.slice(0, dot);
  return slug.length > 63 || slug.includes(".") ? { kind: "foreign", name } : { kind: "label", slug };
}

/** No top-level domain is a number: it is an IPv4 address (WHATWG URL, section 3.5). */
function isNumeric(name: string): boolean {
  const last = name.charCodeAt(name.length - 1);
  return last >= 48 && last <= 57 && /(?:^|\.)\d+$/.test(name);
}

function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 1 || end - start > 5) return false;
  for (let at = start; at < end; at++) if (bytes[at] < 48 || bytes[at] > 57) return false;
  return true;
}

function isBracketed(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start + 1;
  for (; at < end && bytes[at] !== 0x5d; at++) {
    const byte = LOWER[bytes[at]];
    const known = (byte >= 97 && byte <= 102) || (byte >= 48 && byte <= 58) || byte === 46;
    if (!known) return false;
  }
  if (at >= end || at === start + 1) return false;
  return at + 1 === end || (bytes[at + 1] === 0x3a && isPort(bytes, at + 2, end));
}
