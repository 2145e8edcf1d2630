import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { ResetCode } from "../../protocol/codes.ts";
import { BodyFraming, StreamKind } from "../../protocol/stream.ts";
import { encodeTcpHead } from "../../protocol/tcp/head.ts";
import { createPair } from "../../protocol/testing/pair.ts";
import { bytes } from "../../protocol/testing/recorder.ts";
import { Client } from "../testing/link.ts";
import type { ExchangeRecord } from "../upstream/dispatcher.ts";
import { connectWithNode } from "../upstream/socket-node.ts";
import { TcpDispatcher } from "./dispatcher.ts";
import { proxyHeader } from "./proxy-protocol.ts";

const client = { address: "192.0.2.7", port: 50_001 };
const server = { address: "198.51.100.1", port: 20_022 };
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A target, a dispatcher with a tunnel `t` to it, and a link in memory to open streams on. */
async function makeLink(options: { proxyProtocol?: boolean; port?: number; connectTimeoutMs?: number } = {}) {
  const sockets: Socket[] = [];
  const target = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
  });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  const records: ExchangeRecord[] = [];
  const port = options.port ?? (target.address() as AddressInfo).port;
  const dispatcher = new TcpDispatcher({
    tunnels: [{ name: "t", host: "127.0.0.1", port, proxyProtocol: options.proxyProtocol ?? false }],
    connect: connectWithNode,
    log: () => undefined,
    onRecord: (record) => records.push(record),
  });
  const schedule = (task: () => void) => {
    setImmediate(() => {
      task();
      pair.settle();
    });
  };
  const pair = createPair({}, { onOpen: dispatcher.accept }, { schedule, now: () => performance.now() });
  await vi.waitFor(() => expect(pair.relay.accepting).toBe(true));
  cleanups.push(() => {
    dispatcher.close();
    for (const socket of sockets) socket.destroy();
    target.close();
  });
  return {
    records,
    dispatcher,
    open(name = "t") {
      const opened = new Client();
      const head = encodeTcpHead({ name, client, server });
      opened.stream = pair.relay.open(StreamKind.tcp, BodyFraming.none, head, false, opened)!;
      return opened;
    },
    accepted: () => vi.waitFor(() => sockets.at(-1) ?? expect.fail("no connection yet")),
  };
}

/** Everything up to FIN; the other direction stays open. */
async function read(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  await once(socket, "end");
  return Buffer.concat(parts);
}

test("bytes go both ways and each direction ends by itself", async () => {
  const { open, accepted, records, dispatcher } = await makeLink();
  const stream = open();
  stream.stream.write(bytes("question"));
  stream.stream.end();
  const socket = await accepted();
  expect(String(await read(socket))).toBe("question");
  expect(stream.ended).toBe(false);
  socket.end("answer");
  await vi.waitFor(() => expect([stream.body, stream.ended]).toEqual(["answer", true]));
  expect(records).toMatchObject([{ method: "TCP", path: "t", bytesIn: 8, bytesOut: 6, failure: null }]);
  expect(dispatcher.active).toBe(0);
});

test("the PROXY header goes before the client's first byte, and is counted by nobody", async () => {
  const { open, accepted, records } = await makeLink({ proxyProtocol: true });
  const stream = open();
  stream.stream.write(bytes("hello"));
  stream.stream.end();
  const socket = await accepted();
  socket.end();
  expect(await read(socket)).toEqual(Buffer.concat([proxyHeader(client, server), bytes("hello")]));
  await vi.waitFor(() => expect(records).toMatchObject([{ bytesIn: 5, bytesOut: 0, failure: null }]));
});

test("a target that does not read holds the sender back, and gets everything once it reads", async () => {
  const { open, accepted } = await makeLink();
  const stream = open();
  const total = 20_000_000;
  let pumped = false;
  const pump = stream.pump(total).then(() => {
    pumped = true;
  });
  const socket = await accepted();
  await vi.waitFor(() => expect(socket.readableLength).toBeGreaterThan(0));
  expect(pumped).toBe(false);
  expect((await read(socket)).length).toBe(total);
  await pump;
});

test("a client that does not read holds the target back", async () => {
  const { open, accepted } = await makeLink();
  const stream = open();
  stream.hold = true;
  const socket = await accepted();
  const block = Buffer.alloc(20_000_000);
  socket.end(block);
  await vi.waitFor(() => expect(stream.bytes).toBeGreaterThan(200_000));
  expect(stream.bytes).toBeLessThan(2_000_000);
  expect(socket.writableLength).toBeGreaterThan(0);
  stream.release();
  await vi.waitFor(() => expect([stream.bytes, stream.ended]).toEqual([block.length, true]), 10_000);
});

test("a reset of the target becomes RESET, and a RESET a reset", async () => {
  const { open, accepted, records } = await makeLink();
  const first = open();
  (await accepted()).resetAndDestroy();
  await vi.waitFor(() => expect(first.reset?.code).toBe(ResetCode.upstreamReset));

  const second = open();
  await vi.waitFor(async () => expect((await accepted()).destroyed).toBe(false));
  const socket = await accepted();
  const failed = new Promise((resolve) => socket.once("error", resolve));
  socket.resume();
  second.stream.reset(ResetCode.cancel, "client went away");
  expect(await failed).toMatchObject({ code: "ECONNRESET" });
  expect(records.map(({ failure }) => failure?.code)).toEqual([ResetCode.upstreamReset, ResetCode.cancel]);
});

test("a target that nobody listens at, and a name that is not served, are told apart", async () => {
  const closed = net.createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const { open, records } = await makeLink({ port });
  const dead = open();
  const unknown = open("other");
  await vi.waitFor(() => expect(dead.reset?.code).toBe(ResetCode.upstreamUnreachable));
  expect(dead.reset?.reason).toBe("connection refused");
  expect(unknown.reset?.code).toBe(ResetCode.refused);
  expect(records).toMatchObject([{ path: "t", failure: { reason: "connection refused" } }]);
});
