/**
 * One stream as its two ends see it. The opener (relay) gets a `Stream` and hears `StreamEvents`; the acceptor
 * (connector) gets an `AcceptedStream` and hears `AcceptedStreamEvents`. No bytes move in this file.
 */

/** What a stream carries. Numbers are those of the OPEN frame. */
export const StreamKind = { http: 0, websocket: 1, tcp: 2 } as const;
export type StreamKind = (typeof StreamKind)[keyof typeof StreamKind];

/** How the request body is framed towards the upstream. Numbers are those of the OPEN frame. */
export const BodyFraming = { none: 0, length: 1, chunked: 2 } as const;
export type BodyFraming = (typeof BodyFraming)[keyof typeof BodyFraming];

/** What an acceptor is told. Byte views are valid during the call only: copy what must stay. */
export interface AcceptedStreamEvents {
  /** Body bytes. Give them back with `credit` once they have been written onward. An empty chunk comes only with `end`. */
  onData(chunk: Uint8Array, end: boolean): void;
  /** Trailer field lines, without the closing empty line. Ends this direction. */
  onTrailers(fields: Uint8Array): void;
  /** The stream is gone in both directions. `code` is a RESET code; a lost link gives LINK_LOST. Nothing comes after it. */
  onReset(code: number, reason: string): void;
  /** `write` took less than it was given before; there is room again. */
  onWritable(): void;
}

/** What the opener of a stream is told. Byte views are valid during the call only: copy what must stay. */
export interface StreamEvents extends AcceptedStreamEvents {
  /** A response head: status line, field lines, empty line. Informational heads (1xx) may come first. */
  onHead(head: Uint8Array, end: boolean): void;
  /** Right before the final head: how long the acceptor waited for its upstream's. */
  onTiming?(microseconds: number): void;
}

/** The opener's end of one stream. */
export interface Stream {
  /**
   * Bytes taken (copied or sent); less than the length when the window or the link is full: go on at `onWritable`. A stream
   * that has ended takes everything and drops it, so a writer never waits on it.
   * @param spare nobody needs the bytes that are taken any more, nor so many before `chunk` in its buffer: headers may be
   * written over them, which saves a copy of large pieces. Absent: they stay as they are
   */
  write(chunk: Uint8Array, spare?: number): number;
  /** No more bytes from this side; with `trailers`, their field lines first. Idempotent. */
  end(trailers?: Uint8Array): void;
  /** Gives `bytes` of received body back to the sender's window. */
  credit(bytes: number): void;
  /** Ends the stream in both directions; the handler hears nothing after it. Idempotent. */
  reset(code: number, reason?: string): void;
}

/** The acceptor's end of one stream. */
export interface AcceptedStream extends Stream {
  readonly id: number;
  /** When OPEN came, on the clock of the session. */
  readonly openedAt: number;
  /**
   * Sends a response head, `bytes[from, to)` or all of it (copied). Always taken: heads are not flow-controlled.
   * @param end true when there is no response body
   * @throws RangeError when longer than MAX_HEAD_BYTES: reset the stream with TOO_LARGE instead
   */
  head(bytes: Uint8Array, end: boolean, from?: number, to?: number): void;
  /** As that of every stream, for `bytes[from, to)` or all of it. */
  write(bytes: Uint8Array, spare?: number, from?: number, to?: number): number;
  /** Tells, before the final head, how long the upstream took for it; nothing when the opener did not ask. */
  timing(microseconds: number): void;
}
