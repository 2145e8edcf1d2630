import { MAX_HEAD_BYTES } from "../../protocol/http1/index.ts";
import { PREFACE } from "./first-bytes.ts";

/** Why a connection is closed. */
export type H2Abuse = "resets" | "control" | "headers" | "frameSize";

const FRAME_HEAD_BYTES = 9;
/** SETTINGS_MAX_FRAME_SIZE stays at its first value (RFC 9113 section 6.5.2). */
const MAX_FRAME_BYTES = 16_384;
/** A block of the largest head fits into three frames; more are made to keep us busy. */
const MAX_CONTINUATIONS = 8;
/** Cancelled streams: this many at once, and so many more per second. A browser that is scrolled cancels a few dozen. */
const RESETS = { burst: 200, perSecond: 20 };
/** SETTINGS, PING, PRIORITY, empty DATA and unknown frames: each is work, none is a request. */
const CONTROL = { burst: 1_000, perSecond: 200 };
/** WINDOW_UPDATE frames that we do not mind, before one per so many bytes sent. */
const WINDOW = { burst: 1_000, bytesEach: 512 };

const Type = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, window: 8, continuation: 9 };
const END_STREAM = 1;
const END_HEADERS = 4;

/**
 * Looks at the heads of the frames that a client sends, before the HTTP/2 library reads them: it answers each and every
 * frame, and has no measure for those that only cost. A dozen numbers per connection, a few comparisons per frame.
 */
export class FrameWatch {
  /** A header block has begun and not ended. */
  inHeaders = false;
  private readonly head = new Uint8Array(FRAME_HEAD_BYTES);
  private headLength = 0;
  private skip = PREFACE.length;
  private blockBytes = 0;
  private continuations = 0;
  private readonly resets = { left: RESETS.burst, at: 0 };
  private readonly control = { left: CONTROL.burst, at: 0 };
  private windows = 0;

  /**
   * @param chunk as it came; the first begins with the preface
   * @param now milliseconds
   * @param bytesOut that were sent on the connection so far
   */
  look(chunk: Uint8Array, now: number, bytesOut: number): H2Abuse | null {
    let at = 0;
    while (at < chunk.length) {
      if (this.skip > 0) {
        const step = Math.min(this.skip, chunk.length - at);
        this.skip -= step;
        at += step;
        continue;
      }
      this.head[this.headLength++] = chunk[at++];
      if (this.headLength < FRAME_HEAD_BYTES) continue;
      this.headLength = 0;
      const { head } = this;
      const length = (head[0] << 16) | (head[1] << 8) | head[2];
      if (length > MAX_FRAME_BYTES) return "frameSize";
      this.skip = length;
      const abuse = this.frame(head[3], head[4], length, now, bytesOut);
      if (abuse !== null) return abuse;
    }
    return null;
  }

  private frame(type: number, flags: number, length: number, now: number, bytesOut: number): H2Abuse | null {
    switch (type) {
      case Type.data:
        return length > 0 || (flags & END_STREAM) !== 0 || take(this.control, CONTROL, now)
          ? null
          : "control";
      case Type.headers:
        this.blockBytes = length;
        this.continuations = 0;
        this.inHeaders = (flags & END_HEADERS) === 0;
        return null;
      case Type.continuation:
        this.blockBytes += length;
        this.inHeaders = (flags & END_HEADERS) === 0;
        return ++this.continuations > MAX_CONTINUATIONS || this.blockBytes > MAX_HEAD_BYTES
          ? "headers"
          : null;
      case Type.reset:
        return take(this.resets, RESETS, now) ? null : "resets";
      case Type.window:
        return ++this.windows > WINDOW.burst + bytesOut / WINDOW.bytesEach ? "control" : null;
      default:
        return take(this.control, CONTROL, now) ? null : "control";
    }
  }
}

function take(
  bucket: { left: number; at: number },
  rate: { burst: number; perSecond: number },
  now: number,
): boolean {
  bucket.left = Math.min(rate.burst, bucket.left + ((now - bucket.at) / 1_000) * rate.perSecond);
  bucket.at = now;
  return --bucket.left >= 0;
}
