import { ascii, equalsIgnoreCase } from "./characters.ts";

export const TargetForm = { origin: 0, absolute: 1, asterisk: 2 } as const;
export type TargetForm = (typeof TargetForm)[keyof typeof TargetForm];

const http = ascii("http://");
const https = ascii("https://");
const SLASH = 47;
const QUESTION = 63;
const ASTERISK = 42;

/** What `splitTarget` reads and writes: part of `RequestHead`. */
interface TargetParts {
  targetStart: number;
  targetEnd: number;
  targetForm: TargetForm;
  pathStart: number;
  pathEnd: number;
}

const authority = { start: 0, end: 0 };

/**
 * Finds path and authority in a request target (RFC 9112 section 3.2): origin form, absolute form with http or https,
 * or `*`. Changes nothing in it: `/../`, `%2F` and `\` reach the upstream as they came.
 *
 * @returns range of the authority (empty unless absolute form; valid until the next call), null for any other form
 */
export function splitTarget(head: TargetParts, bytes: Uint8Array): { start: number; end: number } | null {
  const { targetStart, targetEnd } = head;
  authority.start = targetStart;
  authority.end = targetStart;
  let at = targetStart;
  const first = bytes[at];
  if (first === SLASH) {
    head.targetForm = 0;
  } else if (first === ASTERISK && targetEnd - at === 1) {
    head.targetForm = 2;
  } else {
    const scheme = equalsIgnoreCase(bytes, at, Math.min(at + 7, targetEnd), http)
      ? 7
      : equalsIgnoreCase(bytes, at, Math.min(at + 8, targetEnd), https)
        ? 8
        : 0;
    if (scheme === 0) return null;
    at += scheme;
    authority.start = at;
    while (at < targetEnd && bytes[at] !== SLASH && bytes[at] !== QUESTION) at++;
    authority.end = at;
    if (authority.end === authority.start) return null;
    head.targetForm = 1;
  }
  head.pathStart = at;
  while (at < targetEnd && bytes[at] !== QUESTION) at++;
  head.pathEnd = at;
  return authority;
}
