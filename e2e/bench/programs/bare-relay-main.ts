import { Buffer } from "node:buffer";
import type { ServerWebSocket, Socket } from "bun";
import { BARE_HEADER_BYTES, readBareHeader, writeBareHeader } from "./bare-frames.ts";

// A relay without any duty: what a client sends goes to the one connector as it is, and the answer back. Nothing is parsed
// beyond the end of a head, checked, limited, counted or logged. It shows what the runtime leaves room for.
// Serves bare-connector-main.ts; for requests without a body.

const MAX_MESSAGE_BYTES = 65_536;
const END_OF_HEAD = "\r\n\r\n";

const batch = Buffer.allocUnsafeSlow(2 * MAX_MESSAGE_BYTES);
let used = 0;
let isScheduled = false;
let link: ServerWebSocket<unknown> | null = null;
let lastId = 0;
const waiting = new Map<number, Socket<{ partial: Buffer | null }>>();

const clients = Bun.listen<{ partial: Buffer | null }>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.data = { partial: null };
    },
    data(socket, chunk) {
      const { partial } = socket.data;
      const bytes = partial === null ? chunk : Buffer.concat([partial, chunk]);
      const end = bytes.indexOf(END_OF_HEAD);
      socket.data.partial = end < 0 ? bytes : null;
      if (end < 0) return;
      const id = ++lastId;
      waiting.set(id, socket);
      append(id, bytes, end + END_OF_HEAD.length);
    },
  },
});

const links = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 426 })),
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      link = socket;
    },
    message(_socket, message) {
      const bytes = message as Buffer;
      for (let at = 0; at < bytes.length; ) {
        const { id, length } = readBareHeader(bytes, at);
        const socket = waiting.get(id);
        waiting.delete(id);
        at += BARE_HEADER_BYTES;
        socket?.write(bytes, at, length);
        at += length;
      }
    },
  },
});
console.log(JSON.stringify({ event: "ready", port: clients.port, linkPort: links.port }));

function append(id: number, bytes: Buffer, length: number): void {
  if (used + BARE_HEADER_BYTES + length > MAX_MESSAGE_BYTES) send();
  used = writeBareHeader(batch, used, id, length);
  used += bytes.copy(batch, used, 0, length);
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(send);
}

function send(): void {
  isScheduled = false;
  if (used > 0) link?.send(batch.subarray(0, used));
  used = 0;
}
