import { put, putAll } from "../protocol/put.ts";
import type { RawConnection } from "../routes/tunnel.ts";

/** Two frames of 64 KiB with their chunk lines: a head and its first body bytes leave in one write. */
const SCRATCH_BYTES = 131_072 + 1_024;

/**
 * Bytes on their way to clients, collected over one turn: piece after piece, each of one output. All connections of an edge
 * share it, so an idle one costs no buffer. What a turn has for many clients leaves in one go at its end: the code that
 * makes answers and the kernel's that sends them do not push each other out of the caches, and a client that is woken finds
 * the next answer there.
 */
export class Scratch {
  readonly bytes = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  length = 0;
  /** Whose piece is the last one and can grow; null when there is none. */
  owner: Output | null = null;
  private readonly owners: (Output | null)[] = [];
  private readonly starts: number[] = [];
  /** What is written now leaves with the rest of its turn. */
  inTurn = false;
  /** Pieces before this one have been sent. */
  private sent = 0;
  private count = 0;
  private scheduled = false;
  private readonly flushTurn = () => {
    this.scheduled = false;
    this.flush();
  };

  /** A turn has begun: what is written in it may wait for its end. */
  startTurn(): void {
    this.inTurn = true;
  }

  endTurn(): void {
    this.inTurn = false;
    this.flush();
  }

  /** Begins a piece, with room for `size` bytes. */
  begin(owner: Output, size: number): void {
    if (this.length + size > SCRATCH_BYTES) this.flush();
    this.owner = owner;
    this.owners[this.count] = owner;
    this.starts[this.count++] = this.length;
    if (!this.inTurn && !this.scheduled) this.schedule();
  }

  /** Sends every piece. What that causes may write and flush anew: pieces leave in their order all the same. */
  flush(): void {
    while (this.sent < this.count) {
      const place = this.sent++;
      const isLast = this.sent === this.count;
      if (isLast) this.owner = null;
      const to = isLast ? this.length : this.starts[this.sent]!;
      const owner = this.owners[place]!;
      this.owners[place] = null;
      owner?.sendPiece(this.bytes, this.starts[place]!, to);
    }
    this.sent = 0;
    this.count = 0;
    this.length = 0;
  }

  /** Forgets the pieces of an output. */
  drop(output: Output): void {
    for (let i = this.sent; i < this.count; i++) if (this.owners[i] === output) this.owners[i] = null;
    if (this.owner === output) this.owner = null;
  }

  /** For what is written outside of turns: microtasks run right after the callback that it is written in. */
  private schedule(): void {
    this.scheduled = true;
    queueMicrotask(this.flushTurn);
  }
}

/** Queued bytes are kept in blocks: a thousand tiny events to a stalled reader cost their bytes, not a buffer each. */
const BLOCK_BYTES = 16_384;

interface Block {
  readonly bytes: Buffer;
  /** Bytes `[from, to)` are still to be sent. */
  from: number;
  to: number;
}

/** Who hears that bytes have left. */
export interface OutputEvents {
  /** `bytes` of what was marked as payload have been taken by the socket. */
  onWritten(bytes: number): void;
  /** The socket has taken everything. */
  onEmpty(): void;
}

/** The writing side of one client connection: scratch first, a queue only when the client is slower than we are. */
export class Output {
  /** Bytes that the socket would not take yet. */
  queuedBytes = 0;
  closed = false;
  /** Grows with each write that the socket takes something of; for the stall timer. */
  progress = 0;
  /** In the scratch, not yet sent. */
  private pieces = 0;
  private payload = 0;
  private queue: Block[] = [];
  private readonly raw: RawConnection;
  private readonly scratch: Scratch;
  private readonly events: OutputEvents;

  constructor(raw: RawConnection, scratch: Scratch, events: OutputEvents) {
    this.raw = raw;
    this.scratch = scratch;
    this.events = events;
  }

  get isEmpty(): boolean {
    return this.queuedBytes === 0 && this.pieces === 0;
  }

  /** Makes room for `size` bytes in one piece. Write them to `scratch.bytes` from the returned offset, then `commit`. */
  reserve(size: number): number {
    const { scratch } = this;
    if (scratch.owner !== this || scratch.length + size > SCRATCH_BYTES) {
      scratch.begin(this, size);
      this.pieces++;
    }
    return scratch.length;
  }

  commit(end: number): void {
    this.scratch.length = end;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length + 32 > SCRATCH_BYTES) {
      this.flush();
      this.send(bytes, 0, bytes.length);
      return;
    }
    const at = this.reserve(bytes.length);
    this.commit(putAll(this.scratch.bytes, at, bytes));
  }

  /** Body bytes as they are. A large piece goes to the socket without a copy when nothing is before it. */
  writePayload(bytes: Uint8Array, counted: boolean): void {
    if (counted) this.payload += bytes.length;
    if (bytes.length >= 16_384 && this.pieces === 0) this.send(bytes, 0, bytes.length);
    else this.write(bytes);
  }

  /** Counts `bytes`, written by `reserve` and `commit`, as payload. */
  countPayload(bytes: number): void {
    this.payload += bytes;
  }

  flush(): void {
    if (this.pieces > 0) this.scratch.flush();
  }

  /** Nothing follows for now: what was written leaves with the rest of its turn. */
  flushSoon(): void {
    if (!this.scratch.inTurn) this.flush();
  }

  /** The scratch has come to a piece of this output. */
  sendPiece(bytes: Uint8Array, from: number, to: number): void {
    this.pieces--;
    this.send(bytes, from, to);
  }

  /** To the socket at once; what it does not take is copied to the queue. */
  send(bytes: Uint8Array, from: number, to: number): void {
    if (this.closed) return;
    let at = from;
    if (this.queuedBytes === 0) {
      const taken = this.raw.write(bytes, from, to - from);
      if (taken < 0) {
        this.closed = true;
        return;
      }
      if (taken > 0) this.progress++;
      at += taken;
    }
    if (at < to) {
      this.enqueue(bytes, at, to);
    }
    this.settle(at - from);
  }

  /** The socket can take more. */
  onDrain(): void {
    if (this.closed) return;
    let sent = 0;
    while (this.queue.length > 0) {
      const block = this.queue[0];
      const left = block.to - block.from;
      const taken = this.raw.write(block.bytes, block.from, left);
      if (taken < 0) {
        this.closed = true;
        return;
      }
      sent += taken;
      this.queuedBytes -= taken;
      block.from += taken;
      if (taken < left) break;
      this.queue.shift();
    }
    if (sent > 0) this.progress++;
    this.settle(sent);
  }

  /** Forgets what was not sent, for a connection that is gone. */
  close(): void {
    this.closed = true;
    if (this.pieces > 0) this.scratch.drop(this);
    this.pieces = 0;
    this.queue = [];
    this.queuedBytes = 0;
  }

  private enqueue(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    this.queuedBytes += size;
    const last = this.queue.at(-1);
    if (last !== undefined && last.to + size <= last.bytes.length) {
      last.to = put(last.bytes, last.to, bytes, from, to);
      return;
    }
    const block = Buffer.allocUnsafeSlow(Math.max(size, BLOCK_BYTES));
    this.queue.push({ bytes: block, from: 0, to: put(block, 0, bytes, from, to) });
  }

  /** Payload and framing are not told apart: at most a few framing bytes are credited early, never more than came. */
  private settle(sent: number): void {
    const written = this.queuedBytes === 0 ? this.payload : Math.min(sent, this.payload);
    if (written > 0) {
      this.payload -= written;
      this.events.onWritten(written);
    }
    if (this.queuedBytes === 0) this.events.onEmpty();
  }
}
