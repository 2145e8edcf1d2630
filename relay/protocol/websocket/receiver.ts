import { CloseCode } from "../codes.ts";
import { MAX_MESSAGE_BYTES, MAX_PINGS, PING_WINDOW_MS } from "../limits.ts";
import type { WebSocketRole } from "./role.ts";
import { unmask } from "./unmask.ts";

const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Continuation frames of one message: ours are never fragmented, and 64 KiB fragments of 1 MiB are 16. */
const MAX_FRAGMENTS = 64;
/** A message in parts starts with this much memory and grows with what really comes, not with what its header says. */
const FIRST_BYTES = 70_000;
/** Largest frame header, that of a client: 2 + 8 + 4 (RFC 6455 section 5.2). */
const MAX_HEADER_BYTES = 14;
const MAX_CONTROL_BYTES = 125;
/** For headers that come in one chunk, nearly all of them: shared by all links. */
const scratchHeader = new Uint8Array(MAX_HEADER_BYTES);
const nothing = new Uint8Array(0);

/** The peer broke RFC 6455 or a limit; `code` goes into our close frame. */
export class WebSocketFault extends Error {
  readonly code: CloseCode;

  constructor(code: CloseCode, message: string) {
    super(message);
    this.name = "WebSocketFault";
    this.code = code;
  }
}

export interface WebSocketReceiverEvents {
  /** One whole binary message; the view is valid during the call only. */
  onMessage(message: Uint8Array): void;
  /** A ping to be answered with these bytes (at most 125). */
  onPing(payload: Uint8Array): void;
  /** The peer closes, with this code. */
  onCloseFrame(code: number): void;
}

/**
 * The reading half of RFC 6455 framing, without extensions: bytes of a socket in, messages out. Everything a frame
 * header can show wrong is refused when the header is read, before its payload is kept. `push` may change the bytes
 * it is given (the mask is removed in place).
 */
export class WebSocketReceiver {
  private events: WebSocketReceiverEvents;
  private now: () => number;
  /** Clients mask what they send, servers do not (RFC 6455 section 5.1). */
  private readonly masked: boolean;
  /** Where the frame header under way is gathered; its own only when a chunk has ended in the middle of one. */
  private header: Uint8Array = scratchHeader;
  private headerBytes = 0;
  /** Of the frame under way. */
  private fin = false;
  private opcode = 0;
  private mask = 0;
  private left = 0;
  private seen = 0;
  private inFrame = false;
  /** Parts of a message: fragments, or a frame that spans chunks. */
  private parts: Uint8Array | null = null;
  private partsBytes = 0;
  /** `parts` was needed since the last `trim`. */
  private partsUsed = false;
  /** A fragmented message is under way; control frames may come between. */
  private fragmented = false;
  private fragments = 0;
  private control: Uint8Array = nothing;
  /** The beginning of a control frame's payload that the last chunk ended in. */
  private controlBytes = 0;
  private pingWindowAt = 0;
  private pings = 0;
  private ended = false;

  /** @param role ours: the frames come from the other one */
  constructor(role: WebSocketRole, events: WebSocketReceiverEvents, now: () => number) {
    this.masked = role === "server";
    this.events = events;
    this.now = now;
  }

  /** Takes the next bytes of the socket. @throws WebSocketFault; the connection must be closed then */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (!this.ended) {
      if (!this.inFrame) {
        at = this.readHeader(chunk, at);
        if (!this.inFrame) return;
      }
      const length = Math.min(this.left, chunk.length - at);
      if (length === 0 && this.left > 0) return;
      const stop = at + length;
      unmask(chunk, at, stop, this.mask, this.seen);
      this.left -= length;
      this.seen += length;
      if (this.opcode >= Opcode.close) this.takeControl(chunk, at, stop);
      else this.takeData(chunk, at, stop);
      at = stop;
    }
  }

  /** The peer sends nothing more: true when that is between messages. */
  get idle(): boolean {
    return !this.inFrame && this.headerBytes === 0 && !this.fragmented;
  }

  /** Between messages, with nothing to remember: `serve` may hand it to another connection. */
  get resting(): boolean {
    return this.idle && this.parts === null && !this.ended && !this.countsPings;
  }

  /** A peer that lets go of its receiver must not get a new count of PINGs by that. */
  private get countsPings(): boolean {
    return this.pings > 0 && this.now() - this.pingWindowAt <= PING_WINDOW_MS;
  }

  /** Reads for another connection from here on. Only while `resting`. */
  serve(events: WebSocketReceiverEvents, now: () => number): void {
    this.events = events;
    this.now = now;
    this.pingWindowAt = 0;
    this.pings = 0;
    this.fragments = 0;
  }

  /** Call every second or so: a link that has gone quiet lets go of the memory of its last large message. */
  trim(): void {
    if (this.partsBytes === 0 && !this.partsUsed) this.parts = null;
    this.partsUsed = false;
  }

  /** Lets go of buffers and ignores everything from here on. */
  end(): void {
    this.ended = true;
    this.parts = null;
  }

  private takeData(chunk: Uint8Array, start: number, stop: number): void {
    const last = this.left === 0;
    if (last) this.inFrame = false;
    if (last && this.fin && this.partsBytes === 0) {
      this.fragmented = false;
      this.events.onMessage(chunk.subarray(start, stop));
      return;
    }
    this.keep(chunk, start, stop);
    if (!last) return;
    if (!this.fin) {
      this.fragmented = true;
      return;
    }
    const message = this.parts!.subarray(0, this.partsBytes);
    this.fragmented = false;
    this.partsBytes = 0;
    this.partsUsed = true;
    this.events.onMessage(message);
  }

  private keep(chunk: Uint8Array, start: number, stop: number): void {
    const needed = this.partsBytes + stop - start;
    if (this.parts === null || this.parts.length < needed) {
      const larger = new Uint8Array(
        Math.max(needed, this.parts === null ? FIRST_BYTES : 2 * this.parts.length),
      );
      if (this.parts !== null) larger.set(this.parts.subarray(0, this.partsBytes));
      this.parts = larger;
    }
    this.parts.set(chunk.subarray(start, stop), this.partsBytes);
    this.partsBytes = needed;
  }

  private takeControl(chunk: Uint8Array, start: number, stop: number): void {
    if (this.left > 0) {
      if (this.controlBytes === 0) this.control = new Uint8Array(MAX_CONTROL_BYTES);
      this.control.set(chunk.subarray(start, stop), this.controlBytes);
      this.controlBytes += stop - start;
      return;
    }
    this.inFrame = false;
    let payload = chunk.subarray(start, stop);
    if (this.controlBytes > 0) {
      this.control.set(payload, this.controlBytes);
      payload = this.control.subarray(0, this.controlBytes + payload.length);
      this.controlBytes = 0;
      this.control = nothing;
    }
    if (this.opcode === Opcode.ping) {
      this.countPing();
      this.events.onPing(payload);
    } else if (this.opcode === Opcode.close) {
      const code = closeCodeIn(payload);
      this.end();
      this.events.onCloseFrame(code);
    }
  }

  private countPing(): void {
    const now = this.now();
    if (now - this.pingWindowAt > PING_WINDOW_MS) {
      this.pingWindowAt = now;
      this.pings = 0;
    }
    if (++this.pings > MAX_PINGS) throw new WebSocketFault(CloseCode.policyViolation, "too many pings");
  }

  /** Reads a header that may lie across chunks; returns where its payload starts. */
  private readHeader(chunk: Uint8Array, start: number): number {
    const { header } = this;
    let at = start;
    while (at < chunk.length) {
      header[this.headerBytes++] = chunk[at++]!;
      const have = this.headerBytes;
      if (have < 2) continue;
      if (have === 2) this.checkStart(header[0]!, header[1]!);
      const short = header[1]! & 0x7f;
      const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
      if (lengthBytes !== 0 && have === 2 + lengthBytes) this.checkLength(lengthBytes);
      const maskAt = 2 + lengthBytes;
      if (have < (this.masked ? maskAt + 4 : maskAt)) continue;
      this.left = lengthBytes === 0 ? short : readLength(header, lengthBytes);
      if (this.masked) this.mask = readMask(header, maskAt);
      this.seen = 0;
      this.headerBytes = 0;
      this.header = scratchHeader;
      this.inFrame = true;
      return at;
    }
    if (this.headerBytes > 0 && header === scratchHeader) this.header = header.slice();
    return at;
  }

  private checkStart(first: number, second: number): void {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) throw new WebSocketFault(CloseCode.protocolError, "reserved bits set");
    if (second > 0x7f !== this.masked) {
      const fault = this.masked ? "frame without a mask" : "masked frame of a server";
      throw new WebSocketFault(CloseCode.protocolError, fault);
    }
    this.fin = (first & 0x80) !== 0;
    if (opcode >= Opcode.close) {
      if (opcode > Opcode.pong) throw new WebSocketFault(CloseCode.protocolError, `opcode ${opcode}`);
      if (!this.fin) throw new WebSocketFault(CloseCode.protocolError, "fragmented control frame");
      if ((second & 0x7f) > 125) throw new WebSocketFault(CloseCode.protocolError, "long control frame");
    } else if (opcode === Opcode.continuation) {
      if (!this.fragmented) throw new WebSocketFault(CloseCode.protocolError, "continuation of nothing");
      if (++this.fragments > MAX_FRAGMENTS) {
        throw new WebSocketFault(CloseCode.policyViolation, "too many fragments");
      }
    } else {
      if (opcode === Opcode.text) throw new WebSocketFault(CloseCode.unsupportedData, "text message");
      if (opcode !== Opcode.binary) throw new WebSocketFault(CloseCode.protocolError, `opcode ${opcode}`);
      if (this.fragmented) throw new WebSocketFault(CloseCode.protocolError, "message inside a message");
      this.fragments = 0;
    }
    this.opcode = opcode;
    const short = second & 0x7f;
    if (short < 126 && opcode < Opcode.close) this.checkMessage(short);
  }

  private checkLength(lengthBytes: 2 | 8): void {
    const length = readLength(this.header, lengthBytes);
    if (length < (lengthBytes === 2 ? 126 : 65_536)) {
      throw new WebSocketFault(CloseCode.protocolError, "length not in its shortest form");
    }
    this.checkMessage(length);
  }

  private checkMessage(length: number): void {
    if (this.partsBytes + length > MAX_MESSAGE_BYTES) {
      throw new WebSocketFault(CloseCode.messageTooBig, `message over ${MAX_MESSAGE_BYTES} bytes`);
    }
  }
}

/** A length that does not fit 32 bits comes out as Infinity: it is over every limit. */
function readLength(header: Uint8Array, lengthBytes: number): number {
  if (lengthBytes === 2) return (header[2]! << 8) | header[3]!;
  if ((header[2]! | header[3]! | header[4]! | header[5]!) !== 0) return Number.POSITIVE_INFINITY;
  return ((header[6]! << 24) | (header[7]! << 16) | (header[8]! << 8) | header[9]!) >>> 0;
}

function readMask(header: Uint8Array, at: number): number {
  return (header[at]! << 24) | (header[at + 1]! << 16) | (header[at + 2]! << 8) | header[at + 3]!;
}

/** The code of a close frame; 1005 when it has none. @throws WebSocketFault for a malformed one (RFC 6455 section 5.5.1) */
function closeCodeIn(payload: Uint8Array): number {
  if (payload.length === 0) return 1005;
  if (payload.length === 1) throw new WebSocketFault(CloseCode.protocolError, "close frame of one byte");
  const code = (payload[0]! << 8) | payload[1]!;
  const known =
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
    (code >= 3000 && code < 5000);
  if (!known) throw new WebSocketFault(CloseCode.protocolError, `close code ${code}`);
  return code;
}
