import type { ApiKind } from "../token-usage.ts";

/** How a body is to be taken apart. */
export type BodyFormat = "sse" | "lines" | "json" | "none";

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const BRACE = 123;

/** First bytes of `data`, `event`, `id`, `retry` and of a comment. */
const SSE_STARTS = new Set([..."deir:"].map((char) => char.charCodeAt(0)));

/**
 * The format of an answer by its content type and first byte: servers send errors as JSON where a stream was asked for,
 * and streams as `text/plain`. White space and a byte order mark before it do not count.
 *
 * @returns null when `bytes` do not tell yet
 */
export function bodyFormatOf(kind: ApiKind, contentType: string, bytes: Uint8Array): BodyFormat | null {
  const type = contentType.split(";", 1)[0].trim().toLowerCase();
  if (type === "text/html" || type.startsWith("image/") || type.startsWith("multipart/")) return "none";
  let at = bytes[0] === 0xef ? 3 : 0;
  while (at < bytes.length && isSpace(bytes[at])) at++;
  if (at >= bytes.length) return null;
  const first = bytes[at];
  if (first === BRACE) {
    if (type === "application/x-ndjson" || type === "application/jsonl") return "lines";
    const isJson = type === "application/json" || type.endsWith("+json");
    const streams = kind === "ollama_chat" || kind === "ollama_generate";
    return streams && !isJson ? "lines" : "json";
  }
  return type === "text/event-stream" || SSE_STARTS.has(first) ? "sse" : "none";
}

function isSpace(byte: number): boolean {
  return byte === LF || byte === CR || byte === SPACE || byte === TAB;
}
