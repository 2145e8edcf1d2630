import { createHash } from "node:crypto";
import { SUBPROTOCOL } from "../protocol/limits.ts";

/** The request that opens a link, as the edge read it. */
export interface LinkRequest {
  readonly method: string;
  /** Names in lower case; several lines of one name joined with ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly isWebSocketUpgrade: boolean;
  /** Behind a configured proxy: the address it reports. */
  readonly clientAddress: string;
}

/** Why no link was made: an HTTP answer. */
export interface Refusal {
  readonly status: 401 | 403 | 409 | 426 | 429 | 503;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

const phrases: Record<Refusal["status"], string> = {
  401: "Unauthorized",
  403: "Forbidden",
  409: "Conflict",
  426: "Upgrade Required",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** Longest token looked at, characters: ours have about 500. */
const MAX_TOKEN_LENGTH = 4_096;
/** RFC 6455 section 1.3. */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Reads key and token of an upgrade request, or says why it is refused. */
export function readLinkRequest(
  request: LinkRequest,
): { ok: true; key: string; token: string } | { ok: false; refusal: Refusal } {
  const { headers } = request;
  const key = headers.get("sec-websocket-key") ?? "";
  const isUpgrade =
    request.isWebSocketUpgrade && request.method === "GET" && /^[A-Za-z0-9+/]{22}==$/.test(key);
  if (!isUpgrade || headers.get("sec-websocket-version") !== "13") {
    return refuse(
      426,
      "websocket_required",
      "This address takes WebSocket connections of Hotspot connectors only.",
    );
  }
  const protocols = (headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  if (!protocols.includes(SUBPROTOCOL)) {
    return refuse(426, "subprotocol_required", `Ask for the subprotocol ${SUBPROTOCOL}.`);
  }
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
  if (token === "" || token.length > MAX_TOKEN_LENGTH) {
    return refuse(
      401,
      "connector_token_missing",
      "Send the connector token as Authorization: Bearer <token>.",
    );
  }
  return { ok: true, key, token };
}

/** The 101 that makes a link. No extension is ever accepted. */
export function acceptance(key: string): Uint8Array {
  const accept = createHash("sha1")
    .update(key + ACCEPT_SUFFIX)
    .digest("base64");
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
  );
}

/** A refusal as an HTTP answer that closes the connection. */
export function refusalResponse(refusal: Refusal, requestId: string): Uint8Array {
  const { status, code, message, retryAfterSeconds } = refusal;
  const body = JSON.stringify({ error: { code, message, requestId } });
  const lines = [
    `HTTP/1.1 ${status} ${phrases[status]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    `X-Request-Id: ${requestId}`,
    `Hotspot-Error: ${code}`,
  ];
  if (status === 426) lines.push("Upgrade: websocket", "Sec-WebSocket-Version: 13");
  if (status === 401) lines.push("WWW-Authenticate: Bearer");
  if (retryAfterSeconds !== undefined) lines.push(`Retry-After: ${retryAfterSeconds}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

function refuse(status: Refusal["status"], code: string, message: string) {
  return { ok: false, refusal: { status, code, message } } as const;
}
