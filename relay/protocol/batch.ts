import { END, FrameType, readU32, writeFrameHeader } from "./frames.ts";
import { BATCH_BYTES, BATCH_HEADROOM, FRAME_HEADER_BYTES, MAX_PAYLOAD_BYTES } from "./limits.ts";

/** A control frame of the largest size fits behind a batch that is already full. */
const CAPACITY = BATCH_HEADROOM + BATCH_BYTES + FRAME_HEADER_BYTES + MAX_PAYLOAD_BYTES;
/** Buffers kept for the next tick. Links share them: 128 KiB for each of 10,000 idle links would be 1.3 GB. */
const KEPT_BUFFERS = 16;
const free: Uint8Array[] = [];

/** Frames of one tick in one buffer: they leave as one message. Holds a buffer only while it has frames. */
export class Batch {
  bytes: Uint8Array | null = null;
  /** End of the frames; the first starts at BATCH_HEADROOM. */
  used = BATCH_HEADROOM;
  /** Header of the last frame, so that END can still be put on it. */
  private tail = 0;

  get empty(): boolean {
    return this.used === BATCH_HEADROOM;
  }

  /** Payload bytes of one more DATA frame before the batch has its size; may be negative. */
  get room(): number {
    return BATCH_HEADROOM + BATCH_BYTES - FRAME_HEADER_BYTES - this.used;
  }

  /** Whether a frame with this payload still fits the buffer. */
  fits(length: number): boolean {
    return this.used + FRAME_HEADER_BYTES + length <= CAPACITY;
  }

  /** Appends a header and returns where its payload goes; the caller writes `length` bytes there. */
  begin(type: number, streamId: number, length: number): number {
    this.bytes ??= free.pop() ?? new Uint8Array(CAPACITY);
    const at = this.used;
    writeFrameHeader(this.bytes, at, length, type, streamId);
    this.tail = at;
    this.used = at + FRAME_HEADER_BYTES + length;
    return at + FRAME_HEADER_BYTES;
  }

  /** Puts END on the last frame when it is of this stream and may carry it: saves a frame per message body. */
  endTail(streamId: number): boolean {
    const { bytes, tail } = this;
    if (bytes === null || this.empty || readU32(bytes, tail + 4) !== streamId) return false;
    const type = bytes[tail + 3]!;
    if (type !== FrameType.data && type !== FrameType.head && type !== FrameType.open) return false;
    bytes[tail + 3] = type | END;
    return true;
  }

  /** Empties the batch and gives its buffer to the next one. */
  release(): void {
    if (this.bytes !== null && free.length < KEPT_BUFFERS) free.push(this.bytes);
    this.bytes = null;
    this.used = BATCH_HEADROOM;
  }
}
