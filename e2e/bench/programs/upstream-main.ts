import { Buffer } from "node:buffer";
import type { Socket } from "bun";
import { sharedNow } from "./clock.ts";
import { readHead } from "./http-head.ts";
import { mark } from "./marks.ts";

// The upstream of everything that nginx cannot serve: event streams, endless bodies, a place where uploads end.
//   GET  /events?rate=100               an event so often a second, until the client goes
//   POST /v1/chat/completions?rate=20   the same as a model's answer comes, token by token
//   GET  /bulk?bytes=1000000            so many zeros
//   PUT  /sink                          reads the body and says so
//   GET  /1k                            1,024 bytes

/** How often streams are looked at, ms. */
const TICK_MS = 1;
const BLOCK = Buffer.alloc(256 * 1024);
const KILOBYTE = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n${"x".repeat(1024)}`);

interface Peer {
  pending: Buffer;
  /** Bytes of an upload still to come. */
  upload: number;
  /** Zeros still to be sent. */
  bulk: number;
  /** Sent when the socket takes more. */
  queue: Buffer | null;
  events: { everyMs: number; nextAt: number; before: string; after: string } | null;
}

const streams = new Set<Socket<Peer>>();

const server = Bun.listen<Peer>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.data = { pending: Buffer.alloc(0), upload: 0, bulk: 0, queue: null, events: null };
    },
    data(socket, chunk) {
      take(socket, chunk);
    },
    drain(socket) {
      flush(socket);
    },
    close: (socket) => void streams.delete(socket),
    error: (socket) => void streams.delete(socket),
  },
});
setInterval(sendDue, TICK_MS);
console.log(JSON.stringify({ event: "ready", port: server.port }));

function take(socket: Socket<Peer>, chunk: Buffer): void {
  const peer = socket.data;
  let bytes = chunk;
  if (peer.upload > 0) {
    const used = Math.min(peer.upload, bytes.length);
    peer.upload -= used;
    if (peer.upload === 0) send(socket, Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    bytes = bytes.subarray(used);
  }
  if (bytes.length === 0) return;
  peer.pending = peer.pending.length === 0 ? bytes : Buffer.concat([peer.pending, bytes]);
  const head = readHead(peer.pending);
  if (head === null) {
    peer.pending = Buffer.from(peer.pending);
    return;
  }
  const rest = peer.pending.subarray(head.length);
  peer.pending = Buffer.alloc(0);
  const { pathname, searchParams } = new URL(head.startLine.split(" ")[1]!, "http://upstream");
  const length = Number(head.fields.get("content-length") ?? 0);
  if (pathname === "/1k") {
    send(socket, KILOBYTE);
  } else if (pathname === "/bulk") {
    peer.bulk = Number(searchParams.get("bytes"));
    send(socket, Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${peer.bulk}\r\n\r\n`));
    flush(socket);
  } else if (pathname === "/sink") {
    peer.upload = length;
  } else if (pathname === "/events" || pathname === "/v1/chat/completions") {
    begin(socket, pathname, Number(searchParams.get("rate")));
    // The question of a chat is small and comes with its head; nobody reads it.
    return;
  } else {
    send(socket, Buffer.from("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  }
  if (rest.length > 0) take(socket, rest);
}

function begin(socket: Socket<Peer>, path: string, rate: number): void {
  const chat = path !== "/events";
  const everyMs = 1_000 / rate;
  socket.data.events = {
    everyMs,
    // Streams do not beat in step.
    nextAt: sharedNow() + Math.random() * everyMs,
    before: chat
      ? 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{"index":0,"delta":{"content":"'
      : 'data: {"at":"',
    after: chat ? '"},"finish_reason":null}]}\n\n' : '"}\n\n',
  };
  streams.add(socket);
  send(
    socket,
    Buffer.from(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
  );
}

function sendDue(): void {
  for (const socket of streams) {
    const { events, queue } = socket.data;
    const now = sharedNow();
    if (events === null || queue !== null || events.nextAt > now) continue;
    // What a busy machine made us miss is not made up for: a stream has a rate, not a debt.
    events.nextAt = Math.max(events.nextAt + events.everyMs, now);
    const event = `${events.before}${mark(sharedNow())}${events.after}`;
    send(socket, Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`));
  }
}

function send(socket: Socket<Peer>, bytes: Buffer): void {
  const peer = socket.data;
  if (peer.queue !== null) {
    peer.queue = Buffer.concat([peer.queue, bytes]);
    return;
  }
  const sent = socket.write(bytes);
  if (sent >= 0 && sent < bytes.length) peer.queue = Buffer.from(bytes.subarray(sent));
}

function flush(socket: Socket<Peer>): void {
  const peer = socket.data;
  if (peer.queue !== null) {
    const { queue } = peer;
    peer.queue = null;
    send(socket, queue);
    if (peer.queue !== null) return;
  }
  while (peer.bulk > 0) {
    const sent = socket.write(BLOCK, 0, Math.min(BLOCK.length, peer.bulk));
    if (sent <= 0) return;
    peer.bulk -= sent;
  }
}
