import { Buffer } from "node:buffer";
import type { Socket } from "bun";
import { BARE_HEADER_BYTES, readBareHeader, writeBareHeader } from "./bare-frames.ts";

// The connector of bare-relay-main.ts: hands each head to a kept connection of the upstream, and its answer back. Answers
// must have a Content-Length. Takes {"linkPort", "upstreamPort"}.

const plan = JSON.parse(process.argv[2]!) as { linkPort: number; upstreamPort: number };
const MAX_MESSAGE_BYTES = 65_536;
const END_OF_HEAD = "\r\n\r\n";
const LENGTH = "Content-Length: ";

interface Answer {
  id: number;
  pieces: Buffer[];
  bytes: number;
  /** Known once the head is here. */
  whole: number;
}

const batch = Buffer.allocUnsafeSlow(2 * MAX_MESSAGE_BYTES);
let used = 0;
let isScheduled = false;
const idle: Socket<Answer>[] = [];

const link = new WebSocket(`ws://127.0.0.1:${plan.linkPort}`);
link.binaryType = "nodebuffer" as BinaryType;
link.onmessage = ({ data }) => {
  const bytes = data as unknown as Buffer;
  for (let at = 0; at < bytes.length; ) {
    const { id, length } = readBareHeader(bytes, at);
    at += BARE_HEADER_BYTES;
    ask(id, bytes, at, length);
    at += length;
  }
};
link.onopen = () => console.log(JSON.stringify({ event: "ready" }));
link.onclose = () => process.exit(0);

function ask(id: number, bytes: Buffer, from: number, length: number): void {
  const socket = idle.pop();
  if (socket !== undefined) {
    socket.data.id = id;
    socket.write(bytes, from, length);
    return;
  }
  const head = Buffer.from(bytes.subarray(from, from + length));
  void Bun.connect<Answer>({
    hostname: "127.0.0.1",
    port: plan.upstreamPort,
    data: { id, pieces: [], bytes: 0, whole: -1 },
    socket: { open: (opened) => void opened.write(head), data: take },
  });
}

function take(socket: Socket<Answer>, chunk: Buffer): void {
  const answer = socket.data;
  if (answer.whole < 0) answer.whole = wholeOf(chunk);
  answer.pieces.push(chunk);
  answer.bytes += chunk.length;
  if (answer.bytes < answer.whole) return;
  if (used + BARE_HEADER_BYTES + answer.bytes > MAX_MESSAGE_BYTES) send();
  used = writeBareHeader(batch, used, answer.id, answer.bytes);
  for (const piece of answer.pieces) used += piece.copy(batch, used);
  answer.pieces.length = 0;
  answer.bytes = 0;
  answer.whole = -1;
  idle.push(socket);
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(send);
}

/** Bytes of head and body together. */
function wholeOf(chunk: Buffer): number {
  const end = chunk.indexOf(END_OF_HEAD);
  const at = chunk.indexOf(LENGTH);
  if (end < 0 || at < 0) throw new Error("an answer without its whole head, or without a length");
  const digits = chunk.toString("latin1", at + LENGTH.length, chunk.indexOf("\r\n", at));
  return end + END_OF_HEAD.length + Number(digits);
}

function send(): void {
  isScheduled = false;
  if (used > 0) link.send(batch.subarray(0, used));
  used = 0;
}
