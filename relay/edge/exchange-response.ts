import {
  areTrailers,
  ascii,
  CHUNK_HEAD_BYTES,
  Framing,
  LAST_CHUNK,
  LAST_CHUNK_BEFORE_TRAILERS,
  parseResponseHead,
  ResponseHead,
  writeChunkHead,
} from "../protocol/http1/index.ts";
import { put, putAll } from "../protocol/put.ts";
import { putText } from "./bytes.ts";
import type { Output, Scratch } from "./output.ts";
import { type KeptFraming, writeResponseFields } from "./response-fields.ts";
import { isEventStream, SseComments } from "./sse-comments.ts";

/** How the body goes to the client. */
const Mode = { pending: 0, none: 1, length: 2, chunked: 3, close: 4, raw: 5 } as const;
type Mode = (typeof Mode)[keyof typeof Mode];

/** What came of a head, a piece of body or an end handed over by the tunnel. */
export type ResponseResult = "more" | "done" | "bad";

export interface ResponseContext {
  readonly toHead: boolean;
  readonly http10: boolean;
  readonly asksWebsocket: boolean;
  readonly requestId: string;
  readonly baseDomain: string;
  /** Field lines of ours for every answer, each with CRLF; under 128 bytes. */
  readonly ownLines: Uint8Array;
  /** Comments between events may be added to event streams. */
  readonly addsSseComments: boolean;
  now(): number;
  /** The connection may serve another request after this response, as far as the request side knows. */
  canKeepAlive(): boolean;
  /** The next bytes written make the response whole for the client: what must stand before that is to be stored now. */
  onLastBytes(): void;
}

const VERSION = ascii("HTTP/1.1 ");
const CRLF = ascii("\r\n");
const REQUEST_ID = ascii("Hotspot-Request-Id: ");
const END_OF_HEAD = ascii("\r\n\r\n");
const CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
const NO_BODY = ascii("Content-Length: 0\r\n");
const CLOSE = ascii("Connection: close\r\n");
const KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
const UPGRADE = ascii("Connection: Upgrade\r\nUpgrade: websocket\r\n");
/** Fields of our own and the changed status line. */
const EXTRA_BYTES = 256;
const MAX_INTERIM = 16;
const PROBE = ascii("HTTP/1.1 102 Processing\r\n\r\n");
const LEADING_ZERO = ascii("0");
/** Some clients read 16 digits of a chunk size at most; sizes of ours have up to 5. */
const MAX_LEADING_ZEROS = 8;

const head = new ResponseHead();
const kept: { -readonly [K in keyof KeptFraming]: KeptFraming[K] } = { contentLength: false, trailer: false };

/**
 * The response side of one exchange: reads what the tunnel hands over as strictly as if it came from a stranger, and
 * frames it anew for the client, so that a hostile connector cannot desynchronise the client's connection.
 */
export class ExchangeResponse {
  /** Of the final head; 0 before. */
  status = 0;
  /** The final head is on its way. */
  started = false;
  keepAlive = false;
  /** Body bytes handed to the client's connection. */
  bytes = 0;
  fault = "";
  /** Something, if only a 1xx, has been sent. */
  touched = false;
  private mode: Mode = Mode.pending;
  private remaining = 0;
  private interims = 0;
  private leadingZeros = 0;
  private sse: SseComments | null = null;
  private readonly output: Output;
  private readonly scratch: Scratch;
  private readonly context: ResponseContext;

  constructor(output: Output, scratch: Scratch, context: ResponseContext) {
    this.output = output;
    this.scratch = scratch;
    this.context = context;
  }

  /** After a 101: bytes pass as they are. */
  get isRaw(): boolean {
    return this.mode === Mode.raw;
  }

  onHead(bytes: Uint8Array, end: boolean): ResponseResult {
    if (this.started) return this.bad("a second final head");
    const { context } = this;
    const parsed = parseResponseHead(head, bytes, 0, bytes.length, context.toHead);
    if (parsed <= 0) return this.bad(parsed === 0 ? "incomplete head" : head.fault);
    if (parsed !== bytes.length) return this.bad("bytes after the head");
    if (head.informational) return this.interim(end);
    if (head.status === 101) {
      if (!context.asksWebsocket || !head.websocket || end) return this.bad("101 without asking");
      this.mode = Mode.raw;
    } else {
      this.mode = this.modeOf(end);
      if (this.mode === Mode.pending) return this.bad("a length without a body");
    }
    this.status = head.status;
    this.started = true;
    this.touched = true;
    this.keepAlive = this.mode !== Mode.close && this.mode !== Mode.raw && context.canKeepAlive();
    const isWhole = end || this.mode === Mode.none || (this.mode === Mode.length && this.remaining === 0);
    if (isWhole) context.onLastBytes();
    this.writeHead(end);
    return isWhole ? "done" : "more";
  }

  onData(chunk: Uint8Array, end: boolean): ResponseResult {
    const { length } = chunk;
    switch (this.mode) {
      case Mode.pending:
        return this.bad("a body before its head");
      case Mode.none:
        return length > 0 ? this.bad("a body where none may be") : end ? "done" : "more";
      case Mode.length:
        if (length > this.remaining) return this.bad("more body than its Content-Length");
        this.remaining -= length;
        if (end && this.remaining > 0) return this.bad("less body than its Content-Length");
        break;
      default:
        break;
    }
    this.bytes += length;
    // The client does not wait for the tunnel to say so.
    const isWhole = end || (this.mode === Mode.length && this.remaining === 0);
    if (isWhole && this.mode !== Mode.raw) this.context.onLastBytes();
    if (this.sse !== null) this.sse.sent(chunk, this.context.now());
    if (this.mode === Mode.chunked) this.writeChunk(chunk, end);
    else if (length > 0) this.output.writePayload(chunk, !isWhole);
    return isWhole ? "done" : "more";
  }

  /** `length` more bytes make the response whole for the client. */
  endsWith(length: number): boolean {
    return this.mode === Mode.length && length >= this.remaining;
  }

  onTrailers(fields: Uint8Array): ResponseResult {
    if (this.mode !== Mode.chunked) return this.onData(fields.subarray(0, 0), true);
    if (!areTrailers(fields)) return this.bad("malformed trailers");
    this.context.onLastBytes();
    this.output.write(LAST_CHUNK_BEFORE_TRAILERS);
    this.output.write(fields);
    this.output.write(CRLF);
    return "done";
  }

  /**
   * Sends something that says nothing, so that a client that is gone answers with a reset: a 102 before the head, between
   * chunks a leading zero of the next size (`1*HEXDIG`, RFC 9112 7.1). No other framing has room for it.
   */
  probe(): void {
    if (!this.started) {
      if (!this.context.http10) this.output.write(PROBE);
    } else if (this.mode === Mode.chunked && this.leadingZeros < MAX_LEADING_ZEROS) {
      this.leadingZeros++;
      this.output.write(LEADING_ZERO);
    }
    this.output.flush();
  }

  /** Says something between two events of a stream that has been silent for `everyMs`. It is no part of what is counted. */
  keepAliveComment(now: number, everyMs: number): void {
    if (this.sse === null || this.output.queuedBytes > 0) return;
    const comment = this.sse.due(now, everyMs);
    if (comment === null) return;
    if (this.mode === Mode.chunked) this.writePiece(comment);
    else this.output.write(comment);
    this.output.flush();
  }

  private modeOf(end: boolean): Mode {
    const { framing, contentLength } = head;
    this.remaining = 0;
    if (framing === Framing.none) return Mode.none;
    if (end) return contentLength > 0 ? Mode.pending : Mode.none;
    if (framing === Framing.length) {
      this.remaining = contentLength;
      return Mode.length;
    }
    return this.context.http10 ? Mode.close : Mode.chunked;
  }

  private interim(end: boolean): ResponseResult {
    if (end || ++this.interims > MAX_INTERIM) return this.bad("too many interim responses");
    // An HTTP/1.0 client does not know them.
    if (this.context.http10) return "more";
    this.touched = true;
    kept.contentLength = false;
    kept.trailer = false;
    const at = this.beginHead();
    this.output.commit(putAll(this.scratch.bytes, this.writeFields(at), CRLF));
    return "more";
  }

  private writeHead(end: boolean): void {
    const { mode, context } = this;
    if (context.addsSseComments && (mode === Mode.chunked || mode === Mode.close)) {
      if (isEventStream(head.bytes.subarray(0, head.end))) this.sse = new SseComments(context.now());
    }
    const bytes = this.scratch.bytes;
    const bodiless = head.status === 204 || mode === Mode.raw;
    kept.contentLength = mode === Mode.length || (mode === Mode.none && !bodiless);
    kept.trailer = mode === Mode.chunked;
    let at = this.writeFields(this.beginHead());
    if (mode === Mode.chunked) at = putAll(bytes, at, CHUNKED);
    else if (end && head.framing !== Framing.none && head.contentLength < 0) at = putAll(bytes, at, NO_BODY);
    if (mode === Mode.raw) at = putAll(bytes, at, UPGRADE);
    else if (!this.keepAlive) at = putAll(bytes, at, CLOSE);
    else if (context.http10) at = putAll(bytes, at, KEEP_ALIVE);
    at = putAll(bytes, at, context.ownLines);
    at = putText(bytes, putAll(bytes, at, REQUEST_ID), context.requestId);
    this.output.commit(putAll(bytes, at, END_OF_HEAD));
  }

  /** Status line in our version, the reason as it came. @returns offset after it */
  private beginHead(): number {
    const bytes = this.scratch.bytes;
    let at = this.output.reserve(head.end + EXTRA_BYTES);
    at = putAll(bytes, at, VERSION);
    // "HTTP/1.x " is as long as ours, so status and reason start at the same place in both.
    at = put(bytes, at, head.bytes, VERSION.length, VERSION.length + 3);
    bytes[at++] = 32;
    at = put(bytes, at, head.bytes, head.reasonStart, head.reasonEnd);
    return putAll(bytes, at, CRLF);
  }

  private writeFields(at: number): number {
    return writeResponseFields(this.scratch.bytes, at, head, kept, this.context.baseDomain);
  }

  private writeChunk(chunk: Uint8Array, end: boolean): void {
    const { output } = this;
    const { length } = chunk;
    if (length > 0) {
      if (!end) output.countPayload(length);
      this.writePiece(chunk);
    }
    if (end) output.write(LAST_CHUNK);
  }

  private writePiece(piece: Uint8Array): void {
    const { output, scratch } = this;
    this.leadingZeros = 0;
    const at = output.reserve(Math.min(piece.length, 65_536) + CHUNK_HEAD_BYTES + 8);
    output.commit(writeChunkHead(scratch.bytes, at, piece.length));
    output.write(piece);
    output.write(CRLF);
  }

  private bad(why: string): "bad" {
    this.fault = why;
    return "bad";
  }
}
