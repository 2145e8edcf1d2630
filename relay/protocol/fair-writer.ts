import { Batch } from "./batch.ts";
import { FrameType, writeFrameHeader } from "./frames.ts";
import {
  BATCH_BYTES,
  BATCH_HEADROOM,
  FRAME_HEADER_BYTES,
  HIGH_WATER_BYTES,
  MAX_UNSENT_BYTES,
  MESSAGES_PER_TICK,
  QUANTUM_BYTES,
} from "./limits.ts";
import { put } from "./put.ts";
import type { SessionTransport } from "./session-options.ts";
import type { SessionStream } from "./session-stream.ts";

/** What stands before the payload of a frame that is a message of its own. */
const OWN_HEADROOM = BATCH_HEADROOM + FRAME_HEADER_BYTES;
/** A shorter payload costs less to copy than a message of its own does. */
const OWN_MESSAGE_BYTES = 16_384;

/** Whose frames a writer sends: its session. */
export interface WriterOwner {
  readonly transport: SessionTransport;
  readonly schedule: (task: () => void) => void;
  /** The transport is full: `drained` must be called when its buffer has shrunk. */
  onBlocked(): void;
  /** The peer has stopped reading while we go on answering it. The writer is closed. */
  onOverflow(): void;
  /** A handler threw during its turn. */
  onFault(error: unknown): void;
  /** A turn is over and nothing is left to write: the writer can be given back. */
  onQuiet(): void;
}

/**
 * The sending half of a session: gathers the frames of a tick into one message, takes heads, credits and resets at
 * once, and lets streams with DATA write in turns, as long as the transport keeps up; those that did not use up their last
 * turn come first, so that a small answer does not wait for every bulk stream's turn. It holds no DATA beyond the batch of
 * the tick: a stream that cannot write keeps its bytes and is asked again.
 */
export class FairWriter {
  closed = false;
  /** The transport holds more than HIGH_WATER_BYTES: no DATA until `drained`. */
  blocked = false;
  private owner: WriterOwner;
  private readonly batch = new Batch();
  private readonly runFlush = () => this.flush();
  /** Streams that want to write, oldest first: bulky ones, and those that go before them. */
  private bulk: SessionStream[] = [];
  private light: SessionStream[] = [];
  private scheduled = false;
  /** A queued stream has its turn: what it may still write in it; -1 outside of turns. */
  private turnBytes = -1;
  private messagesLeft = MESSAGES_PER_TICK;

  constructor(owner: WriterOwner) {
    this.owner = owner;
  }

  /** Writes for another session from here on. Only between `onQuiet` and the next frame. */
  serve(owner: WriterOwner): void {
    this.owner = owner;
  }

  /**
   * Room for one frame, which leaves at the end of the tick, or earlier when the batch is full. Returns where its payload
   * goes in `bytes`; the caller writes `length` bytes there at once.
   */
  begin(type: number, streamId: number, length: number): number {
    if (!this.batch.fits(length)) this.send();
    if (!this.scheduled) this.schedule();
    return this.batch.begin(type, streamId, length);
  }

  /** The buffer that `begin` gave a place in. */
  get bytes(): Uint8Array {
    return this.batch.bytes!;
  }

  /** Puts END on the last frame when it is of this stream and may carry it. */
  endTail(streamId: number): boolean {
    return this.batch.endTail(streamId);
  }

  /**
   * Takes up to `allowed` bytes of DATA, from `from` on, and says how many: fewer when the link is full or others wait. They are
   * copied, without a view of them, or sent from where they stand.
   * @param spare so many bytes before `from`, and then those that were taken, may be overwritten; -1: none of them
   */
  appendData(streamId: number, source: Uint8Array, from: number, allowed: number, spare: number): number {
    const { batch } = this;
    let quantum = allowed;
    if (this.turnBytes >= 0) quantum = Math.min(allowed, this.turnBytes);
    else if (this.hasQueue) quantum = Math.min(allowed, QUANTUM_BYTES);
    let taken = 0;
    while (taken < quantum && !this.blocked && !this.closed) {
      const { room } = batch;
      // A sliver of a frame costs as much as a whole one.
      if (room < 1_024 && room < quantum - taken) {
        if (this.messagesLeft <= 0) break;
        this.send();
        continue;
      }
      const length = Math.min(room, quantum - taken);
      if (length >= OWN_MESSAGE_BYTES && batch.empty && spare >= 0 && spare + taken >= OWN_HEADROOM) {
        this.sendInPlace(streamId, source, from + taken, length);
        taken += length;
        if (this.messagesLeft <= 0) break;
        continue;
      }
      const at = this.begin(FrameType.data, streamId, length);
      put(this.bytes, at, source, from + taken, from + taken + length);
      taken += length;
    }
    if (this.turnBytes >= 0) this.turnBytes -= taken;
    return taken;
  }

  /** Puts a stream at the end of those that want to write. */
  enqueue(stream: SessionStream): void {
    if (stream.waiting) return;
    stream.waiting = true;
    (stream.bulky ? this.bulk : this.light).push(stream);
    if (!this.blocked) this.schedule();
  }

  /** The transport's buffer has shrunk, perhaps to nothing. */
  drained(): void {
    if (!this.blocked || this.closed) return;
    if (this.owner.transport.bufferedBytes() > HIGH_WATER_BYTES) {
      this.owner.onBlocked();
      return;
    }
    this.blocked = false;
    if (this.hasQueue) this.schedule();
  }

  /** Sends what is gathered, now. */
  send(): void {
    const { batch } = this;
    if (batch.empty || this.closed) return;
    this.transmit(batch.bytes!, batch.used);
    batch.release();
    this.look();
  }

  /** Sends `chunk[from, from + length)` as a message with one frame, whose header goes into the bytes before it. */
  private sendInPlace(streamId: number, chunk: Uint8Array, from: number, length: number): void {
    const start = chunk.byteOffset + from - OWN_HEADROOM;
    const message = new Uint8Array(chunk.buffer, start, OWN_HEADROOM + length);
    writeFrameHeader(message, BATCH_HEADROOM, length, FrameType.data, streamId);
    this.transmit(message, message.length);
    this.look();
  }

  private transmit(message: Uint8Array, end: number): void {
    this.messagesLeft--;
    this.owner.transport.send(message, BATCH_HEADROOM, end);
  }

  /** Sees how much the transport holds. */
  private look(): void {
    const { owner } = this;
    const buffered = owner.transport.bufferedBytes();
    if (buffered <= HIGH_WATER_BYTES) {
      this.blocked = false;
    } else if (buffered > MAX_UNSENT_BYTES) {
      owner.onOverflow();
    } else if (!this.blocked) {
      this.blocked = true;
      owner.onBlocked();
    }
  }

  /** Sends nothing more. */
  close(): void {
    this.closed = true;
    this.batch.release();
    this.bulk = [];
    this.light = [];
  }

  private get hasQueue(): boolean {
    return this.light.length > 0 || this.bulk.length > 0;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.owner.schedule(this.runFlush);
  }

  private flush(): void {
    this.messagesLeft = MESSAGES_PER_TICK;
    try {
      if (this.hasQueue && !this.closed) this.pull();
    } catch (error) {
      this.owner.onFault(error);
    }
    this.send();
    this.messagesLeft = MESSAGES_PER_TICK;
    this.scheduled = false;
    if (this.closed) return;
    if (!this.batch.empty || (this.hasQueue && !this.blocked)) this.schedule();
    else if (!this.hasQueue && !this.blocked) this.owner.onQuiet();
  }

  /** One turn for each stream that waits; those that want more queue again behind the others. */
  private pull(): void {
    const turns = this.light.length === 0 ? this.bulk : this.light.concat(this.bulk);
    this.light = [];
    this.bulk = [];
    for (let i = 0; i < turns.length; i++) {
      const stream = turns[i]!;
      if (this.blocked || this.messagesLeft <= 0) {
        this.requeue(turns, i);
        break;
      }
      stream.waiting = false;
      if (stream.closed || stream.localEnded) continue;
      this.turnBytes = turns.length > 1 ? QUANTUM_BYTES : BATCH_BYTES * MESSAGES_PER_TICK;
      try {
        stream.events?.onWritable();
        // One that lacks credit goes on being what it was.
        if (!stream.starved) stream.bulky = this.turnBytes <= 0;
        if (stream.waiting && stream.bulky) this.moveToBulk(stream);
      } finally {
        this.turnBytes = -1;
      }
      if (this.closed) return;
    }
  }

  /** It queued itself again in its turn, before anybody knew that it would use it up. */
  private moveToBulk(stream: SessionStream): void {
    if (this.light.at(-1) !== stream) return;
    this.light.pop();
    this.bulk.push(stream);
  }

  /** Puts back those that had no turn, before those that queued since. */
  private requeue(turns: readonly SessionStream[], from: number): void {
    const isBulky = (stream: SessionStream) => stream.bulky;
    const left = turns.slice(from);
    this.light = left.filter((stream) => !isBulky(stream)).concat(this.light);
    this.bulk = left.filter(isBulky).concat(this.bulk);
  }
}

/** Writers kept for the next session that has something to say: a tick of PINGs to many links needs no more. */
const KEPT_WRITERS = 256;
const spare: FairWriter[] = [];

/** A writer without a history, until `giveBackWriter`. */
export function borrowWriter(owner: WriterOwner): FairWriter {
  const writer = spare.pop();
  if (writer === undefined) return new FairWriter(owner);
  writer.serve(owner);
  return writer;
}

/** Takes back a writer that is quiet: it holds no frame, queue or turn. */
export function giveBackWriter(writer: FairWriter): void {
  writer.serve(nobody);
  if (spare.length < KEPT_WRITERS) spare.push(writer);
}

const unowned = () => {
  throw new Error("a writer that was given back is used");
};
const nobody: WriterOwner = {
  transport: { send: unowned, bufferedBytes: () => 0, close: unowned },
  schedule: unowned,
  onBlocked: unowned,
  onOverflow: unowned,
  onFault: unowned,
  onQuiet: unowned,
};
