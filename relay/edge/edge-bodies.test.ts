import { expect, test } from "vitest";
import { acme, createTestEdge, get, OK, request, settle } from "./testing/test-edge.ts";

test("an upload is paused while the tunnel takes no more, and goes on where it stopped", () => {
  const { connect, tunnel } = createTestEdge();
  tunnel.window = 10;
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 30")}${"a".repeat(15)}`);
  expect([tunnel.last.body.length, client.paused]).toEqual([10, true]);
  client.send("b".repeat(5));
  expect(tunnel.last.body.length).toBe(10);
  tunnel.last.widen(7);
  expect([tunnel.last.body.length, client.paused]).toEqual([17, true]);
  tunnel.last.widen(10);
  expect([tunnel.last.body, client.paused]).toEqual([`${"a".repeat(15)}bbbbb`, false]);
  client.send(`${"c".repeat(10)}${get("/next")}`);
  tunnel.last.widen(100);
  expect([tunnel.last.body.length, tunnel.last.ended]).toEqual([30, true]);
  tunnel.last.respond(OK, "ok");
  expect(tunnel.last.head).toMatch(/^GET \/next /);
});

test("a chunked upload cut anywhere arrives whole", () => {
  const message = `${request("POST", "/", "Transfer-Encoding: chunked")}5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n`;
  for (let cut = 1; cut < message.length; cut++) {
    const { connect, tunnel, records } = createTestEdge();
    tunnel.window = 4;
    const client = connect();
    client.send(message.slice(0, cut));
    client.send(message.slice(cut));
    if (tunnel.streams.length === 0) throw new Error(`no stream, cut at ${cut}`);
    while (!tunnel.last.ended) tunnel.last.widen(4);
    expect(tunnel.last.body).toBe("hello0123456789");
    tunnel.last.respond(OK, "ok");
    expect(records).toMatchObject([{ bytesIn: 15, status: 200 }]);
  }
});

test("a read is handed over to be written over once it is taken, never a head or what may be sent again", () => {
  const { connect, tunnel } = createTestEdge();
  tunnel.window = 6;
  const client = connect();
  client.send(`${request("PUT", "/", "Content-Length: 30")}abc`);
  expect(tunnel.last.overwritten).toBe(0);
  client.send(`0123456789abcdefghijklmnopq${get("/next")}`);
  const upload = tunnel.last;
  for (let n = 0; n < 12; n++) upload.widen(2);
  expect(upload.body).toBe("abc0123456789abcdefghijklmnopq");
  expect(upload.overwritten).toBeGreaterThan(27);
  upload.respond(OK, "ok");
  expect(tunnel.last.head).toMatch(/^GET \/next /);
});

test("a read full of tiny chunks is taken in several turns, and others have theirs in between", async () => {
  const { connect, tunnel } = createTestEdge();
  const [client, other] = [connect(), connect()];
  const chunks = 10_000;
  tunnel.window = 1_000_000;
  client.send(`${request("POST", "/", "Transfer-Encoding: chunked")}${"1\r\nx\r\n".repeat(chunks)}`);
  const upload = tunnel.last;
  expect(upload.body.length).toBeLessThan(chunks / 2);
  expect(client.paused).toBe(true);
  other.send(get("/between"));
  expect(tunnel.last.head).toMatch(/^GET \/between /);
  while (upload.body.length < chunks) await settle();
  expect(client.paused).toBe(false);
  client.send(`0\r\n\r\n${get("/next")}`);
  expect([upload.body, upload.ended]).toEqual(["x".repeat(chunks), true]);
  upload.respond(OK, "ok");
  expect(tunnel.last.head).toMatch(/^GET \/next /);
});

test("a slow reader costs credit, not memory: it is given back as bytes leave", async () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  client.room = 1_000;
  const size = 100_000;
  tunnel.last.respond(`HTTP/1.1 200 OK\r\nContent-Length: ${3 * size}\r\n\r\n`, "x".repeat(size), {
    open: true,
  });
  tunnel.last.data("y".repeat(size));
  await settle();
  expect(tunnel.last.credited).toBe(0);
  client.read(90_000);
  expect(tunnel.last.credited).toBeGreaterThan(80_000);
  expect(tunnel.last.credited).toBeLessThanOrEqual(91_000);
  client.read(Number.POSITIVE_INFINITY);
  expect(tunnel.last.credited).toBe(2 * size);
  tunnel.last.data("z".repeat(size), true);
  expect(client.received.endsWith("z".repeat(size))).toBe(true);
});

test("events of one turn leave in one write, in order", async () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "a", { open: true });
  tunnel.last.data("b");
  tunnel.last.data("c");
  expect(client.writes).toBe(0);
  await settle();
  expect(client.writes).toBe(1);
  expect(client.received.endsWith("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n")).toBe(true);
});

test("two clients in one turn do not mix", async () => {
  const { connect, tunnel } = createTestEdge();
  const [one, two] = [connect(), connect()];
  one.send(get());
  two.send(get());
  const [a, b] = tunnel.streams;
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
  a.respond(head, "a1", { open: true });
  b.respond(head, "b1", { open: true });
  a.data("a2", true);
  b.data("b2", true);
  await settle();
  expect(one.received.endsWith("\r\n\r\na1a2")).toBe(true);
  expect(two.received.endsWith("\r\n\r\nb1b2")).toBe(true);
});

test("a declared body over the limit is 413 before the tunnel hears of it", () => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(request("POST", "/", "Content-Length: 1000001"));
  expect(client.received).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close/);
  expect(tunnel.streams).toHaveLength(0);
  expect(records).toMatchObject([{ status: 413, errorCode: "body_too_large" }]);
});

test.each([
  [
    "target",
    { maxTargetBytes: 20 },
    414,
    "target_too_long",
    get(`/${"a".repeat(19)}`),
    get(`/${"a".repeat(20)}`),
  ],
  ["head", { maxHeadBytes: 53 }, 431, "head_too_large", get("/", "X: 34567890"), get("/", "X: 345678901")],
])(
  "a %s at the plan's limit passes, a byte more is refused before the tunnel hears of it and the connection goes on",
  (_, limit, status, code, fits, over) => {
    const limits = { ...acme.limits, ...limit };
    const { connect, tunnel, records } = createTestEdge({ routes: { acme: { ...acme, limits } } });
    const client = connect();
    for (const message of [over, fits, over]) client.send(message);
    expect(client.received.match(/^HTTP\/1\.1 \d+/gm)).toEqual([`HTTP/1.1 ${status}`]);
    expect(tunnel.streams).toHaveLength(1);
    tunnel.last.respond(OK, "ok");
    expect(tunnel.streams).toHaveLength(1);
    expect(records.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      [status, code],
      [200, null],
      [status, code],
    ]);
  },
);

test("a chunked body over the limit is 413, or a cut once the response has started", () => {
  const limits = { ...acme.limits, maxBodyBytes: 10 };
  for (const started of [false, true]) {
    const { connect, tunnel, records } = createTestEdge({ routes: { acme: { ...acme, limits } } });
    const client = connect();
    client.send(`${request("POST", "/", "Transfer-Encoding: chunked")}8\r\n01234567\r\n`);
    if (started) tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "early", { open: true });
    client.send("3\r\n890\r\n");
    expect(tunnel.last.resetCode).toBe(0);
    expect(client.terminated).toBe(started);
    expect(records).toMatchObject([{ status: started ? 200 : 413, errorCode: "body_too_large" }]);
  }
});

test("the client goes away: the stream is cancelled and the record says so", () => {
  const { connect, tunnel, records, edge } = createTestEdge();
  const client = connect();
  client.send(get());
  client.disconnect();
  expect(tunnel.last.resetCode).toBe(0);
  expect(records).toMatchObject([{ status: 499, clientAborted: true, errorCode: "client_aborted" }]);
  tunnel.last.respond(OK, "late");
  expect(records).toHaveLength(1);
  expect([edge.stats.connections, edge.stats.active]).toEqual([0, 0]);
});

test("the client goes away in mid-response: status of the response, bytes so far", () => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "12345", { open: true });
  client.disconnect();
  expect(records).toMatchObject([{ status: 200, bytesOut: 5, clientAborted: true }]);
});

test("a half-close is the end of the requests, not of the response", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  client.finish();
  expect(tunnel.last.resetCode).toBe(null);
  tunnel.last.respond(OK, "ok");
  expect(client.received.endsWith("ok")).toBe(true);
  expect(client.ended).toBe(true);
});

test("a half-close in mid-upload is an abort", () => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 10")}abc`);
  client.finish();
  expect(tunnel.last.resetCode).toBe(0);
  expect(records).toMatchObject([{ status: 499, bytesIn: 3 }]);
});

test("the upstream breaks off in mid-response: the client sees a cut, not an end", async () => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "part", { open: true });
  await settle();
  tunnel.last.events.onReset(3, "upstream reset");
  expect(client.terminated).toBe(true);
  expect(client.received.endsWith("4\r\npart\r\n")).toBe(true);
  expect(records).toMatchObject([
    { status: 200, errorCode: "upstream_reset", bytesOut: 4, clientAborted: false },
  ]);
});
