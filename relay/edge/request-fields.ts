import {
  ascii,
  equalsIgnoreCase,
  FieldKind,
  Framing,
  isHopByHop,
  type RequestHead,
  TargetForm,
} from "../protocol/http1/index.ts";
import { put, putAll } from "../protocol/put.ts";
import { putText } from "./bytes.ts";

const SPACE = 32;
const SLASH = 47;
const VERSION = ascii(" HTTP/1.1\r\n");
const EMPTY_LINE = ascii("\r\n");
const UPGRADE = ascii("Connection: Upgrade\r\nUpgrade: websocket\r\n");

/** What goes out differs from what the client sent: the body, and what follows from that. `Expect` has been met by us. */
export interface HeadEdit {
  /** Length of the body that goes out; null when it is the client's. */
  readonly contentLength: number | null;
  /** The answer must not be compressed. */
  readonly identity: boolean;
}

const IDENTITY = ascii("Accept-Encoding: identity\r\n");
const ACCEPT_ENCODING = ascii("accept-encoding");

/** Kinds that the relay writes itself or keeps to itself. */
const ours = new Uint8Array(32);
for (const kind of [
  FieldKind.host,
  FieldKind.xForwardedFor,
  FieldKind.xForwardedProto,
  FieldKind.xForwardedHost,
  FieldKind.xForwardedOther,
  FieldKind.forwarded,
  FieldKind.via,
  FieldKind.xRealIp,
  FieldKind.hotspot,
]) {
  ours[kind] = 1;
}

/**
 * Writes the request line that an upstream reads: origin form.
 * @param target at least MAX_HEAD_BYTES plus the forwarding lines and 128 bytes, for the whole head
 * @returns bytes written from offset 0
 */
export function writeRequestLine(target: Uint8Array, head: RequestHead): number {
  const { bytes } = head;
  let at = put(target, 0, bytes, head.start, head.methodEnd);
  target[at++] = SPACE;
  if (head.targetForm === TargetForm.absolute) {
    if (bytes[head.pathStart] !== SLASH) target[at++] = SLASH;
    at = put(target, at, bytes, head.pathStart, head.targetEnd);
  } else {
    at = put(target, at, bytes, head.targetStart, head.targetEnd);
  }
  return putAll(target, at, VERSION);
}

/**
 * Writes what stands behind it (relay/protocol/README.md, "Heads"): Host first, the client's fields in their order and
 * spelling without those of this hop, then our forwarding fields and an empty line. Copies runs of kept lines.
 *
 * @param forwarding field lines of `forwardingOf`
 * @param edit null: as the client wrote it
 * @returns offset after it
 */
export function writeFieldLines(
  target: Uint8Array,
  offset: number,
  head: RequestHead,
  forwarding: Uint8Array,
  edit: HeadEdit | null,
): number {
  const { fields, bytes, connection, host } = head;
  let at = offset;
  const endOfFields = head.end - 2;
  at = put(target, at, bytes, fields.nameStart(host), fields.lineEnd(host, endOfFields));
  let runStart = -1;
  for (let i = 0; i < fields.count; i++) {
    if (isKept(head, i)) {
      if (runStart < 0) runStart = fields.nameStart(i);
    } else if (runStart >= 0) {
      at = put(target, at, bytes, runStart, fields.nameStart(i));
      runStart = -1;
    }
  }
  if (runStart >= 0) at = put(target, at, bytes, runStart, endOfFields);
  if (head.websocket) at = putAll(target, at, UPGRADE);
  at = putAll(target, at, forwarding);
  if (edit !== null) {
    if (edit.identity) at = putAll(target, at, IDENTITY);
    if (edit.contentLength !== null && head.framing === Framing.length) {
      at = putText(target, at, `Content-Length: ${edit.contentLength}\r\n`);
    }
  }
  return putAll(target, at, EMPTY_LINE);

  function isKept(head: RequestHead, index: number): boolean {
    const kind = fields.kind(index);
    if (ours[kind] === 1 || isHopByHop(kind)) return false;
    if (edit !== null && isReplaced(head, index, edit)) return false;
    if (kind === FieldKind.transferEncoding) return true;
    if (kind === FieldKind.contentLength) return !head.websocket;
    if (kind === FieldKind.expect) return head.expectContinue;
    return (
      !connection.namesFields || !connection.isNamed(bytes, fields.nameStart(index), fields.nameEnd(index))
    );
  }
}

function isReplaced(head: RequestHead, index: number, edit: HeadEdit): boolean {
  const { fields, bytes } = head;
  switch (fields.kind(index)) {
    case FieldKind.expect:
      return true;
    case FieldKind.contentLength:
      return edit.contentLength !== null;
    case FieldKind.other:
      return (
        edit.identity &&
        equalsIgnoreCase(bytes, fields.nameStart(index), fields.nameEnd(index), ACCEPT_ENCODING)
      );
    default:
      return false;
  }
}
