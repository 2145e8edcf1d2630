import { ascii, decimal, equalsIgnoreCase, text } from "../../protocol/http1/index.ts";
import type { UpstreamTarget } from "./target.ts";

const CR = 13;
const SP = 32;
const COLON = 58;
const SLASH = 47;
const hostName = ascii("host");
const contentLengthName = ascii("content-length");

/** What becomes of the public host name in `Host`: the upstream's own authority, the public name, or this text. */
export type HostHeader = "rewrite" | "preserve" | { value: string };

/** A request head as the upstream gets it. */
export interface RequestHead {
  method: string;
  /** As the client sent it, with its query. */
  path: string;
  /** Declared body length, -1 when none is declared. */
  contentLength: number;
  /** In the writer's scratch; valid until the next `write`. */
  bytes: Uint8Array;
}

/** Heads grow by the base path and the difference of two host names. */
const SCRATCH_BYTES = 65_536 + 16_384;

/** Turns heads of OPEN frames into heads for one upstream: base path in front, `Host` replaced, the rest untouched. */
export class RequestHeadWriter {
  private readonly scratch = new Uint8Array(SCRATCH_BYTES);
  private readonly hostLine: Uint8Array | null;
  private readonly basePath: Uint8Array;

  constructor(target: UpstreamTarget, hostHeader: HostHeader) {
    const host =
      hostHeader === "rewrite" ? target.authority : hostHeader === "preserve" ? null : hostHeader.value;
    this.hostLine = host === null ? null : ascii(`Host: ${host}\r\n`);
    this.basePath = ascii(target.basePath);
    if (this.basePath.length + (this.hostLine?.length ?? 0) > 16_384)
      throw new RangeError("host or base path");
  }

  /** @returns null when the head is not what the protocol promises: a request line, then `Host` */
  write(head: Uint8Array): RequestHead | null {
    const { scratch, basePath, hostLine } = this;
    const methodEnd = head.indexOf(SP);
    const lineEnd = head.indexOf(CR);
    const targetEnd = lineEnd - 9;
    if (methodEnd < 1 || targetEnd <= methodEnd + 1 || head[targetEnd] !== SP) return null;
    const hostStart = lineEnd + 2;
    const hostEnd = head.indexOf(CR, hostStart) + 2;
    if (hostEnd < hostStart + 5 || head[hostStart + 4] !== COLON) return null;
    if (!equalsIgnoreCase(head, hostStart, hostStart + 4, hostName)) return null;

    const targetStart = methodEnd + 1;
    let at = 0;
    if (basePath.length > 0 && head[targetStart] === SLASH) {
      at = append(scratch, at, head, 0, targetStart);
      at = append(scratch, at, basePath, 0, basePath.length);
      at = append(scratch, at, head, targetStart, hostStart);
    } else {
      at = append(scratch, at, head, 0, hostStart);
    }
    at = hostLine
      ? append(scratch, at, hostLine, 0, hostLine.length)
      : append(scratch, at, head, hostStart, hostEnd);
    at = append(scratch, at, head, hostEnd, head.length);
    return {
      method: text(head, 0, methodEnd),
      path: text(head, targetStart, targetEnd),
      contentLength: findContentLength(head, hostEnd),
      bytes: scratch.subarray(0, at),
    };
  }
}

function append(target: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  target.set(source.subarray(from, to), at);
  return at + to - from;
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
