import { UsageMeter, UsageStripper, withIncludeUsage } from "../../metering/llm/index.ts";
import type { ApiKind, TokenUsage } from "../../metering/token-usage.ts";
import type { Stream } from "../../routes/tunnel.ts";
import type { LiveTokens } from "../deps.ts";
import type { DispatchEvents } from "../dispatch.ts";
import type { HeadEdit } from "../request-fields.ts";
import { BodyGatherer, type Gathered } from "./body-gatherer.ts";
import { type LlmResponseFields, llmResponseFields, withoutContentLength } from "./response-fields.ts";

/** An answer to a request that we changed, which may be about our change: held until it is known. */
const MAX_HELD_RESPONSE_BYTES = 65_536;
const NO_BYTES = new Uint8Array(0);

/** What the tap asks of its exchange, besides being the next to hear of the stream. */
export interface TapHost extends DispatchEvents {
  /** The body is no longer held back: it goes on as `bytes`, and what the client still sends after them. */
  onGathered(bytes: Uint8Array, whole: boolean): void;
  /** The answer was to our change: the request goes out again, with its body as the client sent it. */
  sendAgain(body: Uint8Array): void;
  /** With `length` more bytes the client has all of the answer: its record is made before they are written. */
  endsWith(length: number): boolean;
  /** Ends the answer, for the client as if it were whole when `final` is given, else by cutting the connection. */
  stop(final: Uint8Array | null): void;
}

export interface LlmTapOptions {
  readonly kind: ApiKind;
  readonly host: TapHost;
  /** The wish for usage may be added to this request. */
  readonly asks: boolean;
  readonly expectsContinue: boolean;
  /** The upstream refused the wish for usage. */
  onRefused(): void;
  /** Something in the answer could not be read. */
  onUnreadable(): void;
}

/**
 * Stands between the tunnel and the exchange of one request to a model: hands everything on, then shows it to the meter.
 * It changes two things, and only for an endpoint that allows it: the wish for usage in the request, and the one event in
 * the answer that it brings.
 */
export class LlmTap implements DispatchEvents, LiveTokens {
  onTokens: ((delta: number) => void) | null = null;
  /** Set while the body is held back: it takes the place of the stream. */
  readonly gatherer: BodyGatherer | null;
  /** How the head goes out, when not as it came. */
  edit: HeadEdit | null;
  /** The whole body as it goes out, until the response begins: the request can be sent again. */
  body: Uint8Array | null = null;
  private readonly options: LlmTapOptions;
  private readonly host: TapHost;
  private readonly meter: UsageMeter;
  private original: Uint8Array | null = null;
  private injected = false;
  private asksUsage = false;
  private sawHead = false;
  private heldHead: Uint8Array | null = null;
  private heldBody: Uint8Array[] = [];
  private heldBytes = 0;
  private stripper: UsageStripper | null = null;
  private stopping = false;
  private stopped = false;
  private feeding = false;

  constructor(options: LlmTapOptions) {
    this.options = options;
    this.host = options.host;
    this.meter = new UsageMeter({
      kind: options.kind,
      onTokens: (delta) => this.onTokens?.(delta),
      onUnreadable: () => options.onUnreadable(),
    });
    // The client waits to be told to send the body; what is told by us is not asked of the upstream any more.
    this.edit = options.asks && options.expectsContinue ? { contentLength: null, identity: false } : null;
    this.gatherer = options.asks ? new BodyGatherer((gathered) => this.onGathered(gathered)) : null;
  }

  get finished(): boolean {
    return this.host.finished;
  }

  /** Bytes of the request's body, as the client sends them. */
  request(bytes: Uint8Array, from: number, to: number): void {
    this.meter.request(bytes, from, to);
  }

  private onGathered({ bytes, whole }: Gathered): void {
    const changed = whole ? withIncludeUsage(bytes, this.meter.requestScan) : null;
    this.asksUsage = changed === null;
    if (changed !== null) {
      this.injected = true;
      this.original = bytes;
      this.edit = { contentLength: changed.length, identity: true };
    }
    this.body = whole ? (changed ?? bytes) : null;
    this.host.onGathered(changed ?? bytes, whole);
  }

  onDispatched(stream: Stream, again: boolean): void {
    this.host.onDispatched(stream, again);
  }

  onUndispatched(code: Parameters<DispatchEvents["onUndispatched"]>[0]): void {
    this.host.onUndispatched(code);
  }

  onWritable(): void {
    this.host.onWritable();
  }

  onTiming(microseconds: number): void {
    this.host.onTiming?.(microseconds);
  }

  onReset(code: number, reason: string): void {
    if (this.heldHead !== null) this.release(false);
    this.host.onReset(code, reason);
  }

  onHead(head: Uint8Array, end: boolean): void {
    const fields = llmResponseFields(head);
    if (fields.status < 200) {
      this.host.onHead(head, end);
      return;
    }
    const maybeRefused = this.injected && (fields.status === 400 || fields.status === 422);
    if (maybeRefused && !end && !this.sawHead) {
      this.heldHead = Uint8Array.prototype.slice.call(head);
      return;
    }
    this.forwardHead(head, end, fields);
  }

  onData(chunk: Uint8Array, end: boolean): void {
    if (this.stopped) return;
    if (this.heldHead !== null) {
      this.hold(chunk, end);
      return;
    }
    if (this.stopping && this.stopIn(chunk)) return;
    if (chunk.length > 0) {
      const isLast = this.host.endsWith(chunk.length);
      if (isLast) this.count(chunk);
      if (this.stripper === null) this.host.onData(chunk, false);
      else this.stripper.feed(chunk);
      if (!isLast) this.count(chunk);
      // A budget that ran out with an answer's last bytes has nothing to stop any more.
      if (this.stopping && !isLast && !end && this.stopIn(NO_BYTES)) return;
    }
    if (!end) return;
    this.stripper?.end();
    this.host.onData(NO_BYTES, true);
  }

  onTrailers(fields: Uint8Array): void {
    if (this.stopped) return;
    if (this.heldHead !== null) this.release(false);
    this.stripper?.end();
    this.host.onTrailers(fields);
  }

  /**
   * Ends a running answer, for a budget that is used up: with a well-formed final event right after the event that is
   * passing, or by cutting the connection where the format has no such thing.
   */
  stop(): void {
    if (this.stopping || this.finished) return;
    this.stopping = true;
    if (!this.feeding) this.stopIn(NO_BYTES);
  }

  private count(chunk: Uint8Array): void {
    this.feeding = true;
    this.meter.body(chunk);
    this.feeding = false;
  }

  /** What is certain of a running answer; `settle` comes to no less. */
  soFar(): TokenUsage {
    return this.meter.soFar();
  }

  /**
   * The usage for the record.
   * @param status of the answer that the client got: ours, when none came from the upstream
   */
  settle(status: number, clientAborted: boolean, cut: boolean): TokenUsage {
    this.gatherer?.reset();
    if (!this.sawHead && !clientAborted) this.meter.head(status, "", "");
    const early = clientAborted ? "client_aborted" : cut ? "upstream_lost" : "complete";
    return this.meter.end(this.stopped ? "stopped" : early);
  }

  private forwardHead(head: Uint8Array, end: boolean, fields: LlmResponseFields): void {
    const { status, contentType, contentEncoding } = fields;
    this.sawHead = true;
    this.body = null;
    this.original = null;
    this.meter.head(status, contentType, contentEncoding);
    const type = contentType.toLowerCase();
    const isStream = type.startsWith("text/event-stream") || type.startsWith("text/plain");
    // A compressed stream, although none was asked for, cannot be taken apart: its reader sees one event more.
    if (this.injected && isStream && !end && (contentEncoding === "" || contentEncoding === "identity")) {
      this.stripper = new UsageStripper((bytes) => this.host.onData(bytes, false));
      this.host.onHead(withoutContentLength(head), end);
    } else {
      this.host.onHead(head, end);
    }
  }

  private hold(chunk: Uint8Array, end: boolean): void {
    this.heldBody.push(Uint8Array.prototype.slice.call(chunk));
    this.heldBytes += chunk.length;
    if (!end && this.heldBytes <= MAX_HELD_RESPONSE_BYTES) return;
    const { original } = this;
    const text = Buffer.concat(this.heldBody).toString("latin1");
    if (!end || original === null || !/stream_options|include_usage/.test(text)) {
      this.release(end);
      return;
    }
    this.heldHead = null;
    this.heldBody = [];
    this.injected = false;
    this.edit = this.options.expectsContinue ? { contentLength: null, identity: false } : null;
    this.body = original;
    this.options.onRefused();
    this.host.sendAgain(original);
  }

  /** The held answer is the client's after all. */
  private release(end: boolean): void {
    const { heldHead, heldBody } = this;
    this.heldHead = null;
    this.heldBody = [];
    if (heldHead === null) return;
    this.forwardHead(heldHead, false, llmResponseFields(heldHead));
    for (const bytes of heldBody) this.onData(bytes, false);
    if (end) this.onData(NO_BYTES, true);
  }

  /** @returns false when the event that is passing is not over in `next` */
  private stopIn(next: Uint8Array): boolean {
    const { meter, stripper } = this;
    const final = meter.finalEvent(this.asksUsage, new Date());
    // What a stripper holds back of an event was not sent, and is dropped.
    const at = stripper?.atEventEnd === true ? 0 : meter.eventEndIn(next);
    if (final !== null && at < 0) return false;
    this.stopped = true;
    if (final !== null && at > 0) {
      const rest = next.subarray(0, at);
      this.host.onData(rest, false);
      meter.body(rest);
    }
    this.host.stop(final);
    return true;
  }
}
