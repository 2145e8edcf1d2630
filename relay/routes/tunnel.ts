/**
 * The shapes between the rooms of the relay: what the edge may ask of something that serves an endpoint (a link of a
 * connector, or a direct upstream), and what it is told back. No bytes move in this file.
 */
import type { BodyFraming, Stream, StreamEvents, StreamKind } from "../protocol/stream.ts";

export { LINK_LOST } from "../protocol/codes.ts";
export type { Stream, StreamEvents } from "../protocol/stream.ts";
export { BodyFraming, StreamKind } from "../protocol/stream.ts";

/** Something that serves one endpoint now. */
export interface Tunnel {
  /** Identity for logs and metering; null for a direct upstream. */
  readonly connectorId: string | null;
  readonly endpointId: string;
  /** Streams open now: the balance picks the smallest. */
  readonly outstanding: number;
  /** False once draining, closing or silent: no new streams. */
  readonly accepting: boolean;
  /** False: picked only when no other is healthy. Its upstream is down, it is silent, behind, or at its capacity. */
  readonly healthy: boolean;
  /**
   * Opens a stream. `head` is copied. Returns null when the tunnel cannot take it (then nothing was sent).
   * @param head request head as `relay/protocol/README.md` says
   * @param end true when there is no request body
   * @param length bytes of `head` that are the head; absent: all of them
   */
  open(
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
    events: StreamEvents,
    length?: number,
  ): Stream | null;
}

/** A link of a connector, which may serve HTTP, TCP tunnels by name, or both. */
export interface LinkTunnel extends Tunnel {
  readonly connectorId: string;
  /** Absent: HTTP alone. */
  readonly serves?: {
    readonly slug: string;
    readonly http: boolean;
    readonly tcp: readonly string[];
  };
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
