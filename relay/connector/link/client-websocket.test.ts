import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FakeConnection } from "../../link/testing/fake-connection.ts";
import { WebSocketReceiver } from "../../protocol/websocket/receiver.ts";
import { WebSocketSender } from "../../protocol/websocket/sender.ts";
import { ClientWebSocket } from "./client-websocket.ts";

function client() {
  const heard = { opened: 0, messages: [] as string[], drains: 0, ends: [] as object[] };
  const socket = new ClientWebSocket("ws://localhost:81/ws/connect?a=1", "token-1", {
    onOpen: () => heard.opened++,
    onMessage: (bytes) => heard.messages.push(Buffer.from(bytes).toString()),
    onDrain: () => heard.drains++,
    onClose: (end) => heard.ends.push(end),
  });
  const connection = new FakeConnection();
  socket.connected(connection);
  const request = connection.takeWritten().toString();
  return { socket, connection, heard, request };
}

function acceptance(request: string, changes: Record<string, string> = {}): string {
  const key = /^Sec-WebSocket-Key: (.+)\r$/m.exec(request)![1];
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const fields = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": accept,
    "sec-websocket-protocol": "hotspot.v1",
    ...changes,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`;
}

/** A message of a relay. */
function message(text: string): Buffer {
  const connection = new FakeConnection();
  const batch = Buffer.concat([Buffer.alloc(16), Buffer.from(text)]);
  new WebSocketSender("server", connection).send(batch, 16, batch.length);
  return connection.takeWritten();
}

function opened() {
  const all = client();
  all.socket.received(Buffer.from(acceptance(all.request)));
  return all;
}

describe("the connector's end of a WebSocket", () => {
  it("asks for an upgrade, and opens at an answer that comes byte by byte with a message behind it", () => {
    const { socket, heard, request } = client();
    expect(request).toMatch(/^GET \/ws\/connect\?a=1 HTTP\/1\.1\r\nHost: localhost:81\r\n/);
    expect(request).toContain("\r\nAuthorization: Bearer token-1\r\n");
    const bytes = Buffer.concat([Buffer.from(acceptance(request)), message("first"), message("second")]);
    for (const byte of bytes) socket.received(Uint8Array.of(byte));
    expect(heard).toMatchObject({ opened: 1, messages: ["first", "second"], ends: [] });
    const whole = client();
    whole.socket.received(Buffer.concat([Buffer.from(acceptance(whole.request)), message("first")]));
    expect(whole.heard).toMatchObject({ opened: 1, messages: ["first"] });
  });

  it("tells the status of a refusal", () => {
    const { socket, connection, heard } = client();
    socket.received(Buffer.from("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
    expect(heard.ends).toEqual([{ status: 401, reason: "refused with 401" }]);
    expect(connection.terminated).toBe(true);
  });

  it.each([
    ["another key's proof", { "Sec-WebSocket-Accept": "AAAA" }],
    ["another protocol", { "sec-websocket-protocol": "chat" }],
    ["no upgrade", { Upgrade: "h2c" }],
  ])("does not open with %s", (_name, changes) => {
    const { socket, heard, request } = client();
    socket.received(Buffer.from(acceptance(request, changes)));
    expect(heard).toMatchObject({ opened: 0, ends: [{ status: null }] });
  });

  it("does not open at something that is no HTTP", () => {
    const { socket, heard } = client();
    socket.received(Buffer.from("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    expect(heard).toMatchObject({ opened: 0, ends: [{ status: null }] });
  });

  it.each([1, 126, 70_000])("sends %i bytes as a relay reads them", (length) => {
    const { socket, connection } = opened();
    const batch = new Uint8Array(16 + length).fill(7);
    socket.send(batch, 16, batch.length);
    const messages: Uint8Array[] = [];
    const events = {
      onMessage: (bytes: Uint8Array) => messages.push(new Uint8Array(bytes)),
      onPing() {},
      onCloseFrame() {},
    };
    new WebSocketReceiver("server", events, () => 0).push(connection.takeWritten());
    expect(messages).toEqual([new Uint8Array(length).fill(7)]);
  });

  it("keeps what the connection does not take, and says when there is room", () => {
    const { socket, connection, heard } = opened();
    connection.room = 10;
    socket.send(new Uint8Array(116), 16, 116);
    expect(socket.bufferedBytes()).toBe(96);
    connection.room = 50;
    socket.drained();
    expect(socket.bufferedBytes()).toBe(46);
    expect(heard.drains).toBe(1);
  });

  it("ends when the relay masks, closes, or is gone", () => {
    const masking = opened();
    masking.socket.received(Uint8Array.of(0x82, 0x81, 0, 0, 0, 0, 1));
    expect(masking.connection.takeWritten()[0]).toBe(0x88);
    masking.socket.gone("closed by the relay");
    expect(masking.heard.ends).toEqual([{ status: null, reason: "masked frame of a server" }]);
    const closed = opened();
    closed.socket.received(Uint8Array.of(0x88, 2, 0x03, 0xe9));
    expect(closed.connection.ended).toBe(true);
    closed.socket.gone("closed by the relay");
    expect(closed.heard.ends).toEqual([{ status: null, reason: "closed with 1001" }]);
    const gone = opened();
    gone.socket.gone("ECONNRESET");
    gone.socket.terminate();
    expect(gone.heard.ends).toEqual([{ status: null, reason: "ECONNRESET" }]);
  });

  it("given up before it was connected, drops the connection when it comes", () => {
    const ends: object[] = [];
    const socket = new ClientWebSocket("ws://localhost/", "t", {
      onOpen() {},
      onMessage() {},
      onClose: (end) => ends.push(end),
    });
    socket.terminate();
    const connection = new FakeConnection();
    socket.connected(connection);
    expect(connection.terminated).toBe(true);
    expect(ends).toEqual([{ status: null, reason: "terminated" }]);
  });
});
