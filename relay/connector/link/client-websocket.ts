import { createHash, randomBytes } from "node:crypto";
import { CloseCode } from "../../protocol/codes.ts";
import { HEAD_INCOMPLETE, parseResponseHead, ResponseHead } from "../../protocol/http1/index.ts";
import { SUBPROTOCOL } from "../../protocol/limits.ts";
import {
  WebSocketFault,
  WebSocketReceiver,
  type WebSocketReceiverEvents,
} from "../../protocol/websocket/receiver.ts";
import { type WebSocketCarrier, WebSocketSender } from "../../protocol/websocket/sender.ts";
import { ByteQueue } from "../upstream/byte-queue.ts";
import type { LinkSocket, LinkSocketEvents } from "./websocket.ts";

/** RFC 6455 section 1.3. */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** An answer to the upgrade that is longer is none of a relay's, bytes. */
const MAX_ANSWER_BYTES = 16_384;

/** The connection under it. */
export interface ClientCarrier extends WebSocketCarrier {
  /** Drops the connection now. */
  terminate(): void;
}

/**
 * The connector's own end of a WebSocket, on a raw connection. It says when there is room again, makes no copy of what it
 * sends, and masks with zeros, so that neither end spends time on masks: only for ways that nobody can read on.
 */
export class ClientWebSocket implements LinkSocket, WebSocketReceiverEvents {
  readonly tellsDrain = true;
  private readonly events: LinkSocketEvents;
  private readonly request: Buffer;
  private readonly accept: string;
  private readonly receiver: WebSocketReceiver;
  private carrier: ClientCarrier | null = null;
  private sender: WebSocketSender | null = null;
  /** The answer to the upgrade, as far as it has come. */
  private readonly answer = new ByteQueue();
  private isOpen = false;
  private isClosed = false;
  private status: number | null = null;
  private fault = "";

  constructor(url: string, token: string, events: LinkSocketEvents) {
    const { pathname, search, host } = new URL(url);
    const key = randomBytes(16).toString("base64");
    this.events = events;
    this.accept = createHash("sha1")
      .update(key + ACCEPT_SUFFIX)
      .digest("base64");
    this.request = Buffer.from(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n` +
        `Authorization: Bearer ${token}\r\n\r\n`,
    );
    this.receiver = new WebSocketReceiver("client", this, () => performance.now());
  }

  // What the link calls.

  send(bytes: Uint8Array, start: number, end: number): void {
    this.sender?.send(bytes, start, end);
  }

  bufferedBytes(): number {
    return this.sender?.bufferedBytes ?? 0;
  }

  close(code: number, reason: string): void {
    this.receiver.end();
    if (this.isOpen) this.sender?.close(code, reason);
    else this.terminate();
  }

  terminate(): void {
    this.carrier?.terminate();
    this.gone("terminated");
  }

  // What the connection tells.

  /** It is there; its TLS handshake, if any, is over. */
  connected(carrier: ClientCarrier): void {
    this.carrier = carrier;
    if (this.isClosed) {
      carrier.terminate();
      return;
    }
    this.sender = new WebSocketSender("client", carrier);
    // A new connection takes a few hundred bytes.
    carrier.write(this.request, 0, this.request.length);
  }

  received(chunk: Uint8Array): void {
    if (this.isClosed) return;
    try {
      if (this.isOpen) this.receiver.push(chunk);
      else this.readAnswer(chunk);
    } catch (error) {
      if (!(error instanceof WebSocketFault)) throw error;
      this.fail(error.message, error.code);
    }
  }

  drained(): void {
    if (this.sender?.drain() === true) this.events.onDrain?.();
  }

  /** It has ended, or never came about. */
  gone(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.receiver.end();
    this.sender?.drop();
    this.events.onClose({ status: this.status, reason: this.fault || reason });
  }

  // What the receiver tells.

  onMessage(message: Uint8Array): void {
    this.events.onMessage(message);
  }

  onPing(payload: Uint8Array): void {
    this.sender?.pong(payload);
  }

  onCloseFrame(code: number): void {
    this.fault ||= `closed with ${code}`;
    this.sender?.close(code, "");
  }

  private readAnswer(chunk: Uint8Array): void {
    const { answer } = this;
    answer.append(chunk);
    const head = new ResponseHead();
    const end = parseResponseHead(head, answer.bytes, answer.start, answer.end, false);
    if (end === HEAD_INCOMPLETE && answer.length < MAX_ANSWER_BYTES) return;
    if (end <= 0) {
      this.fail(`not an answer to an upgrade: ${head.fault || "too long"}`);
      return;
    }
    if (head.status !== 101) {
      this.status = head.status;
      this.fail(`refused with ${head.status}`);
      return;
    }
    const text = Buffer.from(answer.bytes.subarray(answer.start, end)).toString("latin1");
    const accepted = /^sec-websocket-accept:[ \t]*(\S+)[ \t]*\r$/im.exec(text)?.[1] === this.accept;
    const speaks = new RegExp(`^sec-websocket-protocol:[ \\t]*${SUBPROTOCOL}[ \\t]*\\r$`, "im").test(text);
    if (!head.websocket || !accepted || !speaks) {
      this.fail("the answer to the upgrade is not ours");
      return;
    }
    const rest = answer.bytes.slice(end, answer.end);
    answer.clear();
    this.isOpen = true;
    this.events.onOpen();
    if (rest.length > 0) this.received(rest);
  }

  private fail(reason: string, code: CloseCode = CloseCode.protocolError): void {
    this.fault ||= reason;
    this.close(code, reason);
  }
}
