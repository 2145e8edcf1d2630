import { expect, test } from "vitest";
import { createTestEdge, get, OK, request, settle } from "./testing/test-edge.ts";

test("a head that does not arrive in 15 s is 408, however it drips", () => {
  const { connect, pass, tunnel } = createTestEdge();
  const client = connect();
  client.send("GET / HTTP/1.1\r\n");
  for (let i = 0; i < 14; i++) {
    pass(1_000);
    client.send("X");
  }
  expect(client.received).toBe("");
  pass(1_100);
  expect(client.received).toMatch(/^HTTP\/1\.1 408 [\s\S]*Connection: close/);
  expect([client.ended, tunnel.streams.length]).toEqual([true, 0]);
  pass(5_100);
  expect(client.terminated).toBe(true);
});

test("a connection that never says anything is closed without a word", () => {
  const { connect, pass } = createTestEdge();
  const client = connect();
  pass(15_100);
  expect([client.received, client.ended]).toEqual(["", true]);
});

test("an idle connection is closed after 75 s, not before", () => {
  const { connect, pass, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond(OK, "ok");
  pass(74_000);
  expect(client.ended).toBe(false);
  client.send(get());
  tunnel.last.respond(OK, "ok");
  pass(74_000);
  expect(client.ended).toBe(false);
  pass(1_500);
  expect(client.ended).toBe(true);
});

test("a body that stops is 408 after a minute, but not while the tunnel is what stops it", () => {
  const { connect, pass, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 10")}abc`);
  pass(50_000);
  client.send("d");
  pass(50_000);
  expect(client.received).toBe("");
  pass(10_100);
  expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
  expect(tunnel.last.resetCode).toBe(0);
  expect(records).toMatchObject([{ status: 408, errorCode: "request_timeout" }]);
  tunnel.window = 2;
  const blocked = connect();
  blocked.send(`${request("POST", "/", "Content-Length: 10")}abc`);
  pass(120_000);
  expect(blocked.received).toBe("");
});

test("an upstream may think for five minutes before its head, and is then 504", () => {
  const { connect, pass, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(get("/v1/chat"));
  pass(299_000);
  expect(client.received).toBe("");
  pass(1_100);
  expect(client.received).toMatch(/^HTTP\/1\.1 504 /);
  expect(client.received).toContain("Hotspot-Error: upstream_timeout\r\n");
  expect(tunnel.last.resetCode).toBe(0);
  expect(records).toMatchObject([{ status: 504, errorCode: "upstream_timeout", durationMs: 300_100 }]);
});

test("a response that is silent after its head is not cut", async () => {
  const { connect, pass, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "start", { open: true });
  await settle();
  for (let i = 0; i < 20; i++) pass(3_600_000);
  expect([client.terminated, client.ended]).toEqual([false, false]);
  tunnel.last.data("end", true);
  expect(client.received.endsWith("3\r\nend\r\n0\r\n\r\n")).toBe(true);
});

test("a reader that takes nothing for five minutes is dropped; one that takes little is not", async () => {
  const { connect, pass, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(get());
  client.room = 500;
  tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(20_000), { open: true });
  await settle();
  pass(1_000);
  for (let i = 0; i < 10; i++) {
    client.read(100);
    pass(200_000);
  }
  expect(client.terminated).toBe(false);
  pass(300_000);
  expect(client.terminated).toBe(true);
  expect(tunnel.last.resetCode).toBe(0);
  expect(records).toMatchObject([{ clientAborted: true, status: 200 }]);
});

test("after a half-close, while nothing has come, a 102 asks whether anybody listens", () => {
  const { connect, pass, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  client.finish();
  expect(client.received).toBe("");
  pass(1_100);
  expect(client.received).toBe("HTTP/1.1 102 Processing\r\n\r\n");
  pass(1_100);
  expect(client.received).toBe("HTTP/1.1 102 Processing\r\n\r\n");
  tunnel.last.respond(OK, "ok");
  expect(client.received).toMatch(/^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  expect(client.ended).toBe(true);
});

test("a lingering close waits for a slow reader of the last answer", async () => {
  const { connect, pass, tunnel } = createTestEdge();
  const client = connect();
  client.send(get("/", "Connection: close"));
  client.room = 100;
  tunnel.last.respond("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n", "x".repeat(20_000));
  pass(20_000);
  expect([client.terminated, client.ended]).toEqual([false, false]);
  client.read(Number.POSITIVE_INFINITY);
  expect(client.ended).toBe(true);
  pass(4_000);
  expect(client.terminated).toBe(false);
  pass(2_000);
  expect(client.terminated).toBe(true);
});

test("a drain lets requests finish, says so, and closes what is idle", async () => {
  const { connect, pass, tunnel, edge } = createTestEdge();
  const [busy, idle] = [connect(), connect()];
  idle.send(get());
  tunnel.last.respond(OK, "ok");
  busy.send(get());
  let drained = false;
  const done = edge.drain().then(() => {
    drained = true;
  });
  pass(1_000);
  expect(idle.ended).toBe(false);
  idle.send(get());
  tunnel.last.respond(OK, "ok");
  expect(idle.received).toMatch(/Connection: close\r\n[\s\S]*ok$/);
  tunnel.streams[1].respond(OK, "ok");
  expect(busy.received).toContain("Connection: close\r\n");
  expect([busy.ended, idle.ended]).toEqual([true, true]);
  await settle();
  expect(drained).toBe(false);
  busy.disconnect();
  idle.disconnect();
  await done;
  expect(edge.stats.connections).toBe(0);
});

test("stop drops everything and settles every record", () => {
  const { connect, tunnel, records, edge } = createTestEdge();
  const clients = [connect(), connect()];
  for (const client of clients) client.send(get());
  edge.stop();
  expect(clients.every((c) => c.terminated)).toBe(true);
  expect(tunnel.streams.every((s) => s.resetCode === 0)).toBe(true);
  expect(records).toHaveLength(2);
});
