import { ascii, CR, decimal, equalsIgnoreCase, LF, SP, sameRange, TARGET, TOKEN } from "./characters.ts";
import { ConnectionOptions } from "./connection-options.ts";
import { HEAD_INCOMPLETE, HeadFault } from "./faults.ts";
import { FieldKind } from "./field-kinds.ts";
import { FieldTable, parseFields } from "./fields.ts";
import { Framing } from "./framing.ts";
import type { KnownFields } from "./known-fields.ts";
import { MAX_HEAD_BYTES, MAX_METHOD_BYTES, MAX_TARGET_BYTES } from "./limits.ts";
import { splitTarget, TargetForm } from "./target.ts";

const chunked = ascii("chunked");
const continue100 = ascii("100-continue");
const websocket = ascii("websocket");
const httpSlash1 = ascii("HTTP/1.");
const httpSlash = ascii("HTTP/");

export const Method = { other: 0, GET: 1, HEAD: 2, POST: 3, OPTIONS: 4, CONNECT: 5, TRACE: 6 } as const;
export type Method = (typeof Method)[keyof typeof Method];
const methods: [Uint8Array, Method][] = [];
for (const [name, method] of Object.entries(Method)) if (method !== 0) methods.push([ascii(name), method]);

/**
 * One request head as offsets into `bytes`. Make one and use it for head after head: `parseRequestHead` overwrites it,
 * so take out what must stay before the next head is parsed.
 */
export class RequestHead {
  bytes: Uint8Array = new Uint8Array(0);
  /** First byte of the request line. */
  start = 0;
  /** First byte after the empty line. */
  end = 0;
  method: Method = Method.other;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  targetForm: TargetForm = TargetForm.origin;
  /** Path without the query; empty when an absolute-form target has none. */
  pathStart = 0;
  pathEnd = 0;
  /** 0 or 1: HTTP/1.0 or HTTP/1.1. */
  minorVersion = 1;
  /** First byte after the request line. */
  fieldsStart = 0;
  readonly fields = new FieldTable();
  readonly connection = new ConnectionOptions();
  /** The field lines were known, and are those. */
  known: KnownFields | null = null;
  /** Index of the only `Host` field; -1 in an HTTP/1.0 request without one. */
  host = -1;
  framing: Framing = Framing.none;
  /** Bytes of a body with `Framing.length`, else 0. */
  contentLength = 0;
  /** The client may send another request on this connection. */
  keepAlive = true;
  expectContinue = false;
  /** There is an `Upgrade` field. */
  offersUpgrade = false;
  /** A GET without a body that asks to become a WebSocket. */
  websocket = false;
  /** Why the head was refused, for people. */
  fault = "";
}

/**
 * Parses one request head strictly: anything that two readers could take in two ways is refused, never repaired
 * (RFC 9112; `threats.md`, request smuggling). One empty line before the request line is skipped (section 2.2).
 *
 * @param known field lines that the head may have again
 * @returns offset after the head, `HEAD_INCOMPLETE` when `to` comes before its end, or a `HeadFault`
 */
export function parseRequestHead(
  head: RequestHead,
  bytes: Uint8Array,
  from: number,
  to: number,
  known: KnownFields | null = null,
): number {
  let start = from;
  if (start < to && bytes[start] === CR) {
    if (start + 1 >= to) return HEAD_INCOMPLETE;
    if (bytes[start + 1] !== LF) return refuse(head, HeadFault.malformed, "bare CR");
    start += 2;
  }
  head.bytes = bytes;
  head.start = start;
  const fieldsStart = parseRequestLine(head, bytes, start, to);
  if (fieldsStart <= 0) return incompleteOr(head, fieldsStart, to - start);
  head.fieldsStart = fieldsStart;
  head.known = null;
  if (known?.standAt(bytes, fieldsStart, to) === true && head.minorVersion === 1) {
    const end = known.restore(head, fieldsStart);
    if (end - start > MAX_HEAD_BYTES) return refuse(head, HeadFault.headTooLarge, "head too large");
    head.known = known;
    return readTarget(head, bytes) || end;
  }
  const end = parseFields(head.fields, bytes, fieldsStart, to);
  if (end <= 0) {
    if (end === HeadFault.malformed) head.fault = "malformed field line";
    return incompleteOr(head, end, to - start);
  }
  if (end - start > MAX_HEAD_BYTES) return refuse(head, HeadFault.headTooLarge, "head too large");
  head.end = end;
  return readFields(head, bytes) || end;
}

function incompleteOr(head: RequestHead, result: number, length: number): number {
  if (result !== HEAD_INCOMPLETE) return result;
  if (length >= MAX_HEAD_BYTES) return refuse(head, HeadFault.headTooLarge, "head too large");
  return HEAD_INCOMPLETE;
}

function parseRequestLine(head: RequestHead, bytes: Uint8Array, start: number, to: number): number {
  let at = start;
  while (at < to && TOKEN[bytes[at]] === 1) at++;
  if (at - start > MAX_METHOD_BYTES) return refuse(head, HeadFault.malformed, "method too long");
  if (at >= to) return HEAD_INCOMPLETE;
  if (bytes[at] !== SP || at === start) return refuse(head, HeadFault.malformed, "malformed method");
  head.methodEnd = at++;
  head.targetStart = at;
  while (at < to && TARGET[bytes[at]] === 1) at++;
  if (at - head.targetStart > MAX_TARGET_BYTES)
    return refuse(head, HeadFault.targetTooLong, "target too long");
  if (at >= to) return HEAD_INCOMPLETE;
  if (bytes[at] !== SP || at === head.targetStart)
    return refuse(head, HeadFault.malformed, "malformed target");
  head.targetEnd = at++;
  // "HTTP/1.1" CR LF
  if (at + 10 > to) return checkPartialVersion(head, bytes, at, to);
  for (let i = 0; i < 7; i++) {
    if (bytes[at + i] === httpSlash1[i]) continue;
    return i === 5 && isOtherVersion(bytes, at)
      ? refuse(head, HeadFault.version, "unsupported version")
      : refuse(head, HeadFault.malformed, "malformed version");
  }
  const minor = bytes[at + 7] - 48;
  if (minor < 0 || minor > 9) return refuse(head, HeadFault.malformed, "malformed version");
  if (bytes[at + 8] !== CR || bytes[at + 9] !== LF)
    return refuse(head, HeadFault.malformed, "malformed version");
  if (minor > 1) return refuse(head, HeadFault.version, "unsupported version");
  head.minorVersion = minor;
  head.method = methodOf(bytes, start, head.methodEnd);
  return at + 10;
}

/** A version that is cut off may still be wrong already: then the sender need not be waited for. */
function checkPartialVersion(head: RequestHead, bytes: Uint8Array, at: number, to: number): number {
  for (let i = 0; i < httpSlash.length && at + i < to; i++) {
    if (bytes[at + i] !== httpSlash[i]) return refuse(head, HeadFault.malformed, "malformed version");
  }
  return HEAD_INCOMPLETE;
}

function isOtherVersion(bytes: Uint8Array, at: number): boolean {
  const major = bytes[at + 5] - 48;
  const minor = bytes[at + 7] - 48;
  return major >= 0 && major <= 9 && bytes[at + 6] === 46 && minor >= 0 && minor <= 9 && bytes[at + 8] === CR;
}

function methodOf(bytes: Uint8Array, start: number, end: number): Method {
  for (let i = 0; i < methods.length; i++) {
    const name = methods[i][0];
    if (name.length !== end - start) continue;
    let same = true;
    // Methods are case-sensitive (RFC 9110 section 9.1): "get" is some other method.
    for (let k = 0; k < name.length && same; k++) same = bytes[start + k] === name[k];
    if (same) return methods[i][1];
  }
  return Method.other;
}

/** @returns 0 when all is well, else a fault */
function readFields(head: RequestHead, bytes: Uint8Array): number {
  const { fields, connection } = head;
  connection.reset();
  head.host = -1;
  head.framing = Framing.none;
  head.contentLength = 0;
  head.expectContinue = false;
  head.offersUpgrade = false;
  head.websocket = false;
  let lengths = 0;
  let codings = 0;
  let offersWebsocket = false;
  for (let i = 0; i < fields.count; i++) {
    const kind = fields.kind(i);
    if (kind === FieldKind.other) continue;
    const start = fields.valueStart(i);
    const end = fields.valueEnd(i);
    if (kind === FieldKind.host) {
      if (head.host >= 0) return refuse(head, HeadFault.malformed, "more than one Host");
      head.host = i;
    } else if (kind === FieldKind.contentLength) {
      head.contentLength = decimal(bytes, start, end);
      if (++lengths > 1) return refuse(head, HeadFault.malformed, "more than one Content-Length");
      if (head.contentLength < 0) return refuse(head, HeadFault.malformed, "malformed Content-Length");
      head.framing = Framing.length;
    } else if (kind === FieldKind.transferEncoding) {
      if (++codings > 1 || !equalsIgnoreCase(bytes, start, end, chunked)) {
        return refuse(head, HeadFault.malformed, "Transfer-Encoding other than chunked");
      }
    } else if (kind === FieldKind.connection) {
      if (!connection.read(bytes, start, end))
        return refuse(head, HeadFault.malformed, "malformed Connection");
    } else if (kind === FieldKind.expect) {
      if (!equalsIgnoreCase(bytes, start, end, continue100)) {
        return refuse(head, HeadFault.expectation, "unknown expectation");
      }
      // An HTTP/1.0 client cannot read a 100 (RFC 9110 section 10.1.1).
      head.expectContinue = head.minorVersion === 1;
    } else if (kind === FieldKind.upgrade) {
      head.offersUpgrade = true;
      offersWebsocket ||= listHas(bytes, start, end, websocket);
    }
  }
  if (codings > 0) {
    if (lengths > 0) {
      return refuse(head, HeadFault.malformed, "Content-Length and Transfer-Encoding together");
    }
    if (head.minorVersion === 0) return refuse(head, HeadFault.malformed, "Transfer-Encoding in HTTP/1.0");
    head.framing = Framing.chunked;
  } else if (lengths > 0 && head.contentLength === 0) {
    head.framing = Framing.length;
  }
  if (head.minorVersion === 1 && head.host < 0) return refuse(head, HeadFault.malformed, "Host is missing");
  head.keepAlive = head.minorVersion === 1 ? !connection.close : connection.keepAlive && !connection.close;
  // An upgrade with a body is answered as a plain request: whose bytes follow would be ambiguous.
  const bodiless =
    head.framing === Framing.none || (head.framing === Framing.length && head.contentLength === 0);
  head.websocket =
    offersWebsocket &&
    connection.upgrade &&
    bodiless &&
    head.method === Method.GET &&
    head.minorVersion === 1;
  return readTarget(head, bytes);
}

function readTarget(head: RequestHead, bytes: Uint8Array): number {
  if (head.method === Method.CONNECT || head.method === Method.TRACE) {
    return refuse(head, HeadFault.method, "method not offered here");
  }
  const authority = splitTarget(head, bytes);
  if (authority === null) return refuse(head, HeadFault.malformed, "malformed target");
  if (head.targetForm === TargetForm.asterisk && head.method !== Method.OPTIONS) {
    return refuse(head, HeadFault.malformed, "malformed target");
  }
  if (head.targetForm === TargetForm.absolute && head.host >= 0) {
    const { fields, host } = head;
    const same = sameRange(
      bytes,
      authority.start,
      authority.end,
      fields.valueStart(host),
      fields.valueEnd(host),
    );
    if (!same) return refuse(head, HeadFault.malformed, "target and Host disagree");
  }
  return 0;
}

/** True when a comma list has `word` (lower case) as one element, a `/version` after it left aside. */
export function listHas(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && bytes[at] !== 44) continue;
    let a = from;
    let b = at;
    while (a < b && (bytes[a] === 32 || bytes[a] === 9)) a++;
    while (b > a && (bytes[b - 1] === 32 || bytes[b - 1] === 9)) b--;
    if (equalsIgnoreCase(bytes, a, b, word)) return true;
    from = at + 1;
  }
  return false;
}

function refuse(head: RequestHead, fault: HeadFault, why: string): number {
  head.fault = why;
  return fault;
}
