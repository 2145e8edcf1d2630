import { randomBytes } from "node:crypto";
import { encodeHello } from "../../protocol/hello.ts";
import { Session, type SessionEvents } from "../../protocol/session.ts";
import type { LinkRequest } from "../handshake.ts";
import type { FakeConnection } from "./fake-connection.ts";

/** The headers of a well-formed link request. */
export function linkRequest(token: string, changes: Record<string, string> = {}): LinkRequest {
  return {
    method: "GET",
    isWebSocketUpgrade: true,
    clientAddress: "192.0.2.7",
    headers: new Map(
      Object.entries({
        authorization: `Bearer ${token}`,
        "sec-websocket-key": randomBytes(16).toString("base64"),
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "hotspot.v1",
        ...changes,
      }),
    ),
  };
}

/** The connector's end of a FakeConnection: masks what it sends, reads what the relay wrote. Ticks by hand. */
export class FakeConnector {
  readonly session: Session;
  /** Close codes the relay sent. */
  readonly closes: number[] = [];
  readonly tasks: (() => void)[];
  private readonly conn: FakeConnection;
  private readonly events: SessionEvents;
  private pending: Buffer = Buffer.alloc(0);

  constructor(conn: FakeConnection, tasks: (() => void)[], events: SessionEvents = {}) {
    this.conn = conn;
    this.tasks = tasks;
    this.events = events;
    this.session = new Session({
      role: "connector",
      transport: {
        send: (batch, start, end) => this.sendFrame(2, batch.subarray(start, end)),
        bufferedBytes: () => 0,
        close: () => undefined,
      },
      schedule: (task) => tasks.push(task),
      now: () => 0,
      events: this.events,
    });
  }

  hello(changes: Record<string, unknown> = {}): void {
    const hello = { versions: [1], agent: "test/1.2.3", capacity: 5, links: 1, linkIndex: 0, ...changes };
    this.session.hello(encodeHello(hello));
    this.settle();
  }

  sendFrame(opcode: number, payload: Uint8Array): void {
    const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | Math.min(payload.length, 126);
    if (head.length === 4) head.writeUInt16BE(payload.length, 2);
    const mask = randomBytes(4);
    const masked = payload.map((byte, i) => byte ^ mask[i & 3]!);
    this.conn.events!.onData(new Uint8Array(Buffer.concat([head, mask, masked])));
  }

  /** Runs both ends until nothing moves. */
  settle(): void {
    for (;;) {
      const ran = this.tasks.splice(0);
      for (const task of ran) task();
      const wrote = this.conn.takeWritten();
      this.read(wrote);
      if (ran.length === 0 && wrote.length === 0) return;
    }
  }

  private read(bytes: Buffer): void {
    this.pending = Buffer.concat([this.pending, bytes]);
    while (this.pending.length >= 2) {
      const short = this.pending[1]!;
      const start = short < 126 ? 2 : 4;
      const length = short < 126 ? short : this.pending.readUInt16BE(2);
      if (this.pending.length < start + length) return;
      const payload = this.pending.subarray(start, start + length);
      const opcode = this.pending[0]! & 0x0f;
      this.pending = this.pending.subarray(start + length);
      if (opcode === 2) this.session.receive(payload);
      if (opcode === 8) this.closes.push(payload.length < 2 ? 1005 : payload.readUInt16BE(0));
    }
  }
}
