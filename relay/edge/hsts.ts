import { ascii } from "../protocol/http1/index.ts";

/** `Strict-Transport-Security` (RFC 6797) in the two forms that answers are written in. */
export interface Hsts {
  /** The field line with CRLF, for the answers of upstreams; empty when it is off. */
  readonly lines: Uint8Array;
  /** For answers of our own; null when it is off. */
  readonly fields: Readonly<Record<string, string>> | null;
}

/** @param seconds how long browsers remember it; 0: off. Subdomains are not included: a custom domain's are not ours. */
export function hstsOf(seconds: number): Hsts {
  if (seconds === 0) return { lines: new Uint8Array(0), fields: null };
  const value = `max-age=${seconds}`;
  return {
    lines: ascii(`Strict-Transport-Security: ${value}\r\n`),
    fields: { "Strict-Transport-Security": value },
  };
}
