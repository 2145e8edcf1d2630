import { ResetCode } from "../protocol/codes.ts";
import { Framing } from "../protocol/http1/index.ts";
import { putAll } from "../protocol/put.ts";
import { LINK_LOST, type Stream, type StreamEvents, StreamKind, type Tunnel } from "../routes/tunnel.ts";
import { copyOf } from "./bytes.ts";
import type { EdgeContext } from "./context.ts";
import type { EdgeRoute } from "./deps.ts";
import type { EdgeErrorCode } from "./errors.ts";
import type { KnownLines } from "./known-lines.ts";
import { pickTunnel } from "./pick-tunnel.ts";
import type { RequestFacts } from "./request-facts.ts";
import { type HeadEdit, writeFieldLines, writeRequestLine } from "./request-fields.ts";

/** Who hears where a request went; it is also handed to the tunnel as the stream's events. */
export interface DispatchEvents extends StreamEvents {
  /** @param again the request was sent before: its body has to be sent again, too */
  onDispatched(stream: Stream, again: boolean): void;
  onUndispatched(code: EdgeErrorCode): void;
  /** The client went away: nobody waits any more. */
  readonly finished: boolean;
}

/** Times that a request may find a tunnel, and then not be taken by it, while it waits. */
const MAX_PARKS = 3;
/** Tunnels tried in one go. */
const MAX_TRIES = 3;

/** Finds the tunnel for one request: the least loaded, the next when one does not take it, or one that is yet to come. */
export class Dispatch {
  /** The last one that took the request. */
  tunnel: Tunnel | null = null;
  /** When the stream was opened; 0 before. */
  openedAt = 0;
  /** Who hears of the stream. */
  events: DispatchEvents;
  /** The whole body is kept elsewhere: the request can be sent again. */
  holdsBody = false;
  private retried = false;
  private avoid: Tunnel | null = null;
  private parks = 0;
  private parkUntil = 0;
  private readonly edge: EdgeContext;
  private readonly facts: RequestFacts;
  private readonly lines: KnownLines;

  constructor(edge: EdgeContext, facts: RequestFacts, lines: KnownLines, events: DispatchEvents) {
    this.edge = edge;
    this.facts = facts;
    this.lines = lines;
    this.events = events;
  }

  /**
   * @param forwarding field lines for the upstream
   * @param edit what else the head says than the client's
   */
  start(route: EdgeRoute, forwarding: Uint8Array, edit: HeadEdit | null): void {
    const stream = this.open(route, forwarding, edit);
    if (stream !== null) this.events.onDispatched(stream, this.retried);
    else this.park(route, forwarding, edit);
  }

  /**
   * True when the request may be sent a second time after a RESET: it was refused before anything reached the upstream
   * and is still here as a whole, or it is safe and its link was lost. Once only.
   */
  mayRetry(code: number): boolean {
    if (this.retried || !(this.facts.replayable || this.holdsBody)) return false;
    return code === ResetCode.refused || (code === LINK_LOST && this.facts.isSafe);
  }

  retry(route: EdgeRoute, forwarding: Uint8Array, edit: HeadEdit | null): void {
    this.edge.stats.retries++;
    this.retried = true;
    this.avoid = this.tunnel;
    this.start(route, forwarding, edit);
  }

  private open(route: EdgeRoute, forwarding: Uint8Array, edit: HeadEdit | null): Stream | null {
    const { edge, facts } = this;
    const { asksWebsocket, framing } = facts;
    const tunnels = edge.deps.registry.tunnels(route);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const tunnel = pickTunnel(tunnels, this.avoid);
      if (tunnel === null) return null;
      const length = this.writeHead(forwarding, edit);
      const kind = asksWebsocket ? StreamKind.websocket : StreamKind.http;
      const bodyFraming = asksWebsocket || framing === Framing.untilClose ? Framing.none : framing;
      const end = facts.isBodiless && !asksWebsocket;
      const stream = tunnel.open(kind, bodyFraming, edge.headBuffer, end, this.events, length);
      if (stream !== null) {
        this.tunnel = tunnel;
        this.openedAt = edge.now();
        return stream;
      }
      this.avoid = tunnel;
    }
    return null;
  }

  /** Lines that are known go out as they did before. @returns bytes of `headBuffer` */
  private writeHead(forwarding: Uint8Array, edit: HeadEdit | null): number {
    const target = this.edge.headBuffer;
    const head = this.facts.head();
    const derived = edit === null ? this.lines.of(head) : null;
    const at = writeRequestLine(target, head);
    if (derived === null) return writeFieldLines(target, at, head, forwarding, edit);
    if (derived.lines !== null) return putAll(target, at, derived.lines);
    const end = writeFieldLines(target, at, head, forwarding, null);
    derived.lines = copyOf(target, at, end);
    return end;
  }

  private park(route: EdgeRoute, forwarding: Uint8Array, edit: HeadEdit | null): void {
    const { edge, events } = this;
    const now = edge.now();
    if (this.parkUntil === 0) this.parkUntil = now + edge.config.graceMs;
    if (now >= this.parkUntil || ++this.parks > MAX_PARKS) {
      events.onUndispatched("connector_offline");
      return;
    }
    edge.stats.parked++;
    edge.deps.registry
      .waitForTunnel(route, this.parkUntil - now)
      .finally(() => {
        edge.stats.parked--;
      })
      .then((found) => {
        if (events.finished) return;
        if (found) this.start(route, forwarding, edit);
        else events.onUndispatched("connector_offline");
      })
      .catch((error: unknown) => {
        edge.deps.log.error({ err: error, endpointId: route.endpointId }, "a parked request failed");
        events.onUndispatched("internal");
      });
  }
}
