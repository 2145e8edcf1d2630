import { expect, test } from "vitest";
import { createTestEdge, get, request, settle } from "./testing/test-edge.ts";

/** The ladder at which proxies give up on a silent stream, seconds. */
const LADDER = [6, 11, 31, 61, 125, 305];
/** The relay's default. */
const config = { upstreamHeaderTimeoutMs: 360_000 };
const EVENTS = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";
const COMMENT = "e\r\n: keep-alive\n\n\r\n";

test.each(LADDER)(
  "a stream that is silent for %i s before its head and between its bytes completes",
  (seconds) => {
    const { connect, pass, tunnel, records } = createTestEdge({ config });
    const client = connect();
    const silence = () => {
      for (let second = 0; second < seconds; second++) pass(1_000);
    };
    client.send(`${request("POST", "/v1/think", "Content-Length: 2")}hi`);
    silence();
    tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "one", { open: true });
    silence();
    tunnel.last.data("two", true);
    expect(client.received).toMatch(/\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
    expect([client.ended, client.terminated]).toEqual([false, false]);
    expect(records).toMatchObject([{ status: 200, bytesOut: 6, errorCode: null }]);
  },
);

test("a WebSocket that is silent for an hour stays", async () => {
  const { connect, pass, tunnel } = createTestEdge({ config });
  const client = connect();
  client.send(get("/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"));
  tunnel.last.respond(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    undefined,
    { open: true },
  );
  for (let minute = 0; minute < 60; minute++) pass(60_000);
  tunnel.last.data("late");
  await settle();
  expect(client.received.endsWith("late")).toBe(true);
});

function eventStream(head = EVENTS, sent = get("/events")) {
  const edge = createTestEdge({ config: { ...config, sseCommentMs: 15_000 } });
  const client = edge.connect();
  client.send(sent);
  edge.tunnel.last.respond(head, undefined, { open: true });
  return {
    ...edge,
    client,
    /** What the client gets while nothing happens. */
    async silence(seconds: number): Promise<string> {
      await settle();
      const from = client.received.length;
      for (let second = 0; second < seconds; second++) edge.pass(1_000);
      await settle();
      return client.received.slice(from);
    },
  };
}

test("a silent event stream gets a comment each time that the silence has lasted, and none while events come", async () => {
  const { silence, tunnel, client, records } = eventStream();
  expect(await silence(14)).toBe("");
  expect(await silence(31)).toBe(COMMENT.repeat(3));
  for (let i = 0; i < 5; i++) {
    tunnel.last.data("data: x\n\n");
    expect(await silence(14)).toBe("");
  }
  tunnel.last.data("data: end\n\n", true);
  await settle();
  expect(client.received.endsWith("b\r\ndata: end\n\n\r\n0\r\n\r\n")).toBe(true);
  // Five events of 9 bytes and one of 11: comments are not counted.
  expect(records).toMatchObject([{ bytesOut: 56 }]);
  expect(tunnel.last.credited).toBeLessThanOrEqual(56);
});

test.each(["\n\n", "\r\n\r\n", "\r\r", "\n\r\n"])(
  "after an event that ends in %j a comment may come",
  async (end) => {
    const { silence, tunnel } = eventStream();
    // In two pieces, as the network likes it.
    tunnel.last.data(`data: x${end.slice(0, 1)}`);
    tunnel.last.data(end.slice(1));
    expect(await silence(16)).toBe(COMMENT);
  },
);

test.each([
  "data: half",
  "data: x\n",
  "data: x\r\n",
  "data: x\n\ndata: y\n",
  "data: x\n\r",
  "id: 1\r\n\r\nd",
])("in the middle of an event there is none: %j", async (bytes) => {
  const { silence, tunnel } = eventStream();
  tunnel.last.data(bytes);
  expect(await silence(60)).toBe("");
});

test.each([
  ["is compressed", EVENTS.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n")],
  ["has a length", EVENTS.replace("\r\n\r\n", "\r\nContent-Length: 1000\r\n\r\n")],
  ["is something else", EVENTS.replace("text/event-stream", "text/event-streams")],
])("a stream that %s gets none", async (_name, head) => {
  expect(await eventStream(head).silence(60)).toBe("");
});

test("an HTTP/1.0 client gets the comment without chunks; one that does not read gets none", async () => {
  const old = eventStream(EVENTS, "GET / HTTP/1.0\r\nHost: acme.localhost\r\n\r\n");
  expect(await old.silence(16)).toBe(": keep-alive\n\n");
  const stuck = eventStream();
  stuck.client.room = 5;
  stuck.tunnel.last.data("data: x\n\n");
  expect(await stuck.silence(60)).not.toContain("keep-alive");
});

test("with the comments off, which they are unless asked for, a stream stays as its upstream sent it", async () => {
  const { connect, pass, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond(EVENTS, "data: x\n\n", { open: true });
  for (let minute = 0; minute < 10; minute++) pass(60_000);
  await settle();
  expect(client.received).not.toContain("keep-alive");
});
