import type { TLSSocket } from "node:tls";
import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";
import type { Certificate } from "./certificate.ts";

/** What Bun has under a socket of node:tls: sends at once, without a copy or a queue, and tells how much went. */
interface NativeSocket {
  write(bytes: Uint8Array, offset: number, length: number): number;
}

/** Hears when a read of a socket is worked on, from its first byte to its last. */
export interface Turns {
  startTurn(): void;
  endTurn(): void;
}

/**
 * One TLS connection in the shape that the rooms of the relay share. What node:stream would add per read and write (an
 * event, a queue, a callback) is half a microsecond each: reads are taken where the socket hands them to the stream, writes
 * go to the native socket. Only what that does not take goes through the stream, one piece at a time.
 */
export class TlsConnection implements RawConnection {
  readonly remoteAddress: string;
  events: RawConnectionEvents | null = null;
  /** What the handshake chose; null until then. */
  certificate: Certificate | null = null;
  private readonly socket: TLSSocket;
  private native: NativeSocket | null = null;
  /** The stream holds bytes that the socket has not taken. */
  private blocked = false;
  private ending = false;
  private inputEnded = false;
  private closed = false;
  private readonly onTaken = () => {
    this.blocked = false;
    if (this.ending) this.finish();
    else if (!this.closed) this.events?.onDrain();
  };

  constructor(socket: TLSSocket, turns: Turns) {
    this.socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    socket.push = (chunk: Uint8Array | null) => {
      if (chunk === null) {
        if (!this.inputEnded) this.endInput();
        return true;
      }
      turns.startTurn();
      try {
        this.events?.onData(chunk);
      } finally {
        turns.endTurn();
      }
      return true;
    };
    socket.on("close", () => {
      this.closed = true;
      this.events?.onClose();
      this.events = null;
    });
  }

  /** The handshake is done. */
  secured(certificate: Certificate): void {
    this.certificate = certificate;
    this.native = (this.socket as unknown as { _handle: NativeSocket })._handle;
  }

  write(bytes: Uint8Array, offset = 0, length = bytes.length - offset): number {
    if (this.closed || this.native === null) return -1;
    if (this.blocked || this.ending) return 0;
    const taken = this.native.write(bytes, offset, length);
    if (taken < 0 || taken === length) return taken;
    // The stream asks again when there is room, and it only does so for bytes of its own.
    this.blocked = true;
    this.socket.write(Buffer.from(bytes.subarray(offset + taken, offset + length)), this.onTaken);
    return length;
  }
  pause(): void {
    this.socket.pause();
  }
  resume(): void {
    this.socket.resume();
  }
  end(): void {
    if (this.ending || this.closed) return;
    this.ending = true;
    if (!this.blocked) this.finish();
  }
  terminate(): void {
    this.closed = true;
    this.socket.destroy();
  }
  takeOver(events: RawConnectionEvents): void {
    this.events = events;
  }

  private endInput(): void {
    this.inputEnded = true;
    this.events?.onEnd();
    if (this.socket.writableFinished) this.socket.destroy();
  }

  private finish(): void {
    this.socket.end(() => {
      // The stream never sees the end of what it was to read, so it would not close by itself.
      if (this.inputEnded) this.socket.destroy();
    });
  }
}
