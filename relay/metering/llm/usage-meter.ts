import type { ApiKind, TokenUsage } from "../token-usage.ts";
import { AnthropicReader } from "./anthropic.ts";
import { type BodyFormat, bodyFormatOf } from "./body-format.ts";
import { AnthropicUsage, claimOfChat, claimOfResponses } from "./claim.ts";
import { type Coding, codingOf, decode, MAX_ENCODED_BYTES } from "./decode.ts";
import { EventEdge } from "./event-edge.ts";
import { finalEvent } from "./final-event.ts";
import {
  type Fragment,
  type Framer,
  type FramerEvents,
  JsonFramer,
  LineFramer,
  SseFramer,
} from "./framers.ts";
import { OllamaReader } from "./ollama.ts";
import { OpenAiReader } from "./openai-chat.ts";
import { ResponsesReader } from "./openai-responses.ts";
import type { AnswerReader } from "./reader.ts";
import { RequestScan } from "./request-scan.ts";
import { Tally } from "./tally.ts";
import type { JsonObject } from "./token-count.ts";

/** What ended an answer: its own end, the client, the upstream or its link, or we because a budget is used up. */
export type AnswerEnd = "complete" | "client_aborted" | "upstream_lost" | "stopped";

export interface UsageMeterOptions {
  readonly kind: ApiKind;
  /** Live counts: input and output since the last call; below zero when an estimate was corrected downwards. */
  onTokens?(delta: number): void;
  /** An event, a line or a body could not be read. Forwarding is not concerned. */
  onUnreadable?(): void;
}

/** First bytes of a body: enough to know a compression by its magic number. */
const SNIFF_BYTES = 4;

/**
 * Counts the tokens of one exchange from copies of what passes. Call `request` with the request's body, `head` once,
 * `body` for each piece as it was delivered, `end` once, in that order; views are not kept. Nothing here does I/O or
 * throws: what cannot be read is reported by `onUnreadable`, and estimated.
 *
 * Memory: 8 MiB of a JSON or compressed answer at most, 1 MiB of one event or line; see tally.ts for what counts.
 */
export class UsageMeter implements FramerEvents {
  /** Events, lines or bodies that could not be read. */
  unreadable = 0;
  readonly kind: ApiKind;
  private readonly options: UsageMeterOptions;
  private readonly tally: Tally;
  private readonly reader: AnswerReader;
  /** Of the request's body, as far as it was shown. */
  readonly requestScan = new RequestScan();
  private httpStatus = 0;
  private contentType = "";
  private contentEncoding = "";
  private format: BodyFormat | null = null;
  private framer: Framer | null = null;
  private readonly edge = new EventEdge();
  /** Null while the first bytes are awaited; then what the body is compressed with. */
  private coding: Coding | "unknown" | "plain" | null = null;
  /** Bytes that wait: the first few, or a compressed body. */
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private reported = 0;
  private final: TokenUsage | null = null;
  private readonly settled = { input: 0, output: 0 };

  constructor(options: UsageMeterOptions) {
    this.options = options;
    this.kind = options.kind;
    this.tally = new Tally(options.kind);
    this.reader = readerOf(options.kind, this.tally);
  }

  /** Takes bytes of the request's body, for the estimate of its input and the model's name. */
  request(bytes: Uint8Array, from = 0, to = bytes.length): void {
    this.guard(() => this.requestScan.feed(bytes, from, to));
  }

  /** Takes status and the two fields of the response's final head; empty when they are missing. */
  head(status: number, contentType: string, contentEncoding: string): void {
    this.httpStatus = status;
    this.contentType = contentType;
    this.contentEncoding = contentEncoding;
    this.tally.input = this.requestScan;
  }

  /** Takes a piece of the response's body. */
  body(bytes: Uint8Array): void {
    if (this.final !== null || bytes.length === 0) return;
    this.guard(() => this.take(bytes));
    this.report();
  }

  /** Settles. Idempotent: the first end counts. */
  end(how: AnswerEnd): TokenUsage {
    if (this.final !== null) return this.final;
    const whole = how === "complete";
    this.guard(() => this.finishBody(whole));
    const usage = this.tally.usage({ whole, httpStatus: this.httpStatus });
    // What was settled while it ran is not taken back.
    this.final = atLeast(usage, this.settled);
    this.report();
    return this.final;
  }

  /** The sums as they stand: after `end` the final ones, before it what an abort now would come to. */
  snapshot(): TokenUsage {
    return this.final ?? this.tally.usage({ whole: false, httpStatus: this.httpStatus });
  }

  /**
   * For a stream that is settled while it runs: all that is certain so far. Only counts by the upstream and a low estimate
   * are, so that a later correction does not fall below them; `end` gives no less. Shares (cached, reasoning) come at the end.
   */
  soFar(): TokenUsage {
    const { tally, settled } = this;
    settled.input = Math.max(settled.input, tally.leastInput());
    settled.output = Math.max(settled.output, tally.leastOutput());
    return {
      ...this.snapshot(),
      inputTokens: settled.input,
      outputTokens: settled.output,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
    };
  }

  /** What was delivered ends with a whole event or line: a final event can follow. */
  get atEventEnd(): boolean {
    return this.isStream && this.edge.atEnd;
  }

  /** Offset in bytes that come next after which a final event can follow; -1 when there is none in them. */
  eventEndIn(bytes: Uint8Array): number {
    return this.isStream ? this.edge.find(bytes) : -1;
  }

  /** The bytes that end the stream well; null when it is none, or none that can be added to: it has to be cut. */
  finalEvent(asksUsage: boolean, now: Date): Buffer | null {
    const { format, kind, reader } = this;
    if (!this.isStream || (format !== "sse" && format !== "lines")) return null;
    const { inputTokens, outputTokens } = this.snapshot();
    const counts = { inputTokens, outputTokens };
    return finalEvent({ kind, format, marks: reader.marks, counts, asksUsage, now });
  }

  private get isStream(): boolean {
    return this.coding === "plain" && (this.format === "sse" || this.format === "lines");
  }

  onObject(object: JsonObject, streamed: boolean): void {
    this.reader.read(object, streamed);
  }

  onDone(): void {
    this.tally.ended = true;
  }

  onFragment({ model, said, usage }: Fragment): void {
    const { tally, kind } = this;
    if (this.httpStatus >= 400) return;
    tally.recognised = true;
    tally.model(model);
    for (const text of said) tally.text(text);
    if (usage === null) return;
    if (kind === "anthropic_messages") {
      const stated = new AnthropicUsage();
      stated.add(usage, false);
      tally.claim(stated.claim());
    } else if (kind === "openai_responses") {
      tally.claim(claimOfResponses(usage));
    } else {
      tally.claim(claimOfChat(usage));
    }
  }

  onUnreadable(): void {
    this.unreadable++;
    this.options.onUnreadable?.();
  }

  private take(bytes: Uint8Array): void {
    if (this.coding === null) {
      const isEnough = this.waitingBytes + bytes.length >= SNIFF_BYTES;
      if (!isEnough) this.wait(bytes);
      else this.chooseCoding(this.waitingBytes === 0 ? bytes : Buffer.concat([...this.waiting, bytes]));
    } else if (this.coding === "plain") {
      this.decoded(bytes);
    } else if (this.coding !== "unknown") {
      this.wait(bytes);
    }
  }

  private wait(bytes: Uint8Array): void {
    if (this.waitingBytes + bytes.length > MAX_ENCODED_BYTES) {
      this.coding = "unknown";
      this.waiting = [];
      this.onUnreadable();
      return;
    }
    this.waiting.push(Uint8Array.prototype.slice.call(bytes));
    this.waitingBytes += bytes.length;
  }

  private chooseCoding(bytes: Uint8Array): void {
    this.coding = codingOf(this.contentEncoding, bytes) ?? "plain";
    this.waiting = [];
    this.waitingBytes = 0;
    if (this.coding === "plain") this.decoded(bytes);
    else this.wait(bytes);
  }

  private decoded(bytes: Uint8Array): void {
    this.tally.bodyBytes += bytes.length;
    if (this.format === null) {
      this.format = bodyFormatOf(this.kind, this.contentType, bytes);
      if (this.format === null) return;
      this.framer = framerOf(this.format, this.kind, this);
      this.edge.lines = this.format === "lines";
    }
    this.framer?.feed(bytes);
    this.edge.feed(bytes);
  }

  private finishBody(whole: boolean): void {
    if (this.coding === null && this.waitingBytes > 0) this.chooseCoding(Buffer.concat(this.waiting));
    if (this.coding !== null && this.coding !== "plain" && this.coding !== "unknown") {
      const bytes = decode(this.coding, Buffer.concat(this.waiting));
      this.waiting = [];
      this.decoded(bytes);
    }
    this.framer?.end(whole);
  }

  private report(): void {
    const { onTokens } = this.options;
    if (onTokens === undefined) return;
    const now =
      this.final === null
        ? this.tally.liveTotal(this.httpStatus)
        : this.final.inputTokens + this.final.outputTokens;
    if (now === this.reported) return;
    const delta = now - this.reported;
    this.reported = now;
    onTokens(delta);
  }

  /** The path must not fail because something in a body is odd: it is counted, and estimated from then on. */
  private guard(work: () => void): void {
    try {
      work();
    } catch {
      this.onUnreadable();
    }
  }
}

function readerOf(kind: ApiKind, tally: Tally): AnswerReader {
  switch (kind) {
    case "openai_chat":
    case "openai_completions":
    case "openai_embeddings":
      return new OpenAiReader(tally);
    case "openai_responses":
      return new ResponsesReader(tally);
    case "anthropic_messages":
      return new AnthropicReader(tally);
    case "ollama_chat":
    case "ollama_generate":
    case "ollama_embed":
      return new OllamaReader(tally);
  }
}

function framerOf(format: BodyFormat, kind: ApiKind, events: FramerEvents): Framer | null {
  switch (format) {
    case "sse":
      return new SseFramer(events);
    case "lines":
      return new LineFramer(events);
    case "json":
      return new JsonFramer(events, kind === "ollama_chat" || kind === "ollama_generate");
    case "none":
      return null;
  }
}

function atLeast(
  usage: TokenUsage,
  settled: { readonly input: number; readonly output: number },
): TokenUsage {
  if (usage.inputTokens >= settled.input && usage.outputTokens >= settled.output) return usage;
  return {
    ...usage,
    inputTokens: Math.max(usage.inputTokens, settled.input),
    outputTokens: Math.max(usage.outputTokens, settled.output),
    source: "estimated",
  };
}
