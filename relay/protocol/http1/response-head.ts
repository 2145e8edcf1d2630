import { ascii, CR, decimal, equalsIgnoreCase, LF, SP, VALUE } from "./characters.ts";
import { ConnectionOptions } from "./connection-options.ts";
import { HEAD_INCOMPLETE, HeadFault } from "./faults.ts";
import { FieldKind } from "./field-kinds.ts";
import { FieldTable, parseFields } from "./fields.ts";
import { Framing } from "./framing.ts";
import { MAX_HEAD_BYTES } from "./limits.ts";
import { listHas } from "./request-head.ts";

const chunked = ascii("chunked");
const websocket = ascii("websocket");
const version1 = ascii("HTTP/1.");

/** One response head as offsets into `bytes`; overwritten by the next `parseResponseHead`. */
export class ResponseHead {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  /** First byte after the empty line. */
  end = 0;
  minorVersion = 1;
  /** 100 to 999. */
  status = 0;
  /** Reason phrase, may be empty. */
  reasonStart = 0;
  reasonEnd = 0;
  readonly fields = new FieldTable();
  readonly connection = new ConnectionOptions();
  /** How the body that follows on this connection ends. `none` for 1xx, 204, 304 and answers to HEAD. */
  framing: Framing = Framing.none;
  /** Value of a single valid `Content-Length`, also where no body follows (HEAD, 304); -1 when there is none. */
  contentLength = -1;
  /** The server keeps the connection open after this response. */
  keepAlive = true;
  /** 1xx other than 101: another head follows. */
  informational = false;
  /** 101 that switches to WebSocket. Whether it was asked for is the caller's to check. */
  websocket = false;
  /** Why the head was refused, for people. */
  fault = "";
}

/**
 * Parses one response head strictly; the same function reads the upstream (connector) and the connector (edge), so that
 * neither can make a shared client connection lose its frame.
 *
 * @param toHead the request was HEAD: no body follows whatever the fields say (RFC 9112 section 6.3)
 * @returns offset after the head, `HEAD_INCOMPLETE`, or a `HeadFault`
 */
export function parseResponseHead(
  head: ResponseHead,
  bytes: Uint8Array,
  from: number,
  to: number,
  toHead: boolean,
): number {
  head.bytes = bytes;
  head.start = from;
  const fieldsStart = parseStatusLine(head, bytes, from, to);
  if (fieldsStart < 0) return fieldsStart;
  const end = fieldsStart === 0 ? HEAD_INCOMPLETE : parseFields(head.fields, bytes, fieldsStart, to);
  if (end === HEAD_INCOMPLETE) {
    if (to - from >= MAX_HEAD_BYTES) return refuse(head, HeadFault.headTooLarge, "head too large");
    return HEAD_INCOMPLETE;
  }
  if (end < 0) return refuse(head, end as HeadFault, "malformed field line");
  if (end - from > MAX_HEAD_BYTES) return refuse(head, HeadFault.headTooLarge, "head too large");
  head.end = end;
  return readFields(head, bytes, toHead) || end;
}

function parseStatusLine(head: ResponseHead, bytes: Uint8Array, from: number, to: number): number {
  for (let i = 0; i < 7; i++) {
    if (from + i >= to) return HEAD_INCOMPLETE;
    if (bytes[from + i] !== version1[i]) return refuse(head, HeadFault.malformed, "not HTTP/1");
  }
  let at = from + 7;
  if (at + 5 >= to) return HEAD_INCOMPLETE;
  const minor = bytes[at] - 48;
  if ((minor !== 0 && minor !== 1) || bytes[at + 1] !== SP) {
    return refuse(head, HeadFault.malformed, "not HTTP/1.0 or HTTP/1.1");
  }
  const a = bytes[at + 2] - 48;
  const b = bytes[at + 3] - 48;
  const c = bytes[at + 4] - 48;
  if (!(a >= 1 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9)) {
    return refuse(head, HeadFault.malformed, "malformed status");
  }
  head.minorVersion = minor;
  head.status = a * 100 + b * 10 + c;
  at += 5;
  // The space before an empty reason is often left out; the line still has one reading.
  if (bytes[at] === SP) at++;
  else if (bytes[at] !== CR) return refuse(head, HeadFault.malformed, "malformed status");
  head.reasonStart = at;
  while (at < to && VALUE[bytes[at]] === 1) at++;
  head.reasonEnd = at;
  if (at - from > MAX_HEAD_BYTES) return refuse(head, HeadFault.headTooLarge, "head too large");
  if (at >= to) return HEAD_INCOMPLETE;
  if (bytes[at] !== CR) return refuse(head, HeadFault.malformed, "malformed status line");
  if (at + 1 >= to) return HEAD_INCOMPLETE;
  return bytes[at + 1] === LF ? at + 2 : refuse(head, HeadFault.malformed, "malformed status line");
}

/** @returns 0 when all is well, else a fault */
function readFields(head: ResponseHead, bytes: Uint8Array, toHead: boolean): number {
  const { fields, connection, status } = head;
  connection.reset();
  head.contentLength = -1;
  head.websocket = false;
  head.informational = status < 200 && status !== 101;
  let lengths = 0;
  let codings = 0;
  let namesWebsocket = false;
  for (let i = 0; i < fields.count; i++) {
    const kind = fields.kind(i);
    if (kind === FieldKind.other) continue;
    const start = fields.valueStart(i);
    const end = fields.valueEnd(i);
    if (kind === FieldKind.contentLength) {
      head.contentLength = decimal(bytes, start, end);
      if (++lengths > 1) return refuse(head, HeadFault.malformed, "more than one Content-Length");
      if (head.contentLength < 0) return refuse(head, HeadFault.malformed, "malformed Content-Length");
    } else if (kind === FieldKind.transferEncoding) {
      if (++codings > 1 || !equalsIgnoreCase(bytes, start, end, chunked)) {
        return refuse(head, HeadFault.malformed, "Transfer-Encoding other than chunked");
      }
    } else if (kind === FieldKind.connection) {
      if (!connection.read(bytes, start, end))
        return refuse(head, HeadFault.malformed, "malformed Connection");
    } else if (kind === FieldKind.upgrade) {
      namesWebsocket ||= listHas(bytes, start, end, websocket);
    }
  }
  if (codings > 0 && lengths > 0) {
    return refuse(head, HeadFault.malformed, "Content-Length and Transfer-Encoding together");
  }
  if (codings > 0 && head.minorVersion === 0) {
    return refuse(head, HeadFault.malformed, "Transfer-Encoding in HTTP/1.0");
  }
  if (toHead || status < 200 || status === 204 || status === 304) head.framing = Framing.none;
  else if (codings > 0) head.framing = Framing.chunked;
  else if (lengths > 0) head.framing = Framing.length;
  else head.framing = Framing.untilClose;
  head.keepAlive =
    head.framing !== Framing.untilClose &&
    !connection.close &&
    (head.minorVersion === 1 || connection.keepAlive);
  head.websocket = status === 101 && connection.upgrade && namesWebsocket;
  return 0;
}

function refuse(head: ResponseHead, fault: HeadFault, why: string): number {
  head.fault = why;
  return fault;
}
