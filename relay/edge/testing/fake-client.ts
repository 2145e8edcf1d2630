import type { RawConnection, RawConnectionEvents } from "../../routes/tunnel.ts";

/** A client socket without a network: what the edge writes is kept as text, one character per byte. */
export class FakeClient implements RawConnection {
  readonly remoteAddress: string;
  received = "";
  paused = false;
  ended = false;
  terminated = false;
  /** Bytes that the socket still takes before it is full. */
  room = Number.POSITIVE_INFINITY;
  writes = 0;
  events: RawConnectionEvents | null = null;

  constructor(remoteAddress = "203.0.113.7") {
    this.remoteAddress = remoteAddress;
  }

  write(bytes: Uint8Array, offset = 0, length = bytes.length - offset): number {
    if (this.terminated || this.ended) return -1;
    const taken = Math.min(length, this.room);
    this.room -= taken;
    this.writes++;
    this.received += Buffer.from(bytes.subarray(offset, offset + taken)).toString("latin1");
    return taken;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.ended = true;
  }
  terminate(): void {
    this.terminated = true;
  }
  takeOver(events: RawConnectionEvents): void {
    this.events = events;
  }

  /** The client sends; a chunk of its own, as from a socket. */
  send(text: string): void {
    this.events?.onData(Buffer.from(text, "latin1"));
  }
  /** The client reads `bytes` more. */
  read(bytes: number): void {
    this.room += bytes;
    this.events?.onDrain();
  }
  finish(): void {
    this.events?.onEnd();
  }
  disconnect(): void {
    this.terminated = true;
    this.events?.onClose();
  }
}
