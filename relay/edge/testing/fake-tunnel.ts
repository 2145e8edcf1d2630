import type { BodyFraming, Stream, StreamEvents, StreamKind, Tunnel } from "../../routes/tunnel.ts";

/** One stream as the connector's side of a test sees it. Byte strings have one character per byte. */
export class FakeStream implements Stream {
  readonly kind: StreamKind;
  readonly framing: BodyFraming;
  readonly head: string;
  body = "";
  ended: boolean;
  trailers = "";
  credited = 0;
  resetCode: number | null = null;
  /** Bytes that the window still takes. */
  window = Number.POSITIVE_INFINITY;
  readonly events: StreamEvents;

  constructor(kind: StreamKind, framing: BodyFraming, head: string, end: boolean, events: StreamEvents) {
    this.kind = kind;
    this.framing = framing;
    this.head = head;
    this.ended = end;
    this.events = events;
  }

  /** Bytes it was told it may overwrite, and did. */
  overwritten = 0;

  write(chunk: Uint8Array, spare = -1): number {
    if (this.ended) throw new Error("written after the end");
    const taken = Math.min(chunk.length, this.window);
    this.window -= taken;
    this.body += Buffer.from(chunk.subarray(0, taken)).toString("latin1");
    if (spare >= 0) {
      // As a link does, only worse: whoever still needs them finds out.
      const first = chunk.byteOffset - spare;
      new Uint8Array(chunk.buffer, first, spare + taken).fill(0x21);
      this.overwritten += spare + taken;
    }
    return taken;
  }
  end(trailers?: Uint8Array): void {
    this.ended = true;
    if (trailers !== undefined) this.trailers = Buffer.from(trailers).toString("latin1");
  }
  credit(bytes: number): void {
    this.credited += bytes;
  }
  reset(code: number): void {
    this.resetCode ??= code;
  }

  /** The connector sends a response head, and a body when one is given; END with the last of them unless `open`. */
  respond(head: string, body?: string, options: { open?: boolean } = {}): void {
    const end = options.open !== true;
    this.events.onHead(Buffer.from(head, "latin1"), body === undefined && end);
    if (body !== undefined) this.data(body, end);
  }
  data(body: string, end = false): void {
    this.events.onData(Buffer.from(body, "latin1"), end);
  }
  widen(bytes: number): void {
    this.window += bytes;
    this.events.onWritable();
  }
}

/** A tunnel without a link: streams are kept for the test to answer. */
export class FakeTunnel implements Tunnel {
  readonly connectorId: string | null;
  readonly endpointId = "ep_acme";
  accepting = true;
  healthy = true;
  full = false;
  outstanding = 0;
  /** Window of streams to come. */
  window = Number.POSITIVE_INFINITY;
  readonly streams: FakeStream[] = [];
  /** Answers each stream as it opens, in a microtask as a link would. */
  responder: ((stream: FakeStream) => void) | null = null;

  constructor(connectorId = "con_1") {
    this.connectorId = connectorId;
  }

  get last(): FakeStream {
    const stream = this.streams.at(-1);
    if (stream === undefined) throw new Error("no stream was opened");
    return stream;
  }

  open(
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
    events: StreamEvents,
    length = head.length,
  ) {
    if (this.full) return null;
    const text = Buffer.from(head.subarray(0, length)).toString("latin1");
    const stream = new FakeStream(kind, framing, text, end, events);
    stream.window = this.window;
    this.streams.push(stream);
    const { responder } = this;
    if (responder !== null) queueMicrotask(() => responder(stream));
    return stream;
  }
}
