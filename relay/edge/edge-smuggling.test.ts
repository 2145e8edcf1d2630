import { expect, test } from "vitest";
import { refusedChunks, refusedRequests, refusedResponses } from "../protocol/http1/smuggling-corpus.ts";
import { createTestEdge, get, OK, request, settle } from "./testing/test-edge.ts";

test.each(refusedRequests.map((c) => [c.name, c] as const))(
  "no tunnel is reached, and the connection closed: %s",
  (_, { message, status = 400 }) => {
    const { connect, tunnel, edge } = createTestEdge();
    const client = connect();
    client.send(`${message}${get("/smuggled")}`);
    expect(tunnel.streams).toHaveLength(0);
    expect(client.received).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\\r\\nConnection: close\\r\\n`),
    );
    expect(client.received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(client.ended).toBe(true);
    client.send(get("/after"));
    expect(tunnel.streams).toHaveLength(0);
    expect(edge.stats.badRequests).toBe(1);
  },
);

test("the same when it comes byte by byte", () => {
  for (const { name, message } of refusedRequests) {
    if (message.length > 1_000) continue;
    const { connect, tunnel } = createTestEdge();
    const client = connect();
    for (const byte of `${message}${get("/smuggled")}`) client.send(byte);
    expect(tunnel.streams, name).toHaveLength(0);
    expect(client.received, name).toMatch(/^HTTP\/1\.1 [45]\d\d /);
  }
});

test.each(refusedChunks.map((c) => [c.name, c.message] as const))("malformed chunks: %s", (_, message) => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(`${request("POST", "/", "Transfer-Encoding: chunked")}${message}${get("/smuggled")}`);
  expect(tunnel.streams).toHaveLength(1);
  expect(tunnel.last.resetCode).toBe(0);
  expect(tunnel.last.ended).toBe(false);
  expect(client.received).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\nConnection: close\r\n/);
  expect(client.ended).toBe(true);
  expect(records).toMatchObject([{ status: 400, errorCode: "bad_request" }]);
});

test.each(refusedResponses.map((c) => [c.name, c.message] as const))("hostile response: %s", (_, message) => {
  const { connect, tunnel, records, edge } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.events.onHead(Buffer.from(message, "latin1"), false);
  expect(client.received).toMatch(/^HTTP\/1\.1 502 /);
  expect(client.received).toContain("Hotspot-Error: upstream_bad_response\r\n");
  expect(tunnel.last.resetCode).toBe(4);
  expect(edge.stats.badResponses).toBe(1);
  expect(records).toHaveLength(1);
  // The client's connection is still in step.
  client.received = "";
  client.send(get("/next"));
  tunnel.last.respond(OK, "ok");
  expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*ok$/);
});

const long = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
test.each([
  ["more body than its length", long, "hello!", true],
  ["more body than its length, a second response", long, "helloHTTP/1.1 200 OK\r\n\r\n", false],
  ["less body than its length", long, "hell", true],
])("hostile body, the connection is cut: %s", async (_, head, body, end) => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond(head, body, { open: !end });
  await settle();
  expect(client.terminated).toBe(true);
  expect(client.received).not.toContain("hello!");
  expect(client.received).not.toContain("hellH");
  expect(records).toMatchObject([{ status: 200, errorCode: "upstream_bad_response" }]);
});

test.each([
  ["bytes after the head", (s: string) => `${s}HTTP/1.1 200 OK\r\n\r\n`],
  ["a head that is not whole", (s: string) => s.slice(0, -2)],
])("hostile head: %s", (_, change) => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.events.onHead(Buffer.from(change(OK)), false);
  expect(client.received).toMatch(/^HTTP\/1\.1 502 /);
});

test("a body before its head, a length without a body, 101 without asking: 502", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.data("x");
  client.send(get());
  tunnel.last.respond(OK);
  client.send(get());
  tunnel.last.events.onHead(
    Buffer.from("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
    false,
  );
  expect(client.received.match(/HTTP\/1\.1 502/g)).toHaveLength(3);
});

test("a second final head or bad trailers cut the connection", async () => {
  for (const attack of ["head", "trailers"] as const) {
    const { connect, tunnel } = createTestEdge();
    const client = connect();
    client.send(get());
    tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "x", { open: true });
    await settle();
    if (attack === "head") tunnel.last.events.onHead(Buffer.from(OK), false);
    else tunnel.last.events.onTrailers(Buffer.from("X: 1\r\n\r\nHTTP/1.1 200 OK\r\n"));
    expect(client.terminated).toBe(true);
    expect(client.received).not.toContain("\r\n0\r\n");
  }
});

test("a body where none may be does not reach the client", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(request("HEAD", "/"));
  tunnel.last.respond(OK, "-body-", { open: true });
  // The answer to HEAD was whole with its head; what comes behind it has no reader, and the connection serves on.
  expect(client.terminated).toBe(false);
  // Not "hi": request ids are random letters.
  expect(client.received).not.toContain("-body-");
});

test("endless interim responses are refused", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  for (let i = 0; i < 40; i++)
    tunnel.last.events.onHead(Buffer.from("HTTP/1.1 102 Processing\r\n\r\n"), false);
  expect(tunnel.last.resetCode).toBe(4);
  expect(client.received.match(/HTTP\/1\.1 102/g)).toHaveLength(16);
});

test("after an early answer the rest of the upload is thrown away, not read as a request", () => {
  const { connect, tunnel, records, pass } = createTestEdge();
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 100")}abc`);
  tunnel.last.respond(OK, "no");
  expect(tunnel.last.resetCode).toBe(0);
  expect(client.received).toContain("Connection: close\r\n");
  client.send(get("/smuggled"));
  expect(tunnel.streams).toHaveLength(1);
  expect(client.ended).toBe(true);
  expect(client.terminated).toBe(false);
  pass(6_000);
  expect(client.terminated).toBe(true);
  expect(records).toMatchObject([{ status: 200, bytesIn: 3 }]);
});
