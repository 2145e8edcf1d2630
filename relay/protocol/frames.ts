import { GoawayCode, ProtocolError } from "./codes.ts";
import { FRAME_HEADER_BYTES, MAX_HELLO_BYTES, MAX_PAYLOAD_BYTES, MAX_REASON_BYTES } from "./limits.ts";

/** Type byte of a frame, without the END bit. */
export const FrameType = {
  hello: 0x01,
  welcome: 0x02,
  ping: 0x03,
  pong: 0x04,
  goaway: 0x05,
  state: 0x06,
  open: 0x10,
  head: 0x11,
  data: 0x12,
  trailers: 0x13,
  window: 0x14,
  reset: 0x15,
  timing: 0x16,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Bit 7 of the type byte: the sender sends nothing more on this stream. */
export const END = 0x80;

interface Rule {
  min: number;
  max: number;
  /** Stream 0, or a stream. */
  link: boolean;
  end: "may" | "must" | "never";
}

const rules: (Rule | undefined)[] = [];
rules[FrameType.hello] = { min: 2, max: MAX_HELLO_BYTES, link: true, end: "never" };
rules[FrameType.welcome] = { min: 2, max: MAX_HELLO_BYTES, link: true, end: "never" };
rules[FrameType.ping] = { min: 8, max: 8, link: true, end: "never" };
rules[FrameType.pong] = { min: 8, max: 8, link: true, end: "never" };
rules[FrameType.goaway] = { min: 4, max: 4 + MAX_REASON_BYTES, link: true, end: "never" };
rules[FrameType.state] = { min: 1, max: 1 + MAX_REASON_BYTES, link: true, end: "never" };
rules[FrameType.open] = { min: 2, max: MAX_PAYLOAD_BYTES, link: false, end: "may" };
rules[FrameType.head] = { min: 1, max: MAX_PAYLOAD_BYTES, link: false, end: "may" };
rules[FrameType.data] = { min: 0, max: MAX_PAYLOAD_BYTES, link: false, end: "may" };
rules[FrameType.trailers] = { min: 0, max: MAX_PAYLOAD_BYTES, link: false, end: "must" };
rules[FrameType.window] = { min: 4, max: 4, link: false, end: "never" };
rules[FrameType.timing] = { min: 4, max: 4, link: false, end: "never" };
rules[FrameType.reset] = { min: 4, max: 4 + MAX_REASON_BYTES, link: false, end: "never" };

/** Writes the eight bytes before a payload. `type` may carry END. The caller has checked the length. */
export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  length: number,
  type: number,
  streamId: number,
): void {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  writeU32(target, at + 4, streamId);
}

export function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

export function readU32(source: Uint8Array, at: number): number {
  return ((source[at]! << 24) | (source[at + 1]! << 16) | (source[at + 2]! << 8) | source[at + 3]!) >>> 0;
}

const emptyMessage = new Uint8Array(0);

/**
 * Walks the frames of one message without copying: `next` fills the fields, `start` and `stop` are the payload's
 * bounds in the message. Everything a header can show wrong is refused before the payload is looked at.
 */
export class FrameReader {
  type = 0;
  end = false;
  streamId = 0;
  start = 0;
  stop = 0;
  private message: Uint8Array = emptyMessage;
  private at = 0;

  /** Starts on a message. It must hold whole frames only. */
  reset(message: Uint8Array): void {
    this.message = message;
    this.at = 0;
  }

  /**
   * Moves to the next frame; false at the end of the message.
   * @throws ProtocolError with the GOAWAY code the sender deserves
   */
  next(): boolean {
    const { message, at } = this;
    if (at === message.length) return false;
    if (message.length - at < FRAME_HEADER_BYTES) {
      throw new ProtocolError(GoawayCode.protocolError, "message ends inside a frame header");
    }
    const length = (message[at]! << 16) | (message[at + 1]! << 8) | message[at + 2]!;
    const typeByte = message[at + 3]!;
    const type = typeByte & 0x7f;
    const end = typeByte > 0x7f;
    const streamId = readU32(message, at + 4);
    const rule = rules[type];
    if (rule === undefined) throw new ProtocolError(GoawayCode.protocolError, `unknown frame type ${type}`);
    if (length > rule.max) {
      throw new ProtocolError(GoawayCode.frameTooLarge, `frame type ${type} of ${length} bytes`);
    }
    if (length < rule.min) throw new ProtocolError(GoawayCode.protocolError, `frame type ${type} too short`);
    if (rule.link !== (streamId === 0)) {
      throw new ProtocolError(GoawayCode.protocolError, `frame type ${type} on stream ${streamId}`);
    }
    if (end ? rule.end === "never" : rule.end === "must") {
      throw new ProtocolError(GoawayCode.protocolError, `wrong END on frame type ${type}`);
    }
    const start = at + FRAME_HEADER_BYTES;
    if (message.length - start < length) {
      throw new ProtocolError(GoawayCode.protocolError, "message ends inside a frame");
    }
    this.type = type;
    this.end = end;
    this.streamId = streamId;
    this.start = start;
    this.stop = start + length;
    this.at = this.stop;
    return true;
  }

  /** Lets go of the message, so that a quiet link pins no memory. */
  release(): void {
    this.message = emptyMessage;
    this.at = 0;
  }
}
