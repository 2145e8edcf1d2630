import { CR, HEX, LF, VALUE } from "./characters.ts";
import { isRefusedInTrailers } from "./field-kinds.ts";
import { FieldTable, parseFields } from "./fields.ts";
import { MAX_CHUNK_LINE_BYTES, MAX_EXTENSION_BYTES, MAX_TRAILER_BYTES } from "./limits.ts";

/** What `decode` found. */
export const Chunked = {
  /** All bytes given are used, or as many chunks as were asked for; more must come. */
  more: 0,
  /** The body and its trailers have ended; `position` is the first byte after it. */
  done: 1,
  /** Not a valid chunked body; `fault` says why. Nothing more of this connection can be trusted. */
  malformed: -1,
} as const;
export type Chunked = (typeof Chunked)[keyof typeof Chunked];

const Step = {
  size: 0,
  extension: 1,
  sizeLf: 2,
  data: 3,
  dataCr: 4,
  dataLf: 5,
  trailers: 6,
  done: 7,
} as const;

const SEMICOLON = 59;
const NO_TRAILERS = new Uint8Array(0);
const table = new FieldTable();

/**
 * Incremental decoder of one chunked body after another (RFC 9112 section 7.1). Sizes are plain hex digits, every line
 * ends in CRLF, extensions are bounded and dropped. Call `reset` before each body.
 */
export class ChunkedDecoder {
  /** After `decode`: first byte not used. */
  position = 0;
  /** After `decode`: the data found is `bytes[from, dataEnd)`. */
  dataEnd = 0;
  /** After `done`: field lines of the trailer section, each with its CRLF, without the empty line; often empty. */
  trailers: Uint8Array = NO_TRAILERS;
  fault = "";
  private step: number = Step.size;
  private size = 0;
  private digits = 0;
  private lineBytes = 0;
  private extensionBytes = 0;

  reset(): void {
    this.trailers = NO_TRAILERS;
    this.fault = "";
    this.step = Step.size;
    this.size = 0;
    this.digits = 0;
    this.lineBytes = 0;
    this.extensionBytes = 0;
  }

  /**
   * Decodes in place: data of all chunks in the given bytes is moved together to `bytes[from, dataEnd)`, so that a
   * hundred thousand tiny chunks become one piece. The bytes given are overwritten by it.
   * @param maxChunks stops before one more begins; the rest of the bytes is to be given again
   */
  decode(bytes: Uint8Array, from: number, to: number, maxChunks = Number.POSITIVE_INFINITY): Chunked {
    let at = from;
    let out = from;
    let result: Chunked = Chunked.more;
    let chunks = 0;
    while (at < to) {
      if (this.step === Step.data) {
        const length = Math.min(this.size, to - at);
        if (out !== at) move(bytes, out, at, length);
        out += length;
        at += length;
        this.size -= length;
        if (this.size === 0) {
          this.step = Step.dataCr;
          chunks++;
        }
        continue;
      }
      if (chunks >= maxChunks && this.step === Step.size) break;
      if (this.step === Step.trailers) {
        at = this.readTrailers(bytes, at, to);
        if (this.fault !== "") result = Chunked.malformed;
        else if (this.step === (Step.done as number)) result = Chunked.done;
        break;
      }
      if (!this.readByte(bytes[at])) {
        result = Chunked.malformed;
        break;
      }
      at++;
    }
    this.position = at;
    this.dataEnd = out;
    return result;
  }

  /** One byte outside of chunk data. @returns false when it may not stand there */
  private readByte(byte: number): boolean {
    switch (this.step) {
      case Step.size: {
        const digit = HEX[byte];
        if (digit !== 255) {
          this.size = this.size * 16 + digit;
          return ++this.digits <= 13 || this.refuse("chunk size too long");
        }
        if (this.digits === 0) return this.refuse("malformed chunk size");
        if (byte === CR) this.step = Step.sizeLf;
        else if (byte === SEMICOLON) this.step = Step.extension;
        else return this.refuse("malformed chunk size");
        return true;
      }
      case Step.extension:
        if (byte === CR) this.step = Step.sizeLf;
        else if (VALUE[byte] === 0) return this.refuse("malformed chunk extension");
        else if (++this.lineBytes > MAX_CHUNK_LINE_BYTES || ++this.extensionBytes > MAX_EXTENSION_BYTES) {
          return this.refuse("chunk extensions too long");
        }
        return true;
      case Step.sizeLf:
        if (byte !== LF) return this.refuse("chunk size line without CRLF");
        this.step = this.size === 0 ? Step.trailers : Step.data;
        this.digits = 0;
        this.lineBytes = 0;
        return true;
      case Step.dataCr:
        if (byte !== CR) return this.refuse("chunk longer than its size");
        this.step = Step.dataLf;
        return true;
      case Step.dataLf:
        if (byte !== LF) return this.refuse("chunk without CRLF at its end");
        this.step = Step.size;
        return true;
      default:
        return this.refuse("bytes after the last chunk");
    }
  }

  /** Collects the trailer section, which nearly always is one empty line. */
  private readTrailers(bytes: Uint8Array, from: number, to: number): number {
    if (this.trailers.length === 0 && to - from >= 2 && bytes[from] === CR && bytes[from + 1] === LF) {
      this.step = Step.done;
      return from + 2;
    }
    const before = this.trailers.length;
    const room = Math.min(to - from, MAX_TRAILER_BYTES + 1 - before);
    const kept = new Uint8Array(before + room);
    kept.set(this.trailers);
    kept.set(bytes.subarray(from, from + room), before);
    this.trailers = kept;
    const end = endOfTrailers(kept, before);
    if (end < 0 && kept.length > MAX_TRAILER_BYTES) this.refuse("trailers too large");
    if (end < 0) return from + room;
    const parsed = parseFields(table, kept, 0, end);
    if (parsed !== end) this.refuse("malformed trailers");
    for (let i = 0; i < table.count; i++) {
      if (isRefusedInTrailers(table.kind(i))) this.refuse("a trailer that frames or routes the message");
    }
    this.trailers = kept.subarray(0, end - 2);
    this.step = Step.done;
    return from + (end - before);
  }

  private refuse(why: string): false {
    this.fault = why;
    return false;
  }
}

/** Moves bytes towards the start. A call into the engine costs more than a few bytes do. */
function move(bytes: Uint8Array, to: number, from: number, length: number): void {
  if (length > 16) bytes.copyWithin(to, from, from + length);
  else for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i];
}

/** Offset after the empty line that ends a trailer section, -1 while it has not come. */
function endOfTrailers(bytes: Uint8Array, scanned: number): number {
  for (let at = Math.max(1, scanned); at < bytes.length; at++) {
    if (bytes[at] !== LF || bytes[at - 1] !== CR) continue;
    if (at === 1 || bytes[at - 2] === LF) return at + 1;
  }
  return -1;
}
