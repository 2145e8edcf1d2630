import type { ConnectorClaims } from "../../server/connectors/index.ts";
import { GoawayCode } from "../protocol/codes.ts";
import { decodeHello, encodeHello, type Hello, sharedFeatures } from "../protocol/hello.ts";
import {
  IDLE_TIMEOUT_MS,
  MAX_PAYLOAD_BYTES,
  PING_INTERVAL_MS,
  PROTOCOL_VERSION,
  SUSPECT_MS,
  WINDOW_BYTES,
} from "../protocol/limits.ts";
import type { WindowBudget } from "../protocol/receive-window.ts";
import { Session, type SessionEvents } from "../protocol/session.ts";
import type {
  BodyFraming,
  LinkTunnel,
  RawConnection,
  Stream,
  StreamEvents,
  StreamKind,
} from "../routes/tunnel.ts";
import { LinkSocket, type LinkSocketOwner } from "./link-socket.ts";

/** A connector has this long for its HELLO, ms. */
const HELLO_TIMEOUT_MS = 10_000;
/** What all links of a relay share: the room they are in. */
export interface LinkHost {
  readonly windowBudget: WindowBudget;
  readonly now: () => number;
  readonly schedule: (task: () => void) => void;
  publicBaseUrlOf(slug: string): string;
  /** HELLO came; streams may be opened once it returns. @throws ProtocolError to refuse */
  onReady(link: Link): void;
  /** The connector said whether its upstream can serve. */
  onState(link: Link, accepting: boolean, reason: string): void;
  /** Its round trip is known, or took too long to wait for. Told once. */
  onMeasured(link: Link): void;
  /** The link takes no new streams from here on. May be told more than once. */
  onDraining(link: Link): void;
  /** The session has ended. Told once, also when it never was ready. */
  onEnded(link: Link, code: number, reason: string): void;
  /** The socket is gone: the link can be forgotten. */
  onGone(link: Link): void;
}

export interface LinkOptions {
  conn: RawConnection;
  claims: ConnectorClaims;
  /** Names its token; the token itself is not kept, its claims say all that is asked later. */
  tokenHash: string;
  linkId: string;
  clientAddress: string;
}

/** What is kept of a HELLO: a relay has thousands. */
type KnownHello = Pick<Hello, "agent" | "capacity" | "links" | "instance" | "serves">;

/**
 * One connector's link: the session over its WebSocket, which serves its endpoint. Ten thousand of them are idle most of
 * the time, so it hears its session itself: objects of closures would cost more than all the rest.
 */
export class Link implements LinkTunnel, SessionEvents, LinkSocketOwner {
  readonly claims: ConnectorClaims;
  readonly tokenHash: string;
  readonly linkId: string;
  readonly clientAddress: string;
  hello: KnownHello | null = null;
  readonly session: Session;
  readonly socket: LinkSocket;
  private readonly host: LinkHost;
  private readonly openedAt: number;
  private measured = false;
  /** What the connector said of its upstream last. */
  private upstreamAccepting = true;
  /** A PING has waited for its answer for too long, as of the last tick. */
  private suspect = false;
  /** The connector knows that this link ends. */
  private leaving = false;
  private retired = false;

  constructor(host: LinkHost, options: LinkOptions) {
    const { now, schedule, windowBudget } = host;
    this.host = host;
    this.claims = options.claims;
    this.tokenHash = options.tokenHash;
    this.linkId = options.linkId;
    this.clientAddress = options.clientAddress;
    this.openedAt = now();
    this.socket = new LinkSocket(options.conn, this, now);
    const transport = this.socket;
    this.session = new Session({ role: "relay", transport, schedule, windowBudget, now, events: this });
  }

  get connectorId(): string {
    return this.claims.connectorId;
  }

  get endpointId(): string {
    return this.claims.endpointId;
  }

  get outstanding(): number {
    return this.session.outstanding;
  }

  get accepting(): boolean {
    return !this.retired && this.session.accepting;
  }

  get healthy(): boolean {
    return this.upstreamAccepting && !this.suspect && !this.session.congested && !this.isFull;
  }

  /** The streams that its connector can run are spread over its links. */
  private get isFull(): boolean {
    const { hello } = this;
    if (hello === null || hello.capacity === 0) return false;
    return this.session.outstanding >= Math.ceil(hello.capacity / Math.max(hello.links, 1));
  }

  /** Known once HELLO has come. */
  get serves() {
    const serves = this.hello?.serves;
    return serves && { slug: this.claims.slug, ...serves };
  }

  get roundTripMs(): number | null {
    return this.session.roundTripMs;
  }

  open(
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
    events: StreamEvents,
    length?: number,
  ): Stream | null {
    return this.session.open(kind, framing, head, end, events, length);
  }

  /** Asks the connector to open its next link; this one serves on until it is retired. */
  announceEnd(code: GoawayCode, reason: string): void {
    this.leaving = true;
    this.session.goaway(code, reason);
  }

  /** No new streams; running ones finish, then the link closes. */
  retire(code: GoawayCode, reason: string): void {
    this.session.goaway(code, reason);
    this.retired = true;
    this.host.onDraining(this);
    if (this.session.finished) this.session.close(code, reason);
  }

  /** Ends the link and its streams now. */
  close(code: GoawayCode, reason: string): void {
    this.session.close(code, reason);
  }

  /** Call every second: liveness, late HELLOs, drained links, peers that do not close. */
  tick(): void {
    if (!this.socket.tick()) return;
    if (this.hello === null && this.host.now() - this.openedAt >= HELLO_TIMEOUT_MS) {
      this.session.close(GoawayCode.protocolError, "no HELLO in time");
    } else if (this.session.finished && (this.retired || !this.leaving)) {
      this.session.close(GoawayCode.drain, "drained");
    } else {
      if (this.hello !== null) this.announce();
      this.session.checkAlive();
      this.suspect = this.session.silentFor() >= SUSPECT_MS;
    }
  }

  // What the session and its socket tell.

  onHello(payload: Uint8Array): void {
    const { agent, capacity, links, instance, serves, features } = decodeHello(payload);
    this.hello = { agent, capacity, links, instance, serves };
    this.host.onReady(this);
    this.session.welcome(
      encodeHello({
        version: PROTOCOL_VERSION,
        linkId: this.linkId,
        slug: this.claims.slug,
        publicBaseUrl: this.host.publicBaseUrlOf(this.claims.slug),
        windowBytes: WINDOW_BYTES,
        maxPayloadBytes: MAX_PAYLOAD_BYTES,
        pingIntervalMs: PING_INTERVAL_MS,
        idleTimeoutMs: IDLE_TIMEOUT_MS,
        features: sharedFeatures(features),
      }),
    );
    this.session.ping();
  }

  onGoaway(): void {
    this.host.onDraining(this);
  }

  onPong(): void {
    this.announce();
  }

  onState(accepting: boolean, reason: string): void {
    this.upstreamAccepting = accepting;
    this.host.onState(this, accepting, reason);
  }

  onClose(code: GoawayCode, reason: string): void {
    this.host.onEnded(this, code, reason);
  }

  onGone(): void {
    this.host.onGone(this);
  }

  private announce(): void {
    if (this.measured) return;
    this.measured = true;
    this.host.onMeasured(this);
  }
}
