import { LINK_LOST, ResetCode } from "../../protocol/codes.ts";
import {
  areTrailers,
  FieldKind,
  Framing,
  findHeadEnd,
  HEAD_INCOMPLETE,
  parseResponseHead,
  ResponseHead,
  text,
} from "../../protocol/http1/index.ts";
import { MAX_HEADS_PER_STREAM } from "../../protocol/limits.ts";
import { put } from "../../protocol/put.ts";
import type { AcceptedStream, AcceptedStreamEvents } from "../../protocol/stream.ts";
import { BodyFraming, StreamKind } from "../../protocol/stream.ts";
import { ByteQueue } from "./byte-queue.ts";
import {
  badResponse,
  closedEarly,
  connectFailure,
  connectTimedOut,
  cutShort,
  type Failure,
  headTimedOut,
} from "./failure.ts";
import type { UpstreamPool } from "./pool.ts";
import { RequestBody, type RequestBodyOwner } from "./request-body.ts";
import type { RequestHead } from "./request-head.ts";
import { ResponseBody } from "./response-body.ts";
import type { SocketOwner, UpstreamSocket } from "./socket.ts";

/** Reused: a head is read and acted on within one call. */
const responseHead = new ResponseHead();
/** Methods whose repetition has the effect of one (RFC 9110 section 9.2.2). */
const idempotent = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** What an exchange needs of its dispatcher. */
export interface ExchangeHost {
  readonly pool: UpstreamPool;
  readonly connectTimeoutMs: number;
  readonly headTimeoutMs: number;
  now(): number;
  /** No connection came about, so nothing has reached the upstream. @returns what to tell the relay */
  unreachable(failure: Failure): Failure;
  /** Calls its `send` when all that came in the same message of the link has been looked at. */
  sendSoon(exchange: Exchange): void;
  /** Told once, when nothing of the exchange goes on. `failure` is null when it ran to its end. */
  finished(exchange: Exchange, failure: Failure | null): void;
}

/** One stream and its request to the upstream, from OPEN to the end of both directions. */
export class Exchange implements SocketOwner, AcceptedStreamEvents, RequestBodyOwner {
  readonly method: string;
  readonly path: string;
  readonly startedAt: number;
  /** Status of the final response head; 0 before it. */
  status = 0;
  private readonly host: ExchangeHost;
  private readonly stream: AcceptedStream;
  private readonly upgrade: boolean;
  private readonly declaredLength: number;
  /** Null for a request that was all head and left at once. */
  private request: RequestBody | null;
  private response: ResponseBody | null = null;
  private socket: UpstreamSocket;
  /** Length of the head to send again when a kept connection turns out to be dead; 0 when it may not be sent twice. */
  private againLength = 0;
  private partialHead: ByteQueue | null = null;
  private informational = 0;
  private keepAlive = false;
  private keepAliveMs: number | undefined;
  private flushQueued = false;
  /** Bytes of the client that came before the answer to its handshake. */
  private readonly early: ByteQueue | null;
  private earlyEnd = false;
  private waitingSince: number;
  private done = false;
  /** When the upstream was last heard of: what follows from its bytes follows at once. */
  private heardAt = 0;

  constructor(
    host: ExchangeHost,
    stream: AcceptedStream,
    kind: StreamKind,
    framing: BodyFraming,
    head: RequestHead,
    end: boolean,
  ) {
    this.host = host;
    this.stream = stream;
    this.method = head.method;
    this.path = head.path;
    this.upgrade = kind === StreamKind.websocket;
    this.early = this.upgrade ? new ByteQueue() : null;
    if (this.upgrade || framing === BodyFraming.chunked) this.declaredLength = -1;
    else this.declaredLength = framing === BodyFraming.length ? head.contentLength : 0;
    // Also what passed before the upstream was awake is time that the client waited for it.
    this.startedAt = stream.openedAt;
    this.waitingSince = host.now();
    const bare = end && framing === BodyFraming.none;
    // A handshake gets a connection of its own: after a 101 it is no longer one of HTTP.
    const kept = this.upgrade ? null : host.pool.take(this);
    this.socket = kept ?? host.pool.connect(this);
    if (kept !== null && bare) {
      this.request = null;
      this.keepHead(kept, head);
      host.sendSoon(this);
      return;
    }
    this.request = new RequestBody(framing === BodyFraming.chunked, this);
    this.request.setHead(head.bytes, head.start, head.stop);
    this.request.socket = kept;
    if (end) this.request.end(null, true);
    // Head and a small body come in one message: they leave together.
    this.flushQueued = true;
    host.sendSoon(this);
  }

  /** Payload of the request so far. */
  get bytesIn(): number {
    return this.request?.received ?? 0;
  }

  /** Payload of the response so far. */
  get bytesOut(): number {
    return this.response?.bytes ?? 0;
  }

  // The stream.

  onData(chunk: Uint8Array, end: boolean): void {
    if (this.done) return;
    if (this.early !== null && this.status !== 101) {
      // Raw bytes are for a WebSocket; to an upstream that refuses it they would be another request.
      this.early.append(chunk);
      this.earlyEnd = end;
      return;
    }
    const { request } = this;
    if (request === null) return;
    if (this.declaredLength >= 0) {
      const received = request.received + chunk.length;
      // More would be read by the upstream as another request; less would leave it waiting.
      if (received > this.declaredLength || (end && received < this.declaredLength)) {
        this.fail({ code: ResetCode.internal, reason: "request body is not of its declared length" });
        return;
      }
    }
    this.waitingSince = this.host.now();
    if (chunk.length > 0) request.push(chunk, this.flushQueued || end);
    if (end) request.end(null, this.flushQueued);
  }

  onTrailers(fields: Uint8Array): void {
    if (this.done) return;
    this.request?.end(areTrailers(fields) ? fields : null, this.flushQueued);
  }

  onReset(code: number, reason: string): void {
    if (this.done) return;
    this.socket.destroy();
    const lost = code === LINK_LOST;
    this.finish({ code: ResetCode.cancel, reason: lost ? `link lost: ${reason}` : "the client went away" });
  }

  onWritable(): void {
    if (this.done || this.response === null) return;
    this.response.resume();
    if (this.response.delivered) this.responseDelivered();
    else if (!this.response.blocked) this.socket.resume();
  }

  // The request's bytes.

  requestTaken(bytes: number): void {
    this.stream.credit(bytes);
  }

  requestSent(): void {
    this.waitingSince = this.host.now();
    if (this.upgrade && this.status === 101) this.socket.finish();
    if (this.response?.delivered) this.responseDelivered();
  }

  // The socket.

  onSocketOpen(): void {
    this.waitingSince = this.host.now();
    if (this.request === null) return;
    this.request.socket = this.socket;
    this.request.flush();
  }

  onSocketDrain(): void {
    this.waitingSince = this.host.now();
    this.request?.flush();
  }

  onSocketData(chunk: Uint8Array): void {
    this.heardAt = this.host.now();
    this.againLength = 0;
    if (this.response === null) this.readHead(chunk);
    else this.readBody(chunk, 0, chunk.length);
  }

  onSocketEnd(): void {
    this.keepAlive = false;
    if (this.response === null) {
      if (!this.retry()) this.fail(closedEarly);
    } else if (!this.response.endOfInput()) {
      this.fail(cutShort);
    } else if (this.response.delivered) {
      this.responseDelivered();
    }
  }

  onSocketClose(error: Error | null): void {
    this.keepAlive = false;
    if (this.response === null) {
      if (!this.socket.connected) this.fail(this.host.unreachable(connectFailure(error)));
      else if (!this.retry()) this.fail(closedEarly);
    } else if (error !== null && (this.status === 101 || !this.response.complete)) {
      this.fail(cutShort);
    }
    // Otherwise the response is all here; what waits for the stream still goes out.
  }

  /** Ends it when the upstream takes too long. Call every second or so. */
  checkTime(now: number): void {
    if (this.response !== null) return;
    const { connected } = this.socket;
    const limit = connected ? this.host.headTimeoutMs : this.host.connectTimeoutMs;
    if (now - this.waitingSince >= limit) {
      this.fail(connected ? headTimedOut : this.host.unreachable(connectTimedOut));
    }
  }

  private readHead(chunk: Uint8Array): void {
    let bytes = chunk;
    let from = 0;
    let to = chunk.length;
    const partial = this.partialHead;
    if (partial !== null) {
      const scanned = partial.length;
      partial.append(chunk);
      const end = findHeadEnd(partial.bytes, partial.start, partial.start + scanned, partial.end);
      if (end === HEAD_INCOMPLETE && partial.length < 32_768) return;
      bytes = partial.bytes;
      from = partial.start;
      to = partial.end;
      this.partialHead = null;
    }
    while (!this.done && this.response === null) {
      const end = parseResponseHead(responseHead, bytes, from, to, this.method === "HEAD");
      if (end === HEAD_INCOMPLETE) {
        this.partialHead = new ByteQueue();
        this.partialHead.append(bytes, from, to);
        return;
      }
      if (end < 0) {
        this.fail(badResponse(responseHead.fault));
        return;
      }
      this.takeHead(bytes, from, end, end < to);
      from = end;
    }
    if (!this.done && from < to) this.readBody(bytes, from, to);
  }

  /** Acts on the head in `responseHead`, which is `bytes[from, to)`. @param more bytes came behind it */
  private takeHead(bytes: Uint8Array, from: number, to: number, more: boolean): void {
    const { status, framing, contentLength, fields } = responseHead;
    if (responseHead.informational) {
      if (++this.informational >= MAX_HEADS_PER_STREAM) this.fail(badResponse("too many 1xx heads"));
      else this.stream.head(bytes, false, from, to);
      return;
    }
    if (status === 101 && !(this.upgrade && responseHead.websocket)) {
      this.fail(badResponse("101 that was not asked for"));
      return;
    }
    this.status = status;
    this.stream.timing((this.heardAt - this.startedAt) * 1_000);
    if (status === 101) {
      this.stream.head(bytes, false, from, to);
      this.response = new ResponseBody(this.stream, Framing.untilClose, 0);
      const early = this.early!;
      if (early.length > 0) this.request?.push(early.bytes.subarray(early.start, early.end), false);
      early.clear();
      if (this.earlyEnd) this.request?.end(null, false);
      return;
    }
    this.keepAlive = responseHead.keepAlive && !this.upgrade;
    const field = fields.find(FieldKind.keepAlive);
    if (field >= 0) {
      const value = text(responseHead.bytes, fields.valueStart(field), fields.valueEnd(field));
      const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value)?.[1];
      if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1_000;
    }
    const empty = framing === Framing.none || (framing === Framing.length && contentLength === 0);
    this.response = new ResponseBody(this.stream, empty ? Framing.none : framing, contentLength);
    this.stream.head(bytes, empty, from, to);
    if (!empty) return;
    this.response.complete = true;
    this.response.delivered = true;
    this.response.surplus = more;
    this.responseDelivered();
  }

  private readBody(bytes: Uint8Array, from: number, to: number): void {
    const response = this.response!;
    const fault = response.push(bytes, from, to);
    if (fault !== null) this.fail(badResponse(fault));
    else if (response.delivered) this.responseDelivered();
    else if (response.blocked) this.socket.pause();
  }

  private keepHead(socket: UpstreamSocket, { bytes, start, stop }: RequestHead): void {
    const length = stop - start;
    if (socket.headCopy === null || socket.headCopy.length < length) {
      socket.headCopy = new Uint8Array(Math.max(length, 1_024));
    }
    this.againLength = put(socket.headCopy, 0, bytes, start, stop);
  }

  /** Sends what there is of the request. */
  send(): void {
    this.flushQueued = false;
    if (this.done) return;
    if (this.request === null) this.sendKept();
    else this.request.flush();
  }

  /** Sends the head that was kept, all there is of a bare request. */
  private sendKept(): void {
    const { socket, againLength } = this;
    const head = socket.headCopy!;
    if (!idempotent.has(this.method)) this.againLength = 0;
    const taken = Math.max(0, socket.write(head, 0, againLength));
    if (taken === againLength) return;
    const rest = new RequestBody(false, this);
    rest.setHead(head, taken, againLength);
    rest.ended = true;
    rest.socket = socket;
    this.request = rest;
  }

  private get requestIsSent(): boolean {
    return this.request === null || this.request.sent;
  }

  /** A kept connection that dies before it has said anything was dead before: the request goes out once more. */
  private retry(): boolean {
    if (this.againLength === 0 || this.partialHead !== null || this.informational > 0) return false;
    const length = this.againLength;
    this.againLength = 0;
    this.socket.destroy();
    this.request = new RequestBody(false, this);
    this.request.setHead(this.socket.headCopy!, 0, length);
    this.request.ended = true;
    this.waitingSince = this.host.now();
    this.socket = this.host.pool.connect(this);
    return true;
  }

  private responseDelivered(): void {
    if (this.done) return;
    const response = this.response!;
    if (this.status === 101) {
      // Both halves are over when the request's end has been sent as well.
      if (!this.requestIsSent) return;
      this.socket.close();
      this.finish(null);
      return;
    }
    if (this.requestIsSent && this.keepAlive && !response.surplus) {
      this.socket.resume();
      this.host.pool.release(this.socket, this.heardAt, this.keepAliveMs);
    } else if (this.requestIsSent) {
      this.socket.close();
    } else {
      // The upstream has answered without reading everything; the rest has no reader.
      this.socket.destroy();
    }
    this.finish(null);
  }

  private fail(failure: Failure): void {
    if (this.done) return;
    this.socket.destroy();
    this.response?.discard();
    this.stream.reset(failure.code, failure.reason);
    this.finish(failure);
  }

  private finish(failure: Failure | null): void {
    this.done = true;
    this.partialHead = null;
    this.host.finished(this, failure);
  }
}
