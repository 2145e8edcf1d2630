/**
 * What the upstream (or the relay) answered, apart from the body. It travels beside the body in one header of our own,
 * so that nothing of a foreign answer (cookies, redirects, content types) acts on the portal's origin.
 */
export interface TryHead {
  status: number;
  headers: Array<[name: string, value: string]>;
}

export const tryHeadName = "hotspot-try";

/** Percent-encoded JSON: header values may hold any byte, a header of ours only ASCII. */
export function writeTryHead(response: Response): string {
  return encodeURIComponent(
    JSON.stringify({ status: response.status, headers: [...response.headers] } satisfies TryHead),
  );
}

/** Null when the portal itself answered: then the body is `{error: {message}}`. */
export function readTryHead(response: Response): TryHead | null {
  const text = response.headers.get(tryHeadName);
  return text === null ? null : (JSON.parse(decodeURIComponent(text)) as TryHead);
}
