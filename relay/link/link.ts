import type { ConnectorClaims } from "../../server/connectors/index.ts";
import { CloseCode, GoawayCode } from "../protocol/codes.ts";
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
import { Session } from "../protocol/session.ts";
import type {
  BodyFraming,
  LinkTunnel,
  RawConnection,
  RawConnectionEvents,
  Stream,
  StreamEvents,
  StreamKind,
} from "../routes/tunnel.ts";
import { WebSocketFault, WebSocketReceiver } from "./websocket-receiver.ts";
import { WebSocketSender } from "./websocket-sender.ts";

/** A connector has this long for its HELLO, ms. */
const HELLO_TIMEOUT_MS = 10_000;
/** A peer that does not finish the closing handshake is dropped after this, ms. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface LinkOptions {
  conn: RawConnection;
  claims: ConnectorClaims;
  /** Kept to ask again whether it is still good. Never logged. */
  token: string;
  linkId: string;
  clientAddress: string;
  publicBaseUrl: string;
  /** Shared by all links of the relay. */
  windowBudget: WindowBudget;
  now(): number;
  schedule(task: () => void): void;
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

/** One connector's WebSocket: carries the session over a raw socket and serves its endpoint. */
export class Link implements LinkTunnel, RawConnectionEvents {
  readonly connectorId: string;
  readonly endpointId: string;
  readonly claims: ConnectorClaims;
  readonly token: string;
  readonly linkId: string;
  readonly clientAddress: string;
  hello: Hello | null = null;
  private readonly options: LinkOptions;
  private readonly conn: RawConnection;
  private readonly session: Session;
  private readonly sender: WebSocketSender;
  private readonly receiver: WebSocketReceiver;
  private readonly openedAt: number;
  private closingAt: number | null = null;
  private measured = false;
  /** What the connector said of its upstream last. */
  private upstream = { accepting: true, reason: "" };
  /** A PING has waited for its answer for too long, as of the last tick. */
  private suspect = false;
  /** The connector knows that this link ends. */
  private leaving = false;
  private retired = false;
  /** The close code of a WebSocket fault, which says more than that of the GOAWAY. */
  private faultCode: CloseCode | null = null;

  constructor(options: LinkOptions) {
    const { conn, claims, now } = options;
    this.options = options;
    this.conn = conn;
    this.claims = claims;
    this.connectorId = claims.connectorId;
    this.endpointId = claims.endpointId;
    this.token = options.token;
    this.linkId = options.linkId;
    this.clientAddress = options.clientAddress;
    this.openedAt = now();
    const sender = new WebSocketSender(conn);
    this.sender = sender;
    this.receiver = new WebSocketReceiver(
      {
        onMessage: (message) => this.session.receive(message),
        onPing: (payload) => sender.pong(payload),
        onClose: (code) => this.closedByPeer(code),
      },
      now,
    );
    this.session = new Session({
      role: "relay",
      transport: {
        send: (batch, start, end) => void sender.send(batch, start, end),
        bufferedBytes: () => sender.bufferedBytes,
        close: (code, reason) => this.closeSocket(this.faultCode ?? code, reason),
      },
      schedule: options.schedule,
      windowBudget: options.windowBudget,
      now,
      events: {
        onHello: (payload) => this.greet(payload),
        onGoaway: () => options.onDraining(this),
        onPong: () => this.announce(),
        onState: (accepting, reason) => {
          this.upstream = { accepting, reason };
          options.onState(this, accepting, reason);
        },
        onClose: (code, reason) => options.onEnded(this, code, reason),
      },
    });
  }

  get outstanding(): number {
    return this.session.outstanding;
  }

  get accepting(): boolean {
    return !this.retired && this.session.accepting;
  }

  get healthy(): boolean {
    return this.upstream.accepting && !this.suspect && !this.session.congested && !this.isFull;
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
  ): Stream | null {
    return this.session.open(kind, framing, head, end, events);
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
    this.options.onDraining(this);
    if (this.session.finished) this.session.close(code, reason);
  }

  /** Ends the link and its streams now. */
  close(code: GoawayCode, reason: string): void {
    this.session.close(code, reason);
  }

  /** Call every second: liveness, late HELLOs, drained links, peers that do not close. */
  tick(): void {
    const now = this.options.now();
    this.receiver.trim();
    if (this.closingAt !== null) {
      if (now - this.closingAt >= CLOSE_TIMEOUT_MS) this.conn.terminate();
      return;
    }
    if (this.hello === null && now - this.openedAt >= HELLO_TIMEOUT_MS) {
      this.session.close(GoawayCode.protocolError, "no HELLO in time");
    } else if (this.session.finished && (this.retired || !this.leaving)) {
      this.session.close(GoawayCode.drain, "drained");
    } else {
      if (this.hello !== null) this.announce();
      this.session.checkAlive();
      this.suspect = this.session.silentFor() >= SUSPECT_MS;
    }
  }

  onData(chunk: Uint8Array): void {
    try {
      this.receiver.push(chunk);
    } catch (error) {
      if (!(error instanceof WebSocketFault)) throw error;
      this.faultCode = error.code;
      const tooLarge = error.code === CloseCode.messageTooBig;
      this.session.close(tooLarge ? GoawayCode.frameTooLarge : GoawayCode.protocolError, error.message);
    }
  }

  onDrain(): void {
    if (this.sender.drain()) this.session.drained();
  }

  onEnd(): void {
    // A connector has nothing to say after FIN, and a half-open link serves nobody.
    this.session.lost("closed by the connector");
    this.closeSocket(CloseCode.goingAway, "");
  }

  onClose(): void {
    this.receiver.end();
    this.sender.drop();
    this.session.lost("connection lost");
    this.options.onGone(this);
  }

  private greet(payload: Uint8Array): void {
    this.hello = decodeHello(payload);
    this.options.onReady(this);
    this.session.welcome(
      encodeHello({
        version: PROTOCOL_VERSION,
        linkId: this.linkId,
        slug: this.claims.slug,
        publicBaseUrl: this.options.publicBaseUrl,
        windowBytes: WINDOW_BYTES,
        maxPayloadBytes: MAX_PAYLOAD_BYTES,
        pingIntervalMs: PING_INTERVAL_MS,
        idleTimeoutMs: IDLE_TIMEOUT_MS,
        features: sharedFeatures(this.hello.features),
      }),
    );
    this.session.ping();
  }

  private announce(): void {
    if (this.measured) return;
    this.measured = true;
    this.options.onMeasured(this);
  }

  private closedByPeer(code: number): void {
    this.session.lost(`closed by the connector (${code})`);
    this.closeSocket(code, "");
  }

  private closeSocket(code: number, reason: string): void {
    this.receiver.end();
    this.closingAt ??= this.options.now();
    this.sender.close(code, reason);
  }
}
