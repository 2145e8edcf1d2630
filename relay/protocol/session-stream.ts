import { LINK_LOST, ResetCode } from "./codes.ts";
import { FrameType } from "./frames.ts";
import { MAX_HEAD_BYTES, MAX_HEADS_PER_STREAM } from "./limits.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { Session } from "./session.ts";
import type { AcceptedStream, AcceptedStreamEvents, StreamEvents, StreamKind } from "./stream.ts";

const MAX_U32 = 2 ** 32 - 1;
const noBytes = new Uint8Array(0);

/** One stream of a session, at either end. `receive*` and `lost` are called by the session only. */
export class SessionStream implements AcceptedStream {
  readonly id: number;
  readonly kind: StreamKind;
  openedAt = 0;
  /** DATA payload we may still send. */
  sendCredit: number;
  readonly window: ReceiveWindow;
  /** In the session's queue of streams that want to write. */
  waiting = false;
  /** Used up its last turn: others that have little to write go before it. */
  bulky = false;
  /** Wants to write but has no credit: a WINDOW frame puts it into the queue. */
  starved = false;
  localEnded = false;
  remoteEnded = false;
  closed = false;
  /** The opener's events; the acceptor's are set once `onOpen` has returned. */
  events: AcceptedStreamEvents | StreamEvents | null = null;
  private readonly session: Session;
  private heads = 0;
  private timed = false;

  constructor(session: Session, id: number, kind: StreamKind, windowBytes: number) {
    this.session = session;
    this.id = id;
    this.kind = kind;
    this.sendCredit = windowBytes;
    this.window = new ReceiveWindow(windowBytes);
  }

  head(bytes: Uint8Array, end: boolean, from = 0, to = bytes.length): void {
    if (to - from > MAX_HEAD_BYTES) throw new RangeError(`head of ${to - from} bytes`);
    if (this.closed || this.localEnded) return;
    this.session.sendFrame(FrameType.head, end, this.id, bytes, from, to);
    if (end) this.finishLocal();
  }

  timing(microseconds: number): void {
    if (this.closed || this.localEnded || !this.session.tellsTiming) return;
    this.session.sendU32(FrameType.timing, this.id, Math.min(Math.max(Math.round(microseconds), 0), MAX_U32));
  }

  write(bytes: Uint8Array, spare = -1, from = 0, to = bytes.length): number {
    const length = to - from;
    if (this.closed || this.localEnded || length === 0) return length;
    const allowed = Math.min(length, this.sendCredit);
    const taken = allowed === 0 ? 0 : this.session.appendData(this.id, bytes, from, allowed, spare);
    this.sendCredit -= taken;
    if (taken < length) {
      if (this.sendCredit === 0) this.starved = true;
      else this.session.enqueue(this);
    }
    return taken;
  }

  end(trailers?: Uint8Array): void {
    if (this.closed || this.localEnded) return;
    if (trailers !== undefined && trailers.length > 0) {
      this.session.sendFrame(FrameType.trailers, true, this.id, trailers);
    } else {
      this.session.sendEnd(this.id);
    }
    this.finishLocal();
  }

  credit(bytes: number): void {
    if (this.closed || this.remoteEnded) return;
    const increment = this.window.passOn(bytes, this.session);
    if (increment > 0) this.session.sendU32(FrameType.window, this.id, increment);
  }

  reset(code: number, reason = ""): void {
    if (this.closed) return;
    this.session.sendReset(this, code, reason);
    this.close();
  }

  /** @returns false when the peer may not send this head now */
  receiveHead(head: Uint8Array, end: boolean): boolean {
    if (++this.heads > MAX_HEADS_PER_STREAM) return false;
    if (end) this.remoteEnded = true;
    (this.events as StreamEvents).onHead(head, end);
    if (end) this.finishRemote();
    return true;
  }

  /** @returns false when it was told before */
  receiveTiming(microseconds: number): boolean {
    if (this.timed) return false;
    this.timed = true;
    (this.events as StreamEvents).onTiming?.(microseconds);
    return true;
  }

  /** @returns false when it is more than the credit */
  receiveData(chunk: Uint8Array, end: boolean): boolean {
    if (chunk.length > this.window.credit) return false;
    this.window.received(chunk.length, this.session.heardAt);
    if (end) this.remoteEnded = true;
    this.events!.onData(chunk, end);
    if (end) this.finishRemote();
    return true;
  }

  receiveTrailers(fields: Uint8Array): void {
    this.remoteEnded = true;
    if (fields.length > 0) this.events!.onTrailers(fields);
    else this.events!.onData(noBytes, true);
    this.finishRemote();
  }

  receiveReset(code: number, reason: string): void {
    this.close();
    this.events?.onReset(code, reason);
  }

  /** The link is gone. */
  lost(reason: string): void {
    this.closed = true;
    this.events?.onReset(LINK_LOST, reason);
  }

  get sawHead(): boolean {
    return this.heads > 0;
  }

  private finishLocal(): void {
    this.localEnded = true;
    this.starved = false;
    if (this.remoteEnded) this.close();
  }

  private finishRemote(): void {
    if (this.closed) return;
    if (this.localEnded) this.close();
    // An HTTP response that ends first makes the rest of the request useless: stop the sender, free the stream.
    else if (this.session.cancelsUnfinishedRequests(this.kind)) this.reset(ResetCode.cancel);
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.session.forget(this);
  }
}
