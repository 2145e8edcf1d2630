/** Containers in containers followed; a deeper body is not looked into. */
const MAX_DEPTH = 64;
/** Longest top-level key and model name that is kept. */
const MAX_KEPT = 256;

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

/** 1 for JSON's white space. */
const SPACE = new Uint8Array(256);
for (const byte of [9, 10, 13, 32]) SPACE[byte] = 1;

/** Values of these keys are names, not text. */
const NAMES = new Set(["model", "role", "type"]);

/** Where the value of a top-level key stands, as offsets into all bytes fed. */
export interface Span {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/** Where a scan stands between the containers and words of a JSON text. */
const At = { start: 0, inside: 1, string: 2, end: 3, fault: 4 } as const;
type At = (typeof At)[keyof typeof At];

/**
 * Walks over the JSON body of a request, in any pieces and without keeping it: how much text is in its strings, how many
 * messages it has, which model it names, and where the values of its top-level keys stand. Keeps a few bytes only.
 *
 * It checks that strings, brackets and the order of keys, colons and commas fit together; words and numbers it passes over.
 */
export class RequestScan {
  /** Bytes in string values, at any depth; neither keys, names, nor `data:` URLs. */
  textBytes = 0;
  /** Objects in arrays that are values of top-level keys: messages, tools, input items. */
  messages = 0;
  model: string | null = null;
  /** Where the object begins: offset of its brace. */
  openedAt = -1;
  readonly spans: Span[] = [];
  private at: At = At.start;
  private depth = 0;
  /** By depth: 1 for an object, 0 for an array. */
  private readonly objects = new Uint8Array(MAX_DEPTH + 1);
  private awaitsKey = false;
  /** A value has begun and no comma has come. */
  private hasValue = false;
  private isKey = false;
  private escaped = false;
  private stringLength = 0;
  private stringHead = "";
  private kept: string | null = null;
  /** The last key of the object at depth 1, and of any. */
  private key: string | null = null;
  private lastKey: string | null = null;
  private valueStart = -1;
  private valueEnd = -1;
  private offset = 0;

  /** One whole JSON object has been read, and nothing but white space around it. */
  get isWhole(): boolean {
    return this.at === At.end;
  }

  /** Takes the next bytes, `chunk[from, to)`. */
  feed(chunk: Uint8Array, from = 0, to = chunk.length): void {
    const base = this.offset - from;
    let at = from;
    while (at < to && this.at !== At.fault) {
      if (this.at === At.string) {
        at = this.string(chunk, at, to, base);
        continue;
      }
      const byte = chunk[at];
      if (SPACE[byte] === 0) this.token(byte, base + at);
      at++;
    }
    this.offset = base + to;
  }

  private token(byte: number, offset: number): void {
    if (this.at !== At.inside) {
      if (this.at === At.start && byte === OPEN_BRACE) {
        this.openedAt = offset;
        this.at = At.inside;
        this.open(1);
      } else {
        this.at = At.fault;
      }
      return;
    }
    switch (byte) {
      case QUOTE:
        this.openString(offset);
        return;
      case COLON:
        if (this.key === null && this.depth === 1) this.at = At.fault;
        this.awaitsKey = false;
        this.hasValue = false;
        return;
      case COMMA:
        this.endValue();
        this.awaitsKey = this.objects[this.depth] === 1;
        return;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (this.awaitsKey) this.at = At.fault;
        this.beginValue(offset);
        if (byte === OPEN_BRACE && this.depth === 2 && this.objects[2] === 0) this.messages++;
        this.open(byte === OPEN_BRACE ? 1 : 0);
        return;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        this.close(byte === CLOSE_BRACE ? 1 : 0, offset);
        return;
      default:
        if (this.awaitsKey) this.at = At.fault;
        this.beginValue(offset);
        this.valueEnd = offset + 1;
    }
  }

  private open(isObject: number): void {
    if (this.depth === MAX_DEPTH) {
      this.at = At.fault;
      return;
    }
    this.objects[++this.depth] = isObject;
    this.awaitsKey = isObject === 1;
    this.hasValue = false;
  }

  private close(isObject: number, offset: number): void {
    if (this.objects[this.depth] !== isObject) {
      this.at = At.fault;
      return;
    }
    this.endValue();
    this.depth--;
    this.awaitsKey = false;
    this.hasValue = true;
    if (this.depth === 1) this.valueEnd = offset + 1;
    if (this.depth === 0) this.at = At.end;
  }

  private openString(offset: number): void {
    this.isKey = this.awaitsKey;
    if (!this.isKey) this.beginValue(offset);
    this.at = At.string;
    this.stringLength = 0;
    this.stringHead = "";
    this.kept = this.isKey || (this.depth === 1 && this.key === "model") ? "" : null;
  }

  /** @returns offset after what was taken of the string in `chunk[from, to)` */
  private string(chunk: Uint8Array, from: number, to: number, base: number): number {
    let at = from;
    if (this.escaped && at < to) {
      this.escaped = false;
      at++;
    }
    // Native search from quote to quote: texts are long and quotes in them few.
    for (;;) {
      let quote = chunk.indexOf(QUOTE, at);
      if (quote < 0 || quote >= to) quote = to;
      let backslashes = 0;
      while (quote - backslashes > at && chunk[quote - backslashes - 1] === BACKSLASH) backslashes++;
      const isEscaped = backslashes % 2 === 1;
      if (quote === to) {
        this.escaped = isEscaped;
        this.keep(chunk, from, to);
        return to;
      }
      if (!isEscaped) {
        this.keep(chunk, from, quote);
        this.endString(base + quote + 1);
        return quote + 1;
      }
      at = quote + 1;
    }
  }

  private keep(chunk: Uint8Array, from: number, to: number): void {
    if (this.stringHead.length < 5) {
      for (let i = from; i < to && this.stringHead.length < 5; i++)
        this.stringHead += String.fromCharCode(chunk[i]);
    }
    this.stringLength += to - from;
    if (this.kept === null) return;
    if (this.stringLength > MAX_KEPT) {
      this.kept = null;
      return;
    }
    for (let i = from; i < to; i++) this.kept += String.fromCharCode(chunk[i]);
  }

  private endString(offset: number): void {
    this.at = At.inside;
    if (this.isKey) {
      this.awaitsKey = false;
      this.hasValue = true;
      this.lastKey = this.kept;
      if (this.depth === 1) this.key = unquoted(this.kept);
      return;
    }
    const isName = this.lastKey !== null && this.objects[this.depth] === 1 && NAMES.has(this.lastKey);
    if (this.stringHead !== "data:" && !isName) this.textBytes += this.stringLength;
    if (this.depth !== 1) return;
    this.valueEnd = offset;
    if (this.key === "model") this.model = unquoted(this.kept);
  }

  private beginValue(offset: number): void {
    if (this.depth === 1 && !this.hasValue) this.valueStart = offset;
    this.hasValue = true;
  }

  private endValue(): void {
    if (this.depth !== 1) return;
    const { key, valueStart, valueEnd } = this;
    if (key !== null && valueStart >= 0) this.spans.push({ key, start: valueStart, end: valueEnd });
    // A body with more keys than this is no request to a model.
    if (this.spans.length > MAX_KEPT) this.at = At.fault;
    this.key = null;
    this.valueStart = -1;
  }
}

/** The text of a JSON string without its quotes, read one byte per character; empty when it is none. */
function unquoted(kept: string | null): string {
  if (kept === null) return "";
  try {
    return Buffer.from(JSON.parse(`"${kept}"`) as string, "latin1").toString("utf8");
  } catch {
    return "";
  }
}
