import { Framing, Method, parseRequestHead, type RequestHead } from "../protocol/http1/index.ts";
import { copyOf, latin1 } from "./bytes.ts";
import type { EdgeContext } from "./context.ts";

/** A head in a larger read than this is copied out, so that the read is not pinned. */
const MAX_PINNED_BYTES = 16_384;
const MAX_PATH_CHARS = 2_048;
const methodNames = ["", "GET", "HEAD", "POST", "OPTIONS", "CONNECT", "TRACE"];

/** What stays known of a request after its head was parsed: numbers, and the bytes to parse it again. */
export class RequestFacts {
  readonly toHead: boolean;
  readonly isPost: boolean;
  readonly http10: boolean;
  readonly asksWebsocket: boolean;
  readonly keepAlive: boolean;
  readonly framing: Framing;
  readonly contentLength: number;
  /** Head and whole body are kept here: the request can be sent again. */
  readonly replayable: boolean;
  /** The whole body came with the head. */
  readonly bodyIsHere: boolean;
  /** No body bytes follow the head. */
  readonly isBodiless: boolean;
  /** GET, HEAD or OPTIONS without a body: may be sent twice. */
  readonly isSafe: boolean;
  readonly source: Uint8Array;
  /** End of the head in `source`. */
  readonly end: number;
  private readonly start: number;
  private readonly method: number;
  private readonly methodEnd: number;
  private readonly pathStart: number;
  private readonly pathEnd: number;
  private readonly edge: EdgeContext;

  /**
   * @param source the read that holds the head just parsed into `edge.head`
   * @param available bytes after the head in `source`
   */
  constructor(edge: EdgeContext, source: Uint8Array, available: number) {
    const { head } = edge;
    const { method, framing } = head;
    this.edge = edge;
    this.method = method;
    this.toHead = method === Method.HEAD;
    this.isPost = method === Method.POST;
    this.http10 = head.minorVersion === 0;
    this.asksWebsocket = head.websocket;
    this.keepAlive = head.keepAlive;
    this.framing = framing;
    this.contentLength = head.contentLength;
    this.isBodiless = framing === Framing.none || (framing === Framing.length && head.contentLength === 0);
    this.bodyIsHere = framing === Framing.length && head.contentLength <= available;
    this.isSafe =
      framing === Framing.none &&
      (method === Method.GET || method === Method.HEAD || method === Method.OPTIONS);
    const isSmall = source.length <= MAX_PINNED_BYTES;
    const length = head.end - head.start + (this.bodyIsHere ? head.contentLength : 0);
    const keepsBody = this.bodyIsHere && length <= MAX_PINNED_BYTES;
    this.replayable = framing === Framing.none || keepsBody;
    const shift = isSmall ? 0 : head.start;
    this.source = isSmall ? source : copyOf(source, head.start, keepsBody ? head.start + length : head.end);
    this.start = head.start - shift;
    this.end = head.end - shift;
    this.methodEnd = head.methodEnd - shift;
    this.pathStart = head.pathStart - shift;
    this.pathEnd = head.pathEnd - shift;
    edge.parsedFor = isSmall ? this : null;
  }

  /** The parsed head; read again when another request was parsed meanwhile. */
  head(): RequestHead {
    const { edge } = this;
    if (edge.parsedFor !== this) {
      const end = parseRequestHead(edge.head, this.source, this.start, this.end);
      if (end !== this.end) throw new Error("a kept head does not parse again");
      edge.parsedFor = this;
    }
    return edge.head;
  }

  methodName(): string {
    return methodNames[this.method] || latin1(this.source, this.start, this.methodEnd);
  }

  /** Without the query; at most 2,048 characters. */
  path(): string {
    if (this.pathEnd === this.pathStart) return "/";
    return latin1(this.source, this.pathStart, Math.min(this.pathEnd, this.pathStart + MAX_PATH_CHARS));
  }
}
