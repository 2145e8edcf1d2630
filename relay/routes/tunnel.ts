/**
 * The shapes between the rooms of the relay: what the edge may ask of something that serves an endpoint (a link of a
 * connector, or a direct upstream), and what it is told back. No bytes move in this file.
 */

/** What a stream carries. Numbers are those of the OPEN frame. */
export const StreamKind = { http: 0, websocket: 1, tcp: 2 } as const;
export type StreamKind = (typeof StreamKind)[keyof typeof StreamKind];

/** How the request body is framed towards the upstream. Numbers are those of the OPEN frame. */
export const BodyFraming = { none: 0, length: 1, chunked: 2 } as const;
export type BodyFraming = (typeof BodyFraming)[keyof typeof BodyFraming];

/** What the opener of a stream is told. Byte views are valid during the call only: copy what must stay. */
export interface StreamEvents {
  /** A response head: status line, field lines, empty line. Informational heads (1xx) may come first. */
  onHead(head: Uint8Array, end: boolean): void;
  /** Body bytes. Give them back with `credit` once they have been written onward. */
  onData(chunk: Uint8Array, end: boolean): void;
  /** Trailer field lines, without the closing empty line. Ends this direction. */
  onTrailers(fields: Uint8Array): void;
  /** The stream is gone in both directions. `code` is a RESET code; a lost link gives LINK_LOST. */
  onReset(code: number, reason: string): void;
  /** `write` took less than it was given before; there is room again. */
  onWritable(): void;
}

/** Local code (never on the wire) handed to `onReset` when the link itself went away. */
export const LINK_LOST = 0xffff;

/** The opener's end of one stream. */
export interface Stream {
  /** Bytes taken (copied); less than the length when the window or the link is full: go on at `onWritable`. */
  write(chunk: Uint8Array): number;
  /** No more bytes from this side; with `trailers`, their field lines first. Idempotent. */
  end(trailers?: Uint8Array): void;
  /** Gives `bytes` of received body back to the sender's window. */
  credit(bytes: number): void;
  /** Ends the stream in both directions; the handler hears nothing after it. Idempotent. */
  reset(code: number, reason?: string): void;
}

/** Something that serves one endpoint now. */
export interface Tunnel {
  /** Identity for logs and metering; null for a direct upstream. */
  readonly connectorId: string | null;
  readonly endpointId: string;
  /** Streams open now: the balance picks the smallest. */
  readonly outstanding: number;
  /** False once draining, closing or silent: no new streams. */
  readonly accepting: boolean;
  /**
   * Opens a stream. `head` is copied. Returns null when the tunnel cannot take it (then nothing was sent).
   * @param head request head as `relay/protocol/README.md` says
   * @param end true when there is no request body
   */
  open(
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
    events: StreamEvents,
  ): Stream | null;
}

/** One public socket, plain or TLS, as the edge hands it to the link room after an upgrade. */
export interface RawConnection {
  readonly remoteAddress: string;
  /** Sends at once, unbuffered; returns the bytes taken, -1 when closed. */
  write(bytes: Uint8Array, offset?: number, length?: number): number;
  pause(): void;
  resume(): void;
  /** Sends FIN after what was written. */
  end(): void;
  /** Drops the connection now (RST). */
  terminate(): void;
  /** Replaces who hears of this socket; the edge forgets it. */
  takeOver(events: RawConnectionEvents): void;
}

export interface RawConnectionEvents {
  onData(chunk: Uint8Array): void;
  onDrain(): void;
  onEnd(): void;
  onClose(): void;
}
