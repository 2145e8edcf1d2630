/** A request as HTTP/1.1 text, or why it is none. */
export type RequestText =
  | {
      readonly head: Buffer;
      /** Of the body, when the client told; null: chunked. */
      readonly contentLength: number | null;
      readonly method: string;
    }
  | { readonly fault: string };

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BAD_VALUE = /[\0\r\n]|[^\0-\xff]|^[\t ]|[\t ]$/;
const BAD_TARGET = /[\0-\x20\x7f]|[^\0-\xff]/;
const DIGITS = /^[0-9]{1,15}$/;

/** Fields of one connection have no place in HTTP/2 (RFC 9113 section 8.2.2). */
const refused = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);
/** A body is usual with these: an empty one is told by its length (RFC 9110 section 8.6). */
const usuallyWithBody = new Set(["POST", "PUT", "PATCH"]);

/**
 * Writes the head of a request in HTTP/2 as HTTP/1.1, for the one strict parser that all requests pass. Whatever could be
 * read in two ways after that is refused here (RFC 9113 sections 8.2 and 8.3).
 *
 * @param raw names and values in turn, as they came; one character per byte
 * @param ended no body follows
 */
export function requestText(raw: readonly string[], ended: boolean): RequestText {
  const pseudo = new Map<string, string>();
  const cookies: string[] = [];
  let host: string | null = null;
  let length: string | null = null;
  let lines = "";
  let inFields = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i];
    const value = raw[i + 1];
    if (name.startsWith(":")) {
      if (inFields) return { fault: "a pseudo-header after the fields" };
      if (pseudo.has(name)) return { fault: "a pseudo-header twice" };
      pseudo.set(name, value);
      continue;
    }
    inFields = true;
    if (!NAME.test(name)) return { fault: "a malformed field name" };
    if (BAD_VALUE.test(value)) return { fault: "a malformed field value" };
    if (refused.has(name)) return { fault: "a field of one connection" };
    if (name === "te" && value.toLowerCase() !== "trailers") return { fault: "TE other than trailers" };
    if (name === "host") {
      if (host !== null && host !== value) return { fault: "more than one host" };
      host = value;
    } else if (name === "cookie") {
      cookies.push(value);
    } else if (name === "content-length") {
      if (length !== null || !DIGITS.test(value)) return { fault: "a malformed content-length" };
      length = value;
    } else {
      lines += `${name}: ${value}\r\n`;
    }
  }
  const method = take(pseudo, ":method");
  const path = take(pseudo, ":path");
  const scheme = take(pseudo, ":scheme");
  const authority = take(pseudo, ":authority") ?? host;
  if (pseudo.size > 0) return { fault: "an unknown pseudo-header" };
  if (method === null || !METHOD.test(method)) return { fault: "a malformed method" };
  if (scheme !== "http" && scheme !== "https") return { fault: "a malformed scheme" };
  if (path === null || BAD_TARGET.test(path) || !(path.startsWith("/") || path === "*")) {
    return { fault: "a malformed path" };
  }
  if (authority === null || authority === "" || BAD_TARGET.test(authority)) {
    return { fault: "no clear authority" };
  }
  if (host !== null && host.toLowerCase() !== authority.toLowerCase()) {
    return { fault: "authority and host disagree" };
  }
  if (ended && length !== null && Number(length) > 0) return { fault: "a length without a body" };
  if (cookies.length > 0) lines += `cookie: ${cookies.join("; ")}\r\n`;
  if (length !== null) lines += `content-length: ${length}\r\n`;
  else if (!ended) lines += "transfer-encoding: chunked\r\n";
  else if (usuallyWithBody.has(method)) lines += "content-length: 0\r\n";
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n${lines}\r\n`, "latin1");
  return { head, method, contentLength: ended ? 0 : length === null ? null : Number(length) };
}

/**
 * Trailer fields as the end of a chunked body; null when they are malformed. The body's own reader refuses those that may
 * not be trailers.
 */
export function trailerText(raw: readonly string[]): string | null {
  let lines = "";
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (!NAME.test(raw[i]) || BAD_VALUE.test(raw[i + 1])) return null;
    lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  }
  return lines;
}

function take(map: Map<string, string>, name: string): string | null {
  const value = map.get(name) ?? null;
  map.delete(name);
  return value;
}
