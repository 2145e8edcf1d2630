import { Framing, parseResponseHead, ResponseHead } from "../../protocol/http1/index.ts";
import { latin1 } from "../bytes.ts";

/** Fields of a response: one value, or several lines of one name. Names in lower case. */
export type ResponseFields = Record<string, string | string[]>;

export interface ResponseReaderEvents {
  onInterim(status: number, fields: ResponseFields): void;
  /** @param body how it comes; `none`: the response is whole */
  onHead(status: number, fields: ResponseFields, body: "none" | "length" | "chunked"): void;
  /** Valid during the call only. @param last no more comes */
  onBody(bytes: Uint8Array, last: boolean): void;
  /** The end of a chunked body. */
  onTrailers(fields: ResponseFields): void;
}

const State = { head: 0, length: 1, size: 2, data: 3, dataEnd: 4, trailers: 5, done: 6 } as const;
const LF = 10;
/** Framing of HTTP/1.1 connections. */
const dropped = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);
const head = new ResponseHead();

/** Reads responses that our own edge wrote as HTTP/1.1: whole heads in one write, chunks as `ExchangeResponse` frames them. */
export class ResponseReader {
  private state: number = State.head;
  private left = 0;
  /** A line that has not ended. */
  private text = "";
  private readonly trailers: string[] = [];
  private readonly toHead: boolean;
  private readonly events: ResponseReaderEvents;

  constructor(toHead: boolean, events: ResponseReaderEvents) {
    this.toHead = toHead;
    this.events = events;
  }

  get isDone(): boolean {
    return this.state === State.done;
  }

  /** @throws Error when the bytes are no response: our own mistake */
  read(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to) {
      switch (this.state) {
        case State.head:
          at = this.readHead(bytes, at, to);
          break;
        case State.length:
        case State.data:
          at = this.readBody(bytes, at, to);
          break;
        case State.size:
        case State.dataEnd:
        case State.trailers:
          at = this.readLine(bytes, at, to);
          break;
        default:
          throw new Error("bytes after a response");
      }
    }
  }

  private readHead(bytes: Uint8Array, from: number, to: number): number {
    const end = parseResponseHead(head, bytes, from, to, this.toHead);
    if (end <= 0) throw new Error(`a response head of ours does not parse: ${head.fault}`);
    const fields = fieldsOf();
    const { status } = head;
    if (head.informational) {
      this.events.onInterim(status, fields);
    } else if (
      head.framing === Framing.none ||
      (head.framing === Framing.length && head.contentLength === 0)
    ) {
      this.state = State.done;
      this.events.onHead(status, fields, "none");
    } else if (head.framing === Framing.length) {
      this.state = State.length;
      this.left = head.contentLength;
      this.events.onHead(status, fields, "length");
    } else {
      this.state = State.size;
      this.events.onHead(status, fields, "chunked");
    }
    return end;
  }

  private readBody(bytes: Uint8Array, from: number, to: number): number {
    const end = Math.min(to, from + this.left);
    this.left -= end - from;
    const inChunk = this.state === State.data;
    if (this.left === 0) this.state = inChunk ? State.dataEnd : State.done;
    this.events.onBody(bytes.subarray(from, end), this.state === State.done);
    return end;
  }

  private readLine(bytes: Uint8Array, from: number, to: number): number {
    const at = bytes.indexOf(LF, from);
    if (at < 0 || at >= to) {
      this.text += latin1(bytes, from, to);
      return to;
    }
    const line = (this.text + latin1(bytes, from, at + 1)).trimEnd();
    if (this.state === State.trailers) {
      if (line !== "") {
        this.trailers.push(line);
        this.text = "";
        return at + 1;
      }
      this.state = State.done;
      this.events.onTrailers(trailersOf(this.trailers));
    } else if (this.state === State.dataEnd) {
      this.state = State.size;
    } else {
      this.left = Number.parseInt(line, 16);
      if (Number.isNaN(this.left)) throw new Error("a chunk size that is none");
      this.state = this.left === 0 ? State.trailers : State.data;
    }
    this.text = "";
    return at + 1;
  }
}

function fieldsOf(): ResponseFields {
  const { fields, bytes } = head;
  const found: ResponseFields = {};
  for (let i = 0; i < fields.count; i++) {
    const name = latin1(bytes, fields.nameStart(i), fields.nameEnd(i)).toLowerCase();
    if (!dropped.has(name)) add(found, name, latin1(bytes, fields.valueStart(i), fields.valueEnd(i)));
  }
  return found;
}

function trailersOf(lines: readonly string[]): ResponseFields {
  const found: ResponseFields = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (!dropped.has(name)) add(found, name, line.slice(colon + 1).trim());
  }
  return found;
}

function add(fields: ResponseFields, name: string, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (typeof before === "string") fields[name] = [before, value];
  else before.push(value);
}
