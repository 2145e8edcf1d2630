import type { ServerHttp2Stream } from "node:http2";
import {
  CHUNK_END,
  CHUNK_HEAD_BYTES,
  LAST_CHUNK,
  LAST_CHUNK_BEFORE_TRAILERS,
  writeChunkHead,
} from "../../protocol/http1/index.ts";
import type { RawConnection, RawConnectionEvents } from "../../routes/tunnel.ts";
import { type RequestText, trailerText } from "./request-text.ts";
import { type ResponseFields, ResponseReader, type ResponseReaderEvents } from "./response-reader.ts";

/** RFC 9113 section 7. */
export const NO_ERROR = 0;

/**
 * One HTTP/2 stream as a client connection of the edge: its request comes as HTTP/1.1 text and goes through everything
 * that any request goes through; the answer is read back and sent as frames.
 */
export class StreamConnection implements RawConnection, ResponseReaderEvents {
  readonly remoteAddress: string;
  events: RawConnectionEvents | null = null;
  private readonly stream: ServerHttp2Stream;
  private readonly reader: ResponseReader;
  /** Body bytes that the client still owes by its own word; null: it did not tell. */
  private owed: number | null;
  private blocked = false;
  private closed = false;
  private inputEnded: boolean;
  private trailers: ResponseFields = {};
  private requestTrailers = "";
  private readonly onFailed: (error: unknown) => void;

  /**
   * @param ended no body follows the head
   * @param onFailed hears of an answer that cannot be sent
   */
  constructor(
    stream: ServerHttp2Stream,
    request: Exclude<RequestText, { fault: string }>,
    ended: boolean,
    remoteAddress: string,
    onFailed: (error: unknown) => void,
  ) {
    this.stream = stream;
    this.onFailed = onFailed;
    this.remoteAddress = remoteAddress;
    this.owed = request.contentLength;
    this.inputEnded = ended;
    this.reader = new ResponseReader(request.method === "HEAD", this);
    // The library closes the stream after an error.
    stream.on("error", () => undefined);
    stream.on("close", () => this.onStreamClose());
    stream.on("drain", () => {
      this.blocked = false;
      if (!this.closed) this.events?.onDrain();
    });
    stream.on("data", (chunk: Buffer) => this.onBodyIn(chunk));
    stream.on("trailers", (_fields: unknown, _flags: unknown, raw: string[]) => {
      const text = trailerText(raw);
      if (text === null) this.cut("malformed trailers");
      else this.requestTrailers = text;
    });
    stream.on("end", () => this.onBodyEnd());
    stream.on("wantTrailers", () => stream.sendTrailers(this.trailers));
  }

  private onBodyIn(chunk: Buffer): void {
    const { length } = chunk;
    if (this.closed || length === 0) return;
    if (this.owed !== null) {
      this.owed -= length;
      if (this.owed < 0) this.cut("more body than its content-length");
      else this.events?.onData(chunk);
      return;
    }
    const framed = Buffer.allocUnsafe(length + CHUNK_HEAD_BYTES + CHUNK_END.length);
    const at = writeChunkHead(framed, 0, length);
    framed.set(chunk, at);
    framed.set(CHUNK_END, at + length);
    this.events?.onData(framed.subarray(0, at + length + CHUNK_END.length));
  }

  private onBodyEnd(): void {
    if (this.closed || this.inputEnded) return;
    this.inputEnded = true;
    if (this.owed !== null) {
      // With a length there is no place for trailers in HTTP/1.1; they may be dropped (RFC 9110 section 6.5.1).
      if (this.owed > 0) this.cut("less body than its content-length");
      return;
    }
    const end =
      this.requestTrailers === ""
        ? LAST_CHUNK
        : Buffer.concat([LAST_CHUNK_BEFORE_TRAILERS, Buffer.from(`${this.requestTrailers}\r\n`, "latin1")]);
    // A copy: body bytes are decoded where they are.
    this.events?.onData(Buffer.from(end));
  }

  write(bytes: Uint8Array, offset = 0, length = bytes.length - offset): number {
    if (this.closed) return -1;
    if (this.blocked) return 0;
    try {
      this.reader.read(bytes, offset, offset + length);
    } catch (error) {
      this.onFailed(error);
      this.cut("the answer cannot be sent");
      return -1;
    }
    return length;
  }

  pause(): void {
    this.stream.pause();
  }
  resume(): void {
    this.stream.resume();
  }

  end(): void {
    // A response that is whole has ended its stream; anything else was cut.
    if (!this.reader.isDone) this.terminate();
  }

  terminate(): void {
    if (this.closed) return;
    if (!this.reader.isDone) this.cut("the answer was cut off");
    else if (!this.inputEnded) this.stream.close(NO_ERROR);
  }

  takeOver(events: RawConnectionEvents): void {
    this.events = events;
  }

  onInterim(status: number, fields: ResponseFields): void {
    this.stream.additionalHeaders({ ...fields, ":status": status });
  }

  onHead(status: number, fields: ResponseFields, body: "none" | "length" | "chunked"): void {
    this.stream.respond({ ":status": status, ...fields }, {
      endStream: body === "none",
      waitForTrailers: body === "chunked",
      sendDate: false,
    } as object);
    if (body === "none") this.afterResponse();
  }

  onBody(bytes: Uint8Array, last: boolean): void {
    // The bytes are the edge's to reuse.
    const copy = Buffer.from(bytes);
    if (last) {
      this.stream.end(copy);
      this.afterResponse();
    } else if (!this.stream.write(copy)) {
      this.blocked = true;
    }
  }

  onTrailers(fields: ResponseFields): void {
    this.trailers = fields;
    this.stream.end();
    this.afterResponse();
  }

  /** An answer before the end of the request: the rest has no reader (RFC 9113 section 8.1). */
  private afterResponse(): void {
    if (this.inputEnded) return;
    this.stream.once("finish", () => {
      if (!this.inputEnded && !this.closed) this.stream.close(NO_ERROR);
    });
    this.stream.resume();
  }

  /** Ends the stream so that the client sees that something is missing. */
  private cut(why: string): void {
    // Not `close(code)`: on Bun that ends a stream which has begun to answer as if it were whole.
    this.stream.destroy(new Error(why));
    this.onStreamClose();
  }

  private onStreamClose(): void {
    if (this.closed) return;
    this.closed = true;
    this.events?.onClose();
    this.events = null;
  }
}
