import { expect, it } from "vitest";
import { acme, createTestEdge, get, request, settle } from "./testing/test-edge.ts";

/** What of the answer the client had when the meter heard of the request. */
function meteredEdge() {
  const had: string[] = [];
  const world: ReturnType<typeof createTestEdge> = createTestEdge({
    deps: { meter: { finish: () => void had.push(clients[0]!.received), part: () => undefined } },
  });
  const clients = [world.connect()];
  return { ...world, client: clients[0]!, had };
}

const answers: [string, string, string, { open?: boolean }?][] = [
  ["of a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello"],
  ["of a length, the end not said", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello", { open: true }],
  [
    "of a length, too large to be gathered",
    "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n",
    "x".repeat(200_000),
  ],
  ["in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "hello"],
  ["without a body", "HTTP/1.1 204 No Content\r\n\r\n", ""],
  ["of length 0, the end not said", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", { open: true }],
];

it.each(answers)(
  "a request is settled before its client has all of the answer: %s",
  async (_, head, body, how) => {
    const { client, tunnel, had } = meteredEdge();
    client.send(get("/"));
    tunnel.last.respond(head, body, how);
    await settle();
    expect(had).toHaveLength(1);
    expect(client.received.length).toBeGreaterThan(had[0]!.length);
    expect(client.terminated).toBe(false);
  },
);

it("an answer of our own is settled before it is sent", async () => {
  const { client, had } = meteredEdge();
  client.send(get("/").replace("acme.localhost", "nobody.localhost"));
  await settle();
  expect(had).toEqual([""]);
  expect(client.received).toContain("404");
});

it("a long request is settled in parts, and once more at its end", () => {
  const { tunnel, parts, records, connect, pass } = createTestEdge({
    config: { timers: { partMs: 10_000 } },
  });
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 4")}ping`);
  tunnel.last.respond("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "one", { open: true });
  pass(9_000);
  expect(parts).toHaveLength(0);
  pass(1_000);
  pass(5_000);
  expect(parts).toMatchObject([
    { status: 200, bytesIn: 4, bytesOut: 3, durationMs: 10_000, tenantId: acme.tenantId },
  ]);
  pass(5_000);
  expect(parts).toHaveLength(2);
  expect(records).toHaveLength(0);
  tunnel.last.events.onData(Buffer.from("two"), true);
  expect(records).toMatchObject([{ requestId: parts[0]!.requestId, bytesOut: 6, durationMs: 20_000 }]);
});
