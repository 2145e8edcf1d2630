import type { RawConnection, RawConnectionEvents } from "../../routes/tunnel.ts";

/** A socket whose room is set by the test. */
export class FakeConnection implements RawConnection {
  readonly remoteAddress = "192.0.2.7";
  room = Number.POSITIVE_INFINITY;
  writes = 0;
  ended = false;
  terminated = false;
  paused = false;
  events: RawConnectionEvents | null = null;
  private readonly chunks: Uint8Array[] = [];

  write(bytes: Uint8Array, offset = 0, length = bytes.length - offset): number {
    if (this.terminated) return -1;
    this.writes++;
    const taken = Math.min(length, this.room);
    this.room -= taken;
    this.chunks.push(bytes.slice(offset, offset + taken));
    return taken;
  }

  written(): Uint8Array {
    return Buffer.concat(this.chunks);
  }

  /** What was written since the last call. */
  takeWritten(): Buffer {
    return Buffer.concat(this.chunks.splice(0));
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
}
