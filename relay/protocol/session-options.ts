import type { GoawayCode } from "./codes.ts";
import type { WindowBudget } from "./receive-window.ts";
import type { AcceptedStream, AcceptedStreamEvents, BodyFraming, StreamKind } from "./stream.ts";

/** The message carrier under a session: a WebSocket on either runtime, or a pair in memory. */
export interface SessionTransport {
  /**
   * Sends `batch[start, end)` as one binary message. The bytes must have been copied or sent when it returns. The
   * BATCH_HEADROOM bytes before `start` are scratch, for a header of the transport's own.
   */
  send(batch: Uint8Array, start: number, end: number): void;
  /** Bytes accepted by `send` that have not left this process. */
  bufferedBytes(): number;
  /** Closes after what was sent. `code` is a WebSocket close code. */
  close(code: number, reason: string): void;
}

export interface SessionEvents {
  /**
   * Connector only: the relay opens a stream. `head` is valid during the call only. Nothing else of the stream is told
   * before this returns; `end` means there is no request body. Null refuses it (nothing reached the upstream).
   */
  onOpen?(
    stream: AcceptedStream,
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
  ): AcceptedStreamEvents | null;
  /** Relay only: the connector's first frame (`decodeHello` reads it). Throw ProtocolError to refuse; answer with `welcome`. */
  onHello?(payload: Uint8Array): void;
  /** Connector only: the relay's answer (`decodeWelcome` reads it). Streams may follow. */
  onWelcome?(payload: Uint8Array): void;
  /** The peer opens or takes no new streams; running ones finish. */
  onGoaway?(code: number, reason: string): void;
  onPong?(roundTripMs: number): void;
  /** Relay only: the connector says whether its upstream can serve. */
  onState?(accepting: boolean, reason: string): void;
  /** The transport is full: call `drained` when its buffer has shrunk (a transport without a drain event is polled). */
  onBlocked?(): void;
  /** The session has ended, by either side; every stream has been told. Called once. */
  onClose?(code: GoawayCode, reason: string): void;
}

export interface SessionOptions {
  role: "relay" | "connector";
  transport: SessionTransport;
  /** Runs a task once, after the I/O events at hand: setImmediate. Microtasks are too early to gather frames. */
  schedule(task: () => void): void;
  /** Monotonic milliseconds. */
  now(): number;
  events: SessionEvents;
  windowBytes?: number;
  /** What the windows of all links of this process may grow by; absent: a link alone. */
  windowBudget?: WindowBudget;
  maxStreams?: number;
  /** For tests of the end of the id space. */
  firstStreamId?: number;
}
