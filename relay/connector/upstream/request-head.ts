import { ascii, decimal, equalsIgnoreCase, text } from "../../protocol/http1/index.ts";
import { MAX_PAYLOAD_BYTES } from "../../protocol/limits.ts";
import { putAll } from "../../protocol/put.ts";
import type { UpstreamTarget } from "./target.ts";

const CR = 13;
const SP = 32;
const COLON = 58;
const SLASH = 47;
const QUESTION_MARK = 63;
const hostName = ascii("host");
const contentLengthName = ascii("content-length");

const usualMethods = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"].map((name) => ({
  name,
  bytes: ascii(name),
}));

/** What becomes of the public host name in `Host`: the upstream's own authority, the public name, or this text. */
export type HostHeader = "rewrite" | "preserve" | { value: string };

/** A request head as the upstream gets it. */
export interface RequestHead {
  method: string;
  /** As the client sent it, without its query: some send keys there, and this is shown and logged. */
  path: string;
  /** Declared body length, -1 when none is declared. */
  contentLength: number;
  /** The writer's scratch, where the head is `bytes[start, stop)` until the next `write`. */
  bytes: Uint8Array;
  start: number;
  stop: number;
}

/** Room in front of a head, for what base path and host name add to it. */
const FRONT_BYTES = 16_384;

/** Turns heads of OPEN frames into heads for one upstream: base path in front, `Host` replaced, the rest untouched. */
export class RequestHeadWriter {
  private readonly scratch = new Uint8Array(FRONT_BYTES + MAX_PAYLOAD_BYTES);
  private readonly hostLine: Uint8Array | null;
  private readonly basePath: Uint8Array;

  constructor(target: UpstreamTarget, hostHeader: HostHeader) {
    const host =
      hostHeader === "rewrite" ? target.authority : hostHeader === "preserve" ? null : hostHeader.value;
    this.hostLine = host === null ? null : ascii(`Host: ${host}\r\n`);
    this.basePath = ascii(target.basePath);
    if (this.basePath.length + (this.hostLine?.length ?? 0) > FRONT_BYTES)
      throw new RangeError("host or base path");
  }

  /**
   * @param hasLength the body is framed by `Content-Length`
   * @returns null when the head is not what the protocol promises: a request line, then `Host`
   */
  write(head: Uint8Array, hasLength: boolean): RequestHead | null {
    const { scratch, basePath, hostLine } = this;
    const methodEnd = head.indexOf(SP);
    const lineEnd = head.indexOf(CR);
    const targetEnd = lineEnd - 9;
    if (methodEnd < 1 || targetEnd <= methodEnd + 1 || head[targetEnd] !== SP) return null;
    const hostStart = lineEnd + 2;
    const hostEnd = head.indexOf(CR, hostStart) + 2;
    if (hostEnd < hostStart + 5 || head[hostStart + 4] !== COLON) return null;
    if (!equalsIgnoreCase(head, hostStart, hostStart + 4, hostName)) return null;

    // The whole head is copied once; then what stands before the replaced parts is moved to meet them.
    const targetStart = methodEnd + 1;
    let start = FRONT_BYTES;
    putAll(scratch, start, head);
    if (hostLine !== null) {
      const moved = start + hostEnd - hostStart - hostLine.length;
      if (moved !== start) scratch.copyWithin(moved, start, start + hostStart);
      start = moved;
      putAll(scratch, start + hostStart, hostLine);
    }
    if (basePath.length > 0 && head[targetStart] === SLASH) {
      const moved = start - basePath.length;
      scratch.copyWithin(moved, start, start + targetStart);
      start = moved;
      putAll(scratch, start + targetStart, basePath);
    }
    const query = head.indexOf(QUESTION_MARK, targetStart);
    const pathEnd = query >= 0 && query < targetEnd ? query : targetEnd;
    return {
      method: methodOf(head, methodEnd),
      path: text(head, targetStart, pathEnd),
      contentLength: hasLength ? findContentLength(head, hostEnd) : -1,
      bytes: scratch,
      start,
      stop: FRONT_BYTES + head.length,
    };
  }
}

/** The usual ones need no text of their own. */
function methodOf(head: Uint8Array, end: number): string {
  for (let n = 0; n < usualMethods.length; n++) {
    const { name, bytes } = usualMethods[n]!;
    if (bytes.length === end && startsWith(head, bytes)) return name;
  }
  return text(head, 0, end);
}

function startsWith(head: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (head[i] !== start[i]) return false;
  return true;
}

function findContentLength(head: Uint8Array, from: number): number {
  for (let at = from; at < head.length; ) {
    const end = head.indexOf(CR, at);
    if (end <= at) return -1;
    const nameEnd = at + contentLengthName.length;
    if (head[nameEnd] === COLON && equalsIgnoreCase(head, at, nameEnd, contentLengthName)) {
      let valueStart = nameEnd + 1;
      let valueEnd = end;
      while (head[valueStart] === SP) valueStart++;
      while (valueEnd > valueStart && head[valueEnd - 1] === SP) valueEnd--;
      return decimal(head, valueStart, valueEnd);
    }
    at = end + 2;
  }
  return -1;
}
