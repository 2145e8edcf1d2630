import type { TokenUsage } from "../metering/token-usage.ts";
import type { RequestRecord } from "../metering/totals.ts";
import { ResetCode } from "../protocol/codes.ts";
import { ascii, Framing, type RequestHead } from "../protocol/http1/index.ts";
import type { Stream } from "../routes/tunnel.ts";
import { type Applicant, acceptOf, admit, type ConnectionMemo, type Verdict } from "./admission.ts";
import { type Answer, encodeAnswer, errorAnswer } from "./answer.ts";
import type { EdgeContext } from "./context.ts";
import type { EdgeRoute } from "./deps.ts";
import { Dispatch } from "./dispatch.ts";
import type { ErrorLink } from "./error-page.ts";
import { type EdgeErrorCode, resetErrorCode } from "./errors.ts";
import type { ExchangeHost } from "./exchange-host.ts";
import { ExchangeResponse, type ResponseContext, type ResponseResult } from "./exchange-response.ts";
import type { Forwarding, Peer } from "./forwarding.ts";
import type { Running } from "./in-flight.ts";
import type { LlmTap, TapHost } from "./llm/llm-tap.ts";
import { tapOf } from "./llm/tap-of.ts";
import { RequestBody, type RequestBodyEvents } from "./request-body.ts";
import { RequestFacts } from "./request-facts.ts";

/** Body bytes are credited back in steps of this size: one frame for many small events. */
const CREDIT_STEP_BYTES = 32_768;
const NO_LINES = new Uint8Array(0);
const CONTINUE = ascii("HTTP/1.1 100 Continue\r\n\r\n");

/** One request and its response, from the parsed head to the record for the meter. */
export class Exchange implements TapHost, RequestBodyEvents, ResponseContext, Applicant {
  readonly requestId: string;
  readonly startedAt: number;
  readonly peer: Peer;
  readonly memo: ConnectionMemo;
  route: EdgeRoute | null = null;
  forwarding: Forwarding | null = null;
  accessKeyId: string | null = null;
  body: RequestBody;
  readonly response: ExchangeResponse;
  finished = false;
  /** For a request to a model. */
  tap: LlmTap | null = null;
  private readonly dispatch: Dispatch;
  private readonly facts: RequestFacts;
  private readonly edge: EdgeContext;
  private readonly host: ExchangeHost;
  private stream: Stream | null = null;
  /** It counts there. */
  private running: Running | null = null;
  private responseEnded = false;
  /** From the stream's opening to the response head; 0 before. */
  private waitedMs = 0;
  /** The upstream's part of it, as the connector tells; below 0 when it does not. */
  private upstreamMicros = -1;
  private uncredited = 0;
  private answered = 0;
  private isSettled = false;
  private partAt: number;

  /**
   * @param source the read that holds the head just parsed into `edge.head`
   * @param available bytes after the head in `source`
   */
  constructor(edge: EdgeContext, host: ExchangeHost, source: Uint8Array, available: number) {
    this.edge = edge;
    this.host = host;
    this.requestId = edge.ids.next();
    this.startedAt = edge.now();
    this.partAt = this.startedAt;
    this.peer = host.peer;
    this.memo = host.memo;
    this.facts = new RequestFacts(edge, source, available);
    this.dispatch = new Dispatch(edge, this.facts, host.memo.lines, this);
    this.body = this.newBody(Number.MAX_SAFE_INTEGER);
    this.response = new ExchangeResponse(host.output, edge.scratch, this);
    edge.stats.requests++;
    edge.stats.active++;
  }

  begin(): void {
    const verdict = admit(this.edge, this);
    if (!(verdict instanceof Promise)) {
      this.act(verdict);
      return;
    }
    verdict
      .then((decided) => this.act(decided))
      .catch((error: unknown) => {
        this.edge.deps.log.error({ err: error, requestId: this.requestId }, "request could not be admitted");
        this.act({ kind: "error", code: "unavailable", fields: { "Retry-After": "1" } });
      });
  }

  /** Body bytes can be handed over now. */
  get takesBody(): boolean {
    return this.stream !== null && !this.body.complete && this.body.isFlowing;
  }

  get isUpgraded(): boolean {
    return this.response.isRaw;
  }

  /** When the stream was opened; 0 before. */
  get openedAt(): number {
    return this.dispatch.openedAt;
  }

  /** The stream is open, nothing has come back, and the silence is the upstream's. */
  get awaitsHead(): boolean {
    return this.stream !== null && !this.response.started;
  }

  canKeepAlive(): boolean {
    // After a refused upgrade, what the client already sent could be meant for either protocol.
    return this.facts.keepAlive && this.body.complete && !this.facts.asksWebsocket && !this.edge.draining;
  }

  private act(verdict: Verdict): void {
    if (this.finished) return;
    switch (verdict.kind) {
      case "forward":
        this.admitted();
        return;
      case "error":
        this.fail(verdict.code, verdict.message, verdict.fields, verdict.link);
        return;
      case "answer":
        this.respond(verdict.answer, null);
        return;
      case "link":
        this.finished = true;
        this.edge.stats.active--;
        this.host.handOver(verdict.path);
    }
  }

  get tenantId(): string {
    return this.route?.tenantId ?? "";
  }
  get endpointId(): string {
    return this.route?.endpointId ?? "";
  }
  get toHead(): boolean {
    return this.facts.toHead;
  }
  get http10(): boolean {
    return this.facts.http10;
  }
  get asksWebsocket(): boolean {
    return this.facts.asksWebsocket;
  }
  get ownLines(): Uint8Array {
    return this.forwarding?.scheme === "https" ? this.edge.hsts.lines : NO_LINES;
  }
  get baseDomain(): string {
    return this.edge.config.baseDomain;
  }
  get addsSseComments(): boolean {
    return this.edge.config.sseCommentMs > 0;
  }
  now(): number {
    return this.edge.coarseNow;
  }

  head(): RequestHead {
    return this.facts.head();
  }

  private admitted(): void {
    const { route, edge, forwarding } = this;
    if (route === null || forwarding === null) throw new Error("forwarded without a route");
    this.body.allow(route.limits.maxBodyBytes);
    this.running = edge.inFlight.of(route.endpointId);
    this.running.count++;
    this.tap = tapOf(edge, route, this.facts, this);
    if (this.tap === null) this.dispatch.start(route, forwarding.lines, null);
    else this.startTapped(this.tap, route, forwarding.lines);
  }

  private startTapped(tap: LlmTap, route: EdgeRoute, forwarding: Uint8Array): void {
    const { gatherer } = tap;
    this.dispatch.events = tap;
    this.body.watcher = tap;
    this.edge.deps.budgets?.watch(this, tap);
    if (gatherer === null) {
      this.dispatch.start(route, forwarding, tap.edit);
      return;
    }
    this.stream = gatherer;
    this.body.attach(gatherer, false);
    if (!this.facts.bodyIsHere) gatherer.startTimer();
    // Nobody else tells it to: the upstream hears of the request when its body is here.
    if (tap.edit !== null) {
      this.host.output.write(CONTINUE);
      this.host.output.flush();
    }
    this.host.onOpened();
  }

  onGathered(bytes: Uint8Array, whole: boolean): void {
    if (!this.finished) this.startWith(bytes, whole);
  }

  sendAgain(body: Uint8Array): void {
    if (this.finished) return;
    if (!this.body.ended) this.stream?.reset(ResetCode.cancel, "sent again");
    this.startWith(body, true);
  }

  /** Sends the request with `bytes` before what its client still sends. */
  private startWith(bytes: Uint8Array, whole: boolean): void {
    const { route, forwarding, tap } = this;
    if (route === null || forwarding === null) throw new Error("forwarded without a route");
    this.detach();
    this.body.hold(bytes);
    this.dispatch.holdsBody = whole;
    this.dispatch.start(route, forwarding.lines, tap?.edit ?? null);
  }

  endsWith(length: number): boolean {
    return this.response.endsWith(length);
  }

  stop(final: Uint8Array | null): void {
    this.stream?.reset(ResetCode.cancel, "stopped");
    this.detach();
    if (final !== null) this.onData(final, true);
    else this.cut("budget_exceeded");
  }

  private newBody(maxBytes: number): RequestBody {
    return new RequestBody(this.facts.framing, this.facts.contentLength, maxBytes, this);
  }

  onDispatched(stream: Stream, again: boolean): void {
    this.stream = stream;
    const { isBodiless, asksWebsocket, source, end, contentLength } = this.facts;
    // The bytes of a WebSocket come with a body of their own, after the 101.
    this.body.attach(stream, isBodiless || asksWebsocket);
    if (!this.body.isFlowing) this.body.onWritable();
    if (!again) this.host.onOpened();
    else if (this.tap?.body != null) return;
    else if (contentLength > 0) this.body.feed(source, end, end + contentLength);
  }

  onUndispatched(code: EdgeErrorCode): void {
    this.fail(code);
  }

  // What the tunnel says.

  onHead(head: Uint8Array, end: boolean): void {
    if (this.finished) return;
    const result = this.response.onHead(head, end);
    if (this.response.started) this.noteHead();
    if (result === "more" && this.response.isRaw) {
      this.edge.stats.upgraded++;
      this.host.output.flush();
      this.body = new RequestBody(Framing.untilClose, 0, Number.MAX_SAFE_INTEGER, this);
      this.body.attach(this.stream, false);
      this.host.onOpened();
      return;
    }
    this.advance(result);
  }

  onTiming(microseconds: number): void {
    this.upstreamMicros = microseconds;
  }

  onData(chunk: Uint8Array, end: boolean): void {
    if (!this.finished) this.advance(this.response.onData(chunk, end));
  }

  onTrailers(fields: Uint8Array): void {
    if (!this.finished) this.advance(this.response.onTrailers(fields));
  }

  onWritable(): void {
    if (this.finished) return;
    this.body.onWritable();
    this.finishRawWhenEnded();
  }

  onReset(code: number, reason: string): void {
    if (this.finished) return;
    this.detach();
    const error = resetErrorCode(code);
    if (this.response.started) {
      this.cut(error);
      return;
    }
    const { route, forwarding } = this;
    const again = !this.response.touched && this.dispatch.mayRetry(code);
    if (again && route !== null && forwarding !== null) {
      const held = this.tap?.body ?? null;
      if (held === null) this.body = this.newBody(route.limits.maxBodyBytes);
      else this.body.hold(held);
      this.dispatch.retry(route, forwarding.lines, this.tap?.edit ?? null);
      return;
    }
    if (code === ResetCode.upstreamBadResponse) this.edge.stats.badResponses++;
    this.fail(error);
  }

  private advance(result: ResponseResult): void {
    if (result === "more") return;
    if (result === "bad") {
      this.edge.stats.badResponses++;
      this.stream?.reset(ResetCode.upstreamBadResponse, this.response.fault);
      this.detach();
      if (this.response.started) this.cut("upstream_bad_response");
      else this.fail("upstream_bad_response");
      return;
    }
    if (this.response.isRaw) {
      this.responseEnded = true;
      // The client takes the end of the stream for the end; ours comes when its own direction has ended too.
      if (!this.body.ended) this.edge.deps.meter.part(this.record(this.response.status, null, false));
      this.host.endOutput();
      this.finishRawWhenEnded();
      return;
    }
    // An early answer: the rest of the request has no reader any more.
    if (!this.body.ended) this.stream?.reset(ResetCode.cancel, "answered");
    this.detach();
    this.host.output.flushSoon();
    this.finish(this.response.status, null, false, this.response.keepAlive, 0);
  }

  // What the client's side says.

  /** Settles what a long request has had so far: a relay that is killed loses no more than what came since. */
  settlePart(now: number): void {
    if (this.isSettled || now - this.partAt < this.edge.timers.partMs) return;
    this.partAt = now;
    this.edge.deps.meter.part(this.record(this.response.status, null, false));
  }

  onLastBytes(): void {
    this.noteHead();
    this.settle(this.response.status, null, false);
  }

  /** Looked at about once a second. */
  tick(now: number): void {
    this.settlePart(now);
    const { sseCommentMs } = this.edge.config;
    if (sseCommentMs > 0) this.response.keepAliveComment(now, sseCommentMs);
  }

  private noteHead(): void {
    if (this.waitedMs === 0) this.waitedMs = this.edge.now() - this.dispatch.openedAt;
  }

  /** Sees whether the client still listens; when it does not, its connection closes. */
  probe(): void {
    this.response.probe();
  }

  onBlocked(): void {
    this.host.onBlocked();
  }

  onUnblocked(): void {
    this.host.onUnblocked();
  }

  onMalformed(why: string): void {
    this.stream?.reset(ResetCode.cancel, "malformed body");
    this.detach();
    this.edge.stats.badRequests++;
    if (this.response.started) this.cut("bad_request");
    else this.fail("bad_request", `The request body is not valid: ${why}.`);
  }

  onTooLarge(): void {
    this.stream?.reset(ResetCode.cancel, "body too large");
    this.detach();
    if (this.response.started) this.cut("body_too_large");
    else this.fail("body_too_large");
  }

  /** FIN from the client of an upgraded connection. */
  onClientEnd(): void {
    this.body.finishRaw();
    this.finishRawWhenEnded();
  }

  /**
   * The client's connection is gone. After our own end Bun tells a client's end as that: then both directions have ended.
   * @param isEnded the client has had everything, and the end
   */
  onClientGone(isEnded: boolean): void {
    if (isEnded && !this.finished && this.isUpgraded) this.onClientEnd();
    if (this.finished) return;
    this.stream?.reset(ResetCode.cancel, "client went away");
    this.detach();
    this.finish(this.response.status || 499, "client_aborted", true, false, 0);
  }

  onBodyTimeout(): void {
    this.stream?.reset(ResetCode.cancel, "client too slow");
    this.detach();
    if (this.response.started) this.cut("request_timeout");
    else this.fail("request_timeout");
  }

  onHeadTimeout(): void {
    this.stream?.reset(ResetCode.cancel, "no response head in time");
    this.detach();
    this.fail("upstream_timeout");
  }

  onWritten(bytes: number): void {
    this.uncredited += bytes;
    if (this.uncredited < CREDIT_STEP_BYTES || this.stream === null) return;
    this.stream.credit(this.uncredited);
    this.uncredited = 0;
  }

  private finishRawWhenEnded(): void {
    if (this.finished || !this.responseEnded || !this.body.ended) return;
    this.detach();
    this.finish(this.response.status, null, false, false, 0);
  }

  private detach(): void {
    this.stream = null;
    this.body.attach(null, false);
  }

  /** Answers with an error of ours, when nothing has been sent yet. */
  private fail(
    code: EdgeErrorCode,
    message?: string | null,
    fields?: Readonly<Record<string, string>>,
    link?: ErrorLink,
  ): void {
    if (this.finished) return;
    const { requestId } = this;
    const context = {
      requestId,
      path: this.facts.path(),
      accept: acceptOf(this.head()),
      message,
      fields,
      link,
    };
    this.respond(errorAnswer(code, context), code);
  }

  private respond(answer: Answer, code: EdgeErrorCode | null): void {
    const { facts, body } = this;
    const unread = body.bytes === 0 && !body.complete && facts.bodyIsHere ? facts.contentLength : 0;
    const keepAlive =
      facts.keepAlive && !this.edge.draining && answer.status !== 408 && (body.complete || unread > 0);
    const { output } = this.host;
    const withBody = !facts.toHead;
    if (withBody) this.answered = Buffer.byteLength(answer.body);
    this.settle(answer.status, code, false);
    const hsts = this.forwarding?.scheme === "https" ? this.edge.hsts.fields : null;
    const whole = hsts === null ? answer : { ...answer, fields: { ...answer.fields, ...hsts } };
    output.write(encodeAnswer(whole, this.requestId, { withBody, keepAlive, http10: facts.http10 }));
    output.flush();
    this.finish(answer.status, code, false, keepAlive, unread);
  }

  private cut(code: EdgeErrorCode): void {
    this.host.output.flush();
    this.finish(this.response.status, code, false, false, 0, true);
  }

  private finish(
    status: number,
    errorCode: string | null,
    clientAborted: boolean,
    keepAlive: boolean,
    unread: number,
    cut = false,
  ): void {
    this.finished = true;
    this.settle(status, errorCode, clientAborted);
    const { edge } = this;
    edge.stats.active--;
    if (this.response.isRaw) edge.stats.upgraded--;
    if (this.running !== null) this.running.count--;
    if (cut) this.host.cut();
    else this.host.onFinished(keepAlive, unread);
  }

  /** Hands the meter the whole request, once: before the client can know that it has all of the answer. */
  private settle(status: number, errorCode: string | null, clientAborted: boolean): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.edge.deps.meter.finish(this.record(status, errorCode, clientAborted));
  }

  /** The request so far. */
  private record(status: number, errorCode: string | null, clientAborted: boolean): RequestRecord {
    const { edge, route, waitedMs, upstreamMicros } = this;
    const told = upstreamMicros >= 0 && waitedMs > 0;
    // A connector that claims more than was waited is not believed further than that.
    const upstreamMs = told ? Math.min(upstreamMicros / 1_000, waitedMs) : waitedMs;
    return {
      requestId: this.requestId,
      tenantId: route?.tenantId ?? null,
      endpointId: route?.endpointId ?? null,
      slug: route?.slug ?? null,
      accessKeyId: this.accessKeyId,
      connectorId: this.dispatch.tunnel?.connectorId ?? null,
      method: this.facts.methodName(),
      path: this.facts.path(),
      status,
      bytesIn: this.body.bytes,
      bytesOut: this.response.bytes + this.answered,
      startedAt: this.startedAt,
      durationMs: edge.now() - this.startedAt,
      queueMs: (this.dispatch.openedAt || edge.coarseNow) - this.startedAt,
      upstreamMs,
      tunnelMs: told ? waitedMs - upstreamMs : null,
      clientAddress: this.forwarding?.clientAddress ?? this.peer.address,
      errorCode,
      clientAborted,
      forwarded: this.dispatch.openedAt > 0,
      usage: this.usage(status, errorCode, clientAborted),
    };
  }

  private usage(status: number, errorCode: string | null, clientAborted: boolean): TokenUsage | null {
    const { tap } = this;
    if (tap === null) return null;
    return this.isSettled ? tap.settle(status, clientAborted, errorCode !== null) : tap.soFar();
  }
}
