import { ResetCode } from "../../protocol/codes.ts";
import type { AcceptedStream, AcceptedStreamEvents, BodyFraming, StreamKind } from "../../protocol/stream.ts";
import { ByteQueue } from "../upstream/byte-queue.ts";

/** Takes a stream; `onOpen` of a session. */
export type AcceptStream = (
  stream: AcceptedStream,
  kind: StreamKind,
  framing: BodyFraming,
  head: Uint8Array,
  end: boolean,
) => AcceptedStreamEvents | null;

/**
 * A stream whose upstream is not there yet. It keeps what comes, one window at most since no credit is given back, and
 * hands it on as if it had just come.
 */
export class HeldStream implements AcceptedStreamEvents {
  /** Gone, or handed on. */
  over = false;
  private next: AcceptedStreamEvents | null = null;
  private readonly body = new ByteQueue();
  private bodyEnded = false;
  private trailers: Uint8Array | null = null;
  private readonly head: Uint8Array;
  private readonly stream: AcceptedStream;
  private readonly kind: StreamKind;
  private readonly framing: BodyFraming;
  private readonly end: boolean;

  constructor(
    stream: AcceptedStream,
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
  ) {
    this.stream = stream;
    this.kind = kind;
    this.framing = framing;
    this.head = head.slice();
    this.end = end;
  }

  /** The upstream is there. */
  handOn(accept: AcceptStream): void {
    if (this.over) return;
    this.over = true;
    const next = accept(this.stream, this.kind, this.framing, this.head, this.end);
    if (next === null) {
      this.stream.reset(ResetCode.refused, "not taken");
      return;
    }
    this.next = next;
    const { body } = this;
    const ended = this.bodyEnded;
    if (body.length > 0 || ended) next.onData(body.bytes.subarray(body.start, body.end), ended);
    if (this.trailers !== null) next.onTrailers(this.trailers);
    body.clear();
  }

  /** The upstream will not be there in time. */
  giveUp(code: ResetCode, reason: string): void {
    if (this.over) return;
    this.over = true;
    this.body.clear();
    this.stream.reset(code, reason);
  }

  onData(chunk: Uint8Array, end: boolean): void {
    if (this.next !== null) {
      this.next.onData(chunk, end);
    } else if (!this.over) {
      this.body.append(chunk);
      this.bodyEnded = end;
    }
  }

  onTrailers(fields: Uint8Array): void {
    if (this.next !== null) this.next.onTrailers(fields);
    else this.trailers = fields.slice();
  }

  onReset(code: number, reason: string): void {
    this.over = true;
    this.body.clear();
    this.next?.onReset(code, reason);
  }

  onWritable(): void {
    this.next?.onWritable();
  }
}
