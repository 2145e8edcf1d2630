import { Framing, type RequestHead } from "../protocol/http1/index.ts";
import { LINK_LOST, type Stream, type StreamEvents, StreamKind, type Tunnel } from "../routes/tunnel.ts";
import { type Applicant, acceptOf, admit, type ConnectionMemo, type Verdict } from "./admission.ts";
import { type Answer, encodeAnswer, errorAnswer } from "./answer.ts";
import type { EdgeContext } from "./context.ts";
import type { EdgeRoute } from "./deps.ts";
import { type EdgeErrorCode, ResetCode, resetErrorCode } from "./errors.ts";
import { ExchangeResponse, type ResponseContext, type ResponseResult } from "./exchange-response.ts";
import type { Forwarding, Peer } from "./forwarding.ts";
import type { Output } from "./output.ts";
import { pickTunnel } from "./pick-tunnel.ts";
import { RequestBody, type RequestBodyEvents } from "./request-body.ts";
import { RequestFacts } from "./request-facts.ts";
import { writeRequestHead } from "./request-fields.ts";

/** What an exchange asks of the connection that it runs on. */
export interface ExchangeHost {
  readonly output: Output;
  readonly peer: Peer;
  readonly memo: ConnectionMemo;
  /** The stream is open: hand over body bytes that came meanwhile. */
  onOpened(): void;
  onBlocked(): void;
  onUnblocked(): void;
  /** Sends FIN once everything is written; an upgraded connection goes on in the other direction. */
  endOutput(): void;
  /** Drops the connection, so that the client sees that the response is not whole. */
  cut(): void;
  handOver(path: "/connect" | "/ws/connect"): void;
  /** @param unread body bytes that were left unread and have to be skipped */
  onFinished(keepAlive: boolean, unread: number): void;
}

/** Body bytes are credited back in steps of this size: one frame for many small events. */
const CREDIT_STEP_BYTES = 32_768;
const MAX_PARKS = 3;

/** One request and its response, from the parsed head to the record for the meter. */
export class Exchange implements StreamEvents, RequestBodyEvents, ResponseContext, Applicant {
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
  /** When the stream was opened; 0 before. */
  openedAt = 0;
  private readonly facts: RequestFacts;
  private readonly edge: EdgeContext;
  private readonly host: ExchangeHost;
  private stream: Stream | null = null;
  private tunnel: Tunnel | null = null;
  private refusedBy: Tunnel | null = null;
  private retried = false;
  /** The request had to wait for something, so the clock is read again when it goes on. */
  private waited = false;
  private parks = 0;
  private parkUntil = 0;
  private counted = false;
  private responseEnded = false;
  private queueMs = 0;
  private upstreamMs = 0;
  private uncredited = 0;
  private answered = 0;

  /**
   * @param source the read that holds the head just parsed into `edge.head`
   * @param available bytes after the head in `source`
   */
  constructor(edge: EdgeContext, host: ExchangeHost, source: Uint8Array, available: number) {
    this.edge = edge;
    this.host = host;
    this.requestId = edge.ids.next();
    this.startedAt = edge.now();
    this.peer = host.peer;
    this.memo = host.memo;
    this.facts = new RequestFacts(edge, source, available);
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
    this.waited = true;
    verdict.then(
      (decided) => this.act(decided),
      (error: unknown) => {
        this.edge.deps.log.error({ err: error, requestId: this.requestId }, "request could not be admitted");
        this.act({ kind: "error", code: "unavailable", fields: { "Retry-After": "1" } });
      },
    );
  }

  /** Body bytes can be handed over now. */
  get takesBody(): boolean {
    return this.stream !== null && !this.body.complete && this.body.isFlowing;
  }

  get isUpgraded(): boolean {
    return this.response.isRaw;
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
        this.fail(verdict.code, verdict.message, verdict.fields);
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

  get toHead(): boolean {
    return this.facts.toHead;
  }
  get http10(): boolean {
    return this.facts.http10;
  }
  get asksWebsocket(): boolean {
    return this.facts.asksWebsocket;
  }
  get baseDomain(): string {
    return this.edge.config.baseDomain;
  }

  head(): RequestHead {
    return this.facts.head();
  }

  private admitted(): void {
    const { route, edge } = this;
    if (route === null) throw new Error("forwarded without a route");
    this.body = this.newBody(route.limits.maxBodyBytes);
    edge.inFlight.set(route.endpointId, (edge.inFlight.get(route.endpointId) ?? 0) + 1);
    this.counted = true;
    this.dispatch(route);
  }

  private newBody(maxBytes: number): RequestBody {
    return new RequestBody(this.facts.framing, this.facts.contentLength, maxBytes, this);
  }

  /** Opens a stream on the least loaded tunnel, or waits for one. */
  private dispatch(route: EdgeRoute): void {
    if (this.open(route)) {
      if (this.retried) this.replay();
      else this.host.onOpened();
      return;
    }
    const { edge } = this;
    const now = edge.now();
    if (this.parkUntil === 0) this.parkUntil = now + edge.config.graceMs;
    if (now >= this.parkUntil || ++this.parks > MAX_PARKS) {
      this.fail("connector_offline");
      return;
    }
    this.waited = true;
    edge.stats.parked++;
    edge.deps.registry.waitForTunnel(route, this.parkUntil - now).then(
      (found) => {
        edge.stats.parked--;
        if (this.finished) return;
        if (found) this.dispatch(route);
        else this.fail("connector_offline");
      },
      (error: unknown) => {
        edge.stats.parked--;
        edge.deps.log.error({ err: error, requestId: this.requestId }, "waiting for a tunnel failed");
        this.fail("internal");
      },
    );
  }

  private open(route: EdgeRoute): boolean {
    const { edge, facts } = this;
    const tunnels = edge.deps.registry.tunnels(route);
    for (let tries = 0; tries < 3; tries++) {
      const tunnel = pickTunnel(tunnels, this.refusedBy);
      if (tunnel === null || this.forwarding === null) return false;
      const length = writeRequestHead(edge.headBuffer, facts.head(), this.forwarding.lines);
      const { asksWebsocket } = facts;
      const kind = asksWebsocket ? StreamKind.websocket : StreamKind.http;
      const framing = asksWebsocket || facts.framing === Framing.untilClose ? Framing.none : facts.framing;
      const atEnd = !asksWebsocket && this.body.complete;
      const stream = tunnel.open(kind, framing, edge.headBuffer.subarray(0, length), atEnd, this);
      if (stream !== null) {
        this.tunnel = tunnel;
        this.stream = stream;
        // The bytes of a WebSocket come with a body of their own, after the 101.
        this.body.attach(stream, atEnd || asksWebsocket);
        this.openedAt = this.waited ? edge.now() : this.startedAt;
        this.queueMs = this.openedAt - this.startedAt;
        return true;
      }
      this.refusedBy = tunnel;
    }
    return false;
  }

  /** The body once more, from the first read. */
  private replay(): void {
    const { source, end, contentLength } = this.facts;
    if (contentLength > 0) this.body.feed(source, end, end + contentLength);
  }

  // What the tunnel says.

  onHead(head: Uint8Array, end: boolean): void {
    if (this.finished) return;
    const result = this.response.onHead(head, end);
    if (this.response.started && this.upstreamMs === 0) this.upstreamMs = this.edge.now() - this.openedAt;
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
    const again = code === ResetCode.refused || (code === LINK_LOST && this.facts.isSafe);
    if (again && !this.retried && this.facts.replayable && !this.response.touched && this.route !== null) {
      this.waited = true;
      this.retried = true;
      this.edge.stats.retries++;
      this.refusedBy = this.tunnel;
      this.body = this.newBody(this.route.limits.maxBodyBytes);
      this.dispatch(this.route);
      return;
    }
    if (code === ResetCode.badResponse) this.edge.stats.badResponses++;
    this.fail(error);
  }

  private advance(result: ResponseResult): void {
    if (result === "more") return;
    if (result === "bad") {
      this.edge.stats.badResponses++;
      this.stream?.reset(ResetCode.badResponse, this.response.fault);
      this.detach();
      if (this.response.started) this.cut("upstream_bad_response");
      else this.fail("upstream_bad_response");
      return;
    }
    if (this.response.isRaw) {
      this.responseEnded = true;
      this.host.endOutput();
      this.finishRawWhenEnded();
      return;
    }
    // An early answer: the rest of the request has no reader any more.
    if (!this.body.ended) this.stream?.reset(ResetCode.cancel, "answered");
    this.detach();
    this.host.output.flush();
    this.finish(this.response.status, null, false, this.response.keepAlive, 0);
  }

  // What the client's side says.

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

  /** The client's connection is gone. */
  onClientGone(): void {
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
  ): void {
    if (this.finished) return;
    const { requestId } = this;
    const context = { requestId, path: this.facts.path(), accept: acceptOf(this.head()), message, fields };
    this.respond(errorAnswer(code, context), code);
  }

  private respond(answer: Answer, code: EdgeErrorCode | null): void {
    const { facts, body } = this;
    const unread = body.bytes === 0 && !body.complete && facts.bodyIsHere ? facts.contentLength : 0;
    const keepAlive =
      facts.keepAlive && !this.edge.draining && answer.status !== 408 && (body.complete || unread > 0);
    const { output } = this.host;
    const withBody = !facts.toHead;
    output.write(encodeAnswer(answer, this.requestId, { withBody, keepAlive, http10: facts.http10 }));
    output.flush();
    if (withBody) this.answered = Buffer.byteLength(answer.body);
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
    const { edge, route } = this;
    edge.stats.active--;
    if (this.response.isRaw) edge.stats.upgraded--;
    if (this.counted && route !== null) {
      const left = (edge.inFlight.get(route.endpointId) ?? 1) - 1;
      if (left > 0) edge.inFlight.set(route.endpointId, left);
      else edge.inFlight.delete(route.endpointId);
    }
    edge.deps.meter.finish({
      requestId: this.requestId,
      tenantId: route?.tenantId ?? null,
      endpointId: route?.endpointId ?? null,
      slug: route?.slug ?? null,
      accessKeyId: this.accessKeyId,
      connectorId: this.tunnel?.connectorId ?? null,
      method: this.facts.methodName(),
      path: this.facts.path(),
      status,
      bytesIn: this.body.bytes,
      bytesOut: this.response.bytes + this.answered,
      startedAt: this.startedAt,
      durationMs: edge.now() - this.startedAt,
      queueMs: this.openedAt === 0 ? edge.coarseNow - this.startedAt : this.queueMs,
      upstreamMs: this.upstreamMs,
      clientAddress: this.forwarding?.clientAddress ?? this.peer.address,
      errorCode,
      clientAborted,
    });
    if (cut) this.host.cut();
    else this.host.onFinished(keepAlive, unread);
  }
}
