import { CloseCode, GoawayCode } from "../protocol/codes.ts";
import type { Session, SessionTransport } from "../protocol/session.ts";
import {
  WebSocketFault,
  WebSocketReceiver,
  type WebSocketReceiverEvents,
} from "../protocol/websocket/receiver.ts";
import { WebSocketSender } from "../protocol/websocket/sender.ts";
import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";

/** A peer that does not finish the closing handshake is dropped after this, ms. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Receivers kept for sockets that have nothing to read now: each chunk of an idle link is read and done with at once. */
const KEPT_RECEIVERS = 64;
const spareReceivers: WebSocketReceiver[] = [];

/** Whose messages a socket carries. */
export interface LinkSocketOwner {
  readonly session: Session;
  /** The socket is gone. */
  onGone(): void;
}

/** The WebSocket under one link, on a raw socket. It has a receiver only in the middle of a message, and while streams are open. */
export class LinkSocket implements RawConnectionEvents, SessionTransport, WebSocketReceiverEvents {
  private readonly conn: RawConnection;
  private readonly owner: LinkSocketOwner;
  private readonly now: () => number;
  private readonly sender: WebSocketSender;
  private receiver: WebSocketReceiver | null = null;
  private readEnded = false;
  private closingAt: number | null = null;
  /** The close code of a WebSocket fault, which says more than that of the GOAWAY. */
  private faultCode: CloseCode | null = null;

  constructor(conn: RawConnection, owner: LinkSocketOwner, now: () => number) {
    this.conn = conn;
    this.owner = owner;
    this.now = now;
    this.sender = new WebSocketSender("server", conn);
  }

  /** Call every second. @returns false once the closing handshake has begun */
  tick(): boolean {
    this.receiver?.trim();
    this.releaseReceiver();
    if (this.closingAt === null) return true;
    if (this.now() - this.closingAt >= CLOSE_TIMEOUT_MS) this.conn.terminate();
    return false;
  }

  // What the session calls.

  send(batch: Uint8Array, start: number, end: number): void {
    this.sender.send(batch, start, end);
  }

  bufferedBytes(): number {
    return this.sender.bufferedBytes;
  }

  close(code: number, reason: string): void {
    this.endReading();
    this.closingAt ??= this.now();
    this.sender.close(this.faultCode ?? code, reason);
  }

  // What the receiver tells.

  onMessage(message: Uint8Array): void {
    this.owner.session.receive(message);
  }

  onPing(payload: Uint8Array): void {
    this.sender.pong(payload);
  }

  onCloseFrame(code: number): void {
    this.owner.session.lost(`closed by the connector (${code})`);
    this.close(code, "");
  }

  // What the raw socket tells.

  onData(chunk: Uint8Array): void {
    if (this.readEnded) return;
    this.receiver ??= this.borrowReceiver();
    try {
      this.receiver.push(chunk);
    } catch (error) {
      if (!(error instanceof WebSocketFault)) throw error;
      this.faultCode = error.code;
      const tooLarge = error.code === CloseCode.messageTooBig;
      const code = tooLarge ? GoawayCode.frameTooLarge : GoawayCode.protocolError;
      this.owner.session.close(code, error.message);
    }
    this.releaseReceiver();
  }

  onDrain(): void {
    if (this.sender.drain()) this.owner.session.drained();
  }

  onEnd(): void {
    // A connector has nothing to say after FIN, and a half-open link serves nobody.
    this.owner.session.lost("closed by the connector");
    this.close(CloseCode.goingAway, "");
  }

  onClose(): void {
    this.endReading();
    this.sender.drop();
    this.owner.session.lost("connection lost");
    this.owner.onGone();
  }

  private endReading(): void {
    this.readEnded = true;
    this.receiver?.end();
  }

  private borrowReceiver(): WebSocketReceiver {
    const receiver = spareReceivers.pop();
    if (receiver === undefined) return new WebSocketReceiver("server", this, this.now);
    receiver.serve(this, this.now);
    return receiver;
  }

  private releaseReceiver(): void {
    const { receiver } = this;
    if (receiver === null || this.owner.session.outstanding > 0 || !receiver.resting) return;
    this.receiver = null;
    receiver.serve(nobody, noClock);
    if (spareReceivers.length < KEPT_RECEIVERS) spareReceivers.push(receiver);
  }
}

const noClock = () => 0;
/** Whose receiver a spare one is. */
const nobody: WebSocketReceiverEvents = {
  onMessage: () => undefined,
  onPing: () => undefined,
  onCloseFrame: () => undefined,
};
