import { LINK_LOST, ResetCode } from "../codes.ts";
import type { Stream, StreamEvents } from "../stream.ts";
import { BlockQueue } from "./block-queue.ts";

/** A TCP socket as a splice uses it: the client's at the relay, the upstream's at the connector. */
export interface SpliceSocket {
  /** Sends at once; returns the bytes taken (fewer: `onSocketDrain` comes), -1 when the socket is gone. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  pause(): void;
  resume(): void;
  /** Sends FIN after what `write` took; reading goes on. */
  finish(): void;
  /** Drops the connection now (RST). */
  destroy(): void;
}

/** How a splice ended: both sides said that they have finished, or one of them broke off. */
export interface SpliceEnd {
  /** `peer`: RESET from the other end of the stream; `socket`: this end's socket was reset; `stopped`: `stop` was called. */
  readonly by: "finished" | "peer" | "socket" | "stopped";
  /** RESET code that was received or sent; LINK_LOST when the link went away. null after an orderly end. */
  readonly code: number | null;
  readonly reason: string;
}

/**
 * Moves the bytes of one TCP connection between a socket and a stream of kind 2, at either end of a link. FIN and END
 * stand for each other in each direction, and so do RST and RESET. Neither side is read faster than the other takes:
 * at most one read of the socket and one window of the stream are held.
 */
export class Splice implements StreamEvents {
  /** Bytes read from the socket, and written to it. */
  bytesRead = 0;
  bytesWritten = 0;
  ended = false;
  private readonly socket: SpliceSocket;
  private readonly onEnded: (end: SpliceEnd) => void;
  /** Asked when the other end takes no stream, before anything has gone to it: true when there will be another one. */
  private readonly onRefused: (() => boolean) | null;
  private stream: Stream | null = null;
  /** What the stream has not taken; the socket is paused meanwhile. */
  private backlog: Uint8Array | null = null;
  private readonly queue = new BlockQueue();
  private readonly writeOut = (bytes: Uint8Array, offset: number, length: number) =>
    this.socket.write(bytes, offset, length);
  /** The socket has sent FIN; the stream has been sent END. */
  private sawFin = false;
  private sentEnd = false;
  /** The stream has brought END; the socket has been sent FIN. */
  private sawEnd = false;
  private sentFin = false;
  private canWrite: boolean;
  private paused = false;
  /** Of the prefix, still in the queue. */
  private prefixBytes = 0;

  /**
   * @param connected whether the socket takes bytes already; if not, `onSocketDrain` is to be called when it does
   * @param onEnded told once, when nothing is left to do; the socket closes by itself after an orderly end
   */
  constructor(
    socket: SpliceSocket,
    connected: boolean,
    onEnded: (end: SpliceEnd) => void,
    onRefused: (() => boolean) | null = null,
  ) {
    this.socket = socket;
    this.canWrite = connected;
    this.onEnded = onEnded;
    this.onRefused = onRefused;
  }

  /** Bytes of our own that the socket gets before those of the stream. Call it before any of them can come. */
  prefix(bytes: Uint8Array): void {
    this.queue.append(bytes, 0);
    this.prefixBytes = bytes.length;
  }

  /** Names the stream. What the socket has brought so far goes to it. */
  attach(stream: Stream): void {
    this.stream = stream;
    this.onWritable();
  }

  /** Breaks off: RESET with this code to the stream, RST to the socket. Idempotent. */
  stop(code: number, reason: string): void {
    if (this.ended) return;
    this.stream?.reset(code, reason);
    this.drop();
    this.end({ by: "stopped", code, reason });
  }

  // What the socket says.

  onSocketData(chunk: Uint8Array): void {
    if (this.ended) return;
    this.bytesRead += chunk.length;
    const { stream } = this;
    if (this.backlog !== null || stream === null) {
      this.hold(this.backlog === null ? chunk : joined(this.backlog, chunk));
      return;
    }
    const taken = stream.write(chunk, 0);
    if (taken < chunk.length && !this.ended) this.hold(chunk.slice(taken));
  }

  onSocketEnd(): void {
    if (this.ended || this.sawFin) return;
    this.sawFin = true;
    this.passEnd();
  }

  onSocketDrain(): void {
    if (this.ended) return;
    this.canWrite = true;
    const sent = this.queue.drainTo(this.writeOut);
    if (sent > 0) this.wrote(sent);
    this.passFin();
  }

  /**
   * The socket is gone.
   * @param failed it was reset, or broke; else both directions had ended
   */
  onSocketClose(failed: boolean, code: number = ResetCode.upstreamReset, reason = "connection reset"): void {
    if (this.ended) return;
    // A clean close is the FIN of the other side, which came after ours.
    if (!failed) this.onSocketEnd();
    if (this.ended) return;
    // It has closed while bytes were still on their way to it, or it was reset.
    if (!failed && this.sentFin && this.backlog !== null) return;
    this.stream?.reset(code, reason);
    this.end({ by: "socket", code, reason });
  }

  // What the stream says.

  onHead(): void {
    this.stop(ResetCode.internal, "a head on a TCP stream");
  }

  onTrailers(): void {
    this.stop(ResetCode.internal, "trailers on a TCP stream");
  }

  onData(chunk: Uint8Array, end: boolean): void {
    if (this.ended) return;
    let taken = 0;
    if (this.canWrite && this.queue.length === 0 && chunk.length > 0) {
      taken = Math.max(0, this.socket.write(chunk, 0, chunk.length));
    }
    if (taken < chunk.length) this.queue.append(chunk, taken);
    if (taken > 0) this.wrote(taken);
    if (end) this.sawEnd = true;
    this.passFin();
  }

  onWritable(): void {
    const { stream, backlog } = this;
    if (this.ended || stream === null) return;
    if (backlog !== null) {
      const taken = stream.write(backlog, 0);
      if (this.ended) return;
      this.backlog = taken < backlog.length ? backlog.subarray(taken) : null;
      if (this.backlog !== null) return;
    }
    this.passEnd();
    if (this.paused && !this.ended) {
      this.paused = false;
      this.socket.resume();
    }
  }

  onReset(code: number, reason: string): void {
    if (this.ended) return;
    const untouched = this.bytesRead === (this.backlog?.length ?? 0) && !this.sentEnd;
    if (code === ResetCode.refused && untouched && this.onRefused !== null) {
      this.stream = null;
      if (this.onRefused()) return;
    }
    this.drop();
    this.end({ by: "peer", code, reason: code === LINK_LOST ? "link lost" : reason });
  }

  private hold(rest: Uint8Array): void {
    this.backlog = rest;
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  /** FIN of the socket becomes END, once everything before it has gone. */
  private passEnd(): void {
    const { stream } = this;
    if (!this.sawFin || this.sentEnd || this.backlog !== null || stream === null) return;
    this.sentEnd = true;
    stream.end();
    this.finishIfDone();
  }

  /** END of the stream becomes FIN. */
  private passFin(): void {
    if (!this.sawEnd || this.sentFin || !this.canWrite || this.queue.length > 0 || this.ended) return;
    this.sentFin = true;
    this.socket.finish();
    this.finishIfDone();
  }

  private wrote(bytes: number): void {
    const ours = Math.min(bytes, this.prefixBytes);
    this.prefixBytes -= ours;
    this.bytesWritten += bytes - ours;
    this.stream?.credit(bytes - ours);
  }

  private finishIfDone(): void {
    if (this.sentEnd && this.sentFin && !this.ended) this.end({ by: "finished", code: null, reason: "" });
  }

  /** Bun tells of the close before `terminate` returns: it must not count as the socket's own doing. */
  private drop(): void {
    this.ended = true;
    this.socket.destroy();
  }

  private end(end: SpliceEnd): void {
    this.ended = true;
    this.stream = null;
    this.backlog = null;
    this.queue.clear();
    this.onEnded(end);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
