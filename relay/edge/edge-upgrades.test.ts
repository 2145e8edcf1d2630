import { expect, test } from "vitest";
import { createTestEdge, get, OK, settle } from "./testing/test-edge.ts";

const upgrade = get(
  "/ws",
  "Connection: keep-alive, Upgrade",
  "Upgrade: h2c, websocket",
  "Sec-WebSocket-Key: k",
);
const switching =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n";

function open() {
  const test = createTestEdge();
  const client = test.connect();
  client.send(upgrade);
  const stream = test.tunnel.last;
  stream.events.onHead(Buffer.from(switching), false);
  return { ...test, client, stream };
}

test("only websocket is offered to the upstream, as a stream of its own kind", () => {
  const { stream, client } = open();
  expect([stream.kind, stream.framing, stream.ended]).toEqual([1, 0, false]);
  expect(stream.head).toContain("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  expect(stream.head).not.toContain("h2c");
  expect(stream.head).toContain("Sec-WebSocket-Key: k\r\n");
  expect(client.received).toMatch(
    /^HTTP\/1\.1 101 Switching Protocols\r\nSec-WebSocket-Accept: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/,
  );
});

test("raw bytes pass both ways, and each direction ends by itself", async () => {
  const { stream, client, records, edge } = open();
  client.received = "";
  client.send("\x81\x85from client");
  stream.data("\x81\x05hello");
  await settle();
  expect([stream.body, client.received]).toEqual(["\x81\x85from client", "\x81\x05hello"]);
  expect(edge.stats.upgraded).toBe(1);
  client.finish();
  expect(stream.ended).toBe(true);
  stream.data("more");
  await settle();
  expect(client.received.endsWith("more")).toBe(true);
  expect(client.ended).toBe(false);
  stream.data("", true);
  expect(client.ended).toBe(true);
  expect(records).toMatchObject([
    { status: 101, bytesIn: 13, bytesOut: 11, errorCode: null, clientAborted: false },
  ]);
  expect([edge.stats.upgraded, stream.resetCode]).toEqual([0, null]);
});

test("the upstream may end first; the client still talks", async () => {
  const { stream, client, records } = open();
  stream.data("bye", true);
  await settle();
  expect(client.ended).toBe(true);
  client.send("late");
  expect(stream.body).toBe("late");
  expect(records).toHaveLength(0);
  client.finish();
  expect([stream.ended, records.length]).toEqual([true, 1]);
});

test("a client that closes behind the upstream's end has aborted nothing; one that closes before it has", async () => {
  const ended = open();
  ended.stream.data("bye", true);
  await settle();
  ended.client.disconnect();
  expect(ended.records).toMatchObject([{ status: 101, errorCode: null, clientAborted: false }]);
  expect([ended.stream.ended, ended.stream.resetCode, ended.edge.stats.upgraded]).toEqual([true, null, 0]);

  const unread = open();
  unread.client.room = 0;
  unread.stream.data("bye", true);
  await settle();
  unread.client.disconnect();
  expect(unread.records).toMatchObject([{ errorCode: "client_aborted", clientAborted: true }]);

  const gone = open();
  gone.client.disconnect();
  expect(gone.records).toMatchObject([{ errorCode: "client_aborted", clientAborted: true }]);
});

test("what the client sent before the 101 waits for it", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(`${upgrade}early`);
  expect(tunnel.last.body).toBe("");
  tunnel.last.events.onHead(Buffer.from(switching), false);
  expect(tunnel.last.body).toBe("early");
  expect(client.paused).toBe(false);
});

test("a refused upgrade opens no tunnel: the connection ends with the answer", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(`${upgrade}${get("/smuggled")}`);
  tunnel.last.respond("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n", "no");
  expect(client.received).toMatch(/^HTTP\/1\.1 403 [\s\S]*\r\nConnection: close\r\n[\s\S]*no$/);
  expect([tunnel.streams.length, tunnel.last.body, client.ended]).toEqual([1, "", true]);
});

test("an upgrade with a body is a plain request", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(`${get("/", "Connection: Upgrade", "Upgrade: websocket", "Content-Length: 3")}abc`);
  expect([tunnel.last.kind, tunnel.last.body]).toEqual([0, "abc"]);
  expect(tunnel.last.head).not.toContain("Upgrade");
  tunnel.last.respond(OK, "ok");
  expect(client.ended).toBe(false);
});

test("back-pressure holds in both directions", async () => {
  const { stream, client } = open();
  stream.window = 5;
  client.send("0123456789");
  expect([stream.body, client.paused]).toEqual(["01234", true]);
  stream.widen(100);
  expect([stream.body, client.paused]).toEqual(["0123456789", false]);
  client.room = 0;
  stream.data("x".repeat(50_000));
  await settle();
  expect(stream.credited).toBe(0);
  client.read(50_000);
  expect(stream.credited).toBe(50_000);
});

test("a reset on either side is a reset on the other", () => {
  const first = open();
  first.client.disconnect();
  expect(first.stream.resetCode).toBe(0);
  expect(first.records).toMatchObject([{ status: 101, clientAborted: true }]);
  const second = open();
  second.stream.events.onReset(3, "reset");
  expect(second.client.terminated).toBe(true);
  expect(second.records).toMatchObject([{ status: 101, errorCode: "upstream_reset" }]);
});

test("a silent upgraded connection is never timed out", () => {
  const { client, pass } = open();
  for (let i = 0; i < 10; i++) pass(3_600_000);
  expect([client.terminated, client.ended]).toEqual([false, false]);
});
