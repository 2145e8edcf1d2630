import { expect, test } from "vitest";
import { LINK_LOST } from "../routes/tunnel.ts";
import { FakeTunnel } from "./testing/fake-tunnel.ts";
import { createTestEdge, get, OK, request, settle } from "./testing/test-edge.ts";

const REFUSED = 5;

test("the accepting tunnel with the fewest streams is picked, ties go round", () => {
  const { connect, tunnel, tunnels } = createTestEdge();
  const [second, third] = [new FakeTunnel("con_2"), new FakeTunnel("con_3")];
  tunnels.push(second, third);
  tunnel.outstanding = 5;
  third.accepting = false;
  for (let i = 0; i < 3; i++) connect().send(get());
  expect([tunnel.streams.length, second.streams.length, third.streams.length]).toEqual([0, 3, 0]);
  tunnel.outstanding = 0;
  for (let i = 0; i < 4; i++) connect().send(get());
  expect([tunnel.streams.length, second.streams.length]).toEqual([2, 5]);
});

test("a request waits for a connector, and goes on when one comes, with its body", async () => {
  const { connect, tunnel, tunnels, waiting, edge, clock, records } = createTestEdge();
  tunnels.length = 0;
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 6")}abc`);
  client.send("def");
  expect([edge.stats.parked, waiting.length, client.paused]).toEqual([1, 1, true]);
  tunnels.push(tunnel);
  clock.now += 3_000;
  waiting[0](true);
  await settle();
  expect([tunnel.last.body, tunnel.last.ended, client.paused]).toEqual(["abcdef", true, false]);
  tunnel.last.respond(OK, "ok");
  expect(client.received).toMatch(/^HTTP\/1\.1 200 /);
  expect([edge.stats.parked, records[0].queueMs]).toEqual([0, 3_000]);
});

test("no connector in time is 502 connector_offline", async () => {
  const { connect, tunnels, waiting, records } = createTestEdge();
  tunnels.length = 0;
  const client = connect();
  client.send(get());
  waiting[0](false);
  await settle();
  expect(client.received).toMatch(/^HTTP\/1\.1 502 /);
  expect(client.received).toContain("Hotspot-Error: connector_offline\r\n");
  expect(records).toMatchObject([{ status: 502, errorCode: "connector_offline", connectorId: null }]);
});

test("a tunnel that takes no more is passed over; when all are full the request waits, but not for ever", async () => {
  const { connect, tunnel, tunnels, waiting } = createTestEdge();
  const second = new FakeTunnel("con_2");
  tunnels.push(second);
  tunnel.full = true;
  for (let i = 0; i < 2; i++) connect().send(get());
  expect(second.streams).toHaveLength(2);
  second.full = true;
  const client = connect();
  client.send(get());
  while (client.received === "") {
    waiting.pop()?.(true);
    await settle();
  }
  expect(client.received).toMatch(/^HTTP\/1\.1 502 /);
});

test.each(["GET", "HEAD", "OPTIONS"])("%s is tried once more when its link is lost", (method) => {
  const { connect, tunnel, tunnels, records, edge } = createTestEdge();
  const second = new FakeTunnel("con_2");
  const client = connect();
  client.send(request(method, "/a?b", "X-A: 1"));
  tunnel.accepting = false;
  tunnels.push(second);
  tunnel.last.events.onReset(LINK_LOST, "link lost");
  expect(second.last.head).toBe(tunnel.last.head);
  second.last.respond("HTTP/1.1 204 No Content\r\n\r\n");
  expect(client.received).toMatch(/^HTTP\/1\.1 204 /);
  expect(records).toMatchObject([{ status: 204, connectorId: "con_2", errorCode: null }]);
  expect(edge.stats.retries).toBe(1);
});

test("once more means once", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.events.onReset(LINK_LOST, "");
  tunnel.last.events.onReset(LINK_LOST, "");
  expect(tunnel.streams).toHaveLength(2);
  expect(client.received).toContain("Hotspot-Error: link_lost\r\n");
});

test("with no other link the retry waits for the connector to return", async () => {
  const { connect, tunnel, tunnels, waiting } = createTestEdge();
  const client = connect();
  client.send(get("/", `X-Long: ${"x".repeat(20_000)}`));
  tunnels.length = 0;
  tunnel.last.events.onReset(LINK_LOST, "");
  connect().send("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n");
  tunnels.push(tunnel);
  waiting[0](true);
  await settle();
  expect(tunnel.streams[1].head).toBe(tunnel.streams[0].head);
  tunnel.last.respond(OK, "ok");
  expect(client.received).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  ["POST", request("POST", "/", "Content-Length: 2"), "ab"],
  ["GET with a body", get("/", "Content-Length: 2"), "ab"],
  ["DELETE", request("DELETE", "/"), ""],
])("%s is not repeated when its link is lost", (_, head, body) => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(head + body);
  tunnel.last.events.onReset(LINK_LOST, "");
  expect(tunnel.streams).toHaveLength(1);
  expect(client.received).toMatch(/^HTTP\/1\.1 502 /);
  expect(records).toMatchObject([{ errorCode: "link_lost" }]);
});

test("nothing is repeated once the client has seen a byte", async () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "x", { open: true });
  tunnel.last.events.onReset(LINK_LOST, "");
  expect([tunnel.streams.length, client.terminated]).toEqual([1, true]);
  const other = connect();
  other.send(get());
  tunnel.last.events.onHead(Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n"), false);
  tunnel.last.events.onReset(LINK_LOST, "");
  await settle();
  expect([tunnel.streams.length, other.received.includes("502")]).toEqual([2, true]);
});

test("REFUSED is tried elsewhere, with the body when it is still here", () => {
  const { connect, tunnel, tunnels } = createTestEdge();
  const second = new FakeTunnel("con_2");
  second.outstanding = 9;
  tunnels.push(second);
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 5")}hello${get("/next")}`);
  tunnel.last.events.onReset(REFUSED, "full");
  expect([second.last.body, second.last.ended]).toEqual(["hello", true]);
  second.last.respond(OK, "ok");
  expect(client.received).toMatch(/^HTTP\/1\.1 200 /);
  expect(tunnel.last.head).toMatch(/^GET \/next /);
});

test("REFUSED with a body that is partly gone is 502", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 5")}he`);
  tunnel.last.events.onReset(REFUSED, "full");
  expect(tunnel.streams).toHaveLength(1);
  expect(client.received).toMatch(/^HTTP\/1\.1 502 [\s\S]*Connection: close/);
});
