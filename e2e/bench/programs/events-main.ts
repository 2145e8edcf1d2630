import { Buffer } from "node:buffer";
import type { Socket } from "bun";
import { percentile } from "../stats.ts";
import { sharedNow } from "./clock.ts";
import { readHead, requestHead } from "./http-head.ts";
import { MarkReader } from "./marks.ts";

/** What to open, and for how long to look. */
export interface EventsPlan {
  readonly port: number;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly streams: number;
  /** Not counted, from when all streams are open. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** How late events came, from the upstream's write to our read. */
export interface EventsResult {
  readonly events: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Streams opened at once: a thousand at the same moment would measure something else. */
const OPENING = 50;
const OPEN_TIMEOUT_MS = 30_000;

interface Reader {
  head: Buffer | null;
  marks: MarkReader;
  opened(): void;
}

const plan = JSON.parse(process.argv[2]!) as EventsPlan;
const latencies: number[] = [];
let counting = false;
let done = false;
console.log(JSON.stringify(await measure()));
process.exit(0);

async function measure(): Promise<EventsResult> {
  for (let opened = 0; opened < plan.streams; opened += OPENING) {
    const some = Math.min(OPENING, plan.streams - opened);
    await Promise.all(Array.from({ length: some }, open));
  }
  await Bun.sleep(plan.warmUpSeconds * 1_000);
  counting = true;
  await Bun.sleep(plan.seconds * 1_000);
  done = true;
  if (latencies.length === 0) throw new Error("no event came");
  return {
    events: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
  };
}

function open(): Promise<void> {
  const body = plan.method === "POST" ? '{"model":"bench","stream":true,"messages":[]}' : "";
  const fields: Record<string, string> =
    body === "" ? {} : { "Content-Type": "application/json", "Content-Length": String(body.length) };
  const request = `${requestHead(plan.method, plan.path, { ...plan.headers, ...fields })}${body}`;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => fail("a stream did not open in time"), OPEN_TIMEOUT_MS);
  void Bun.connect<Reader>({
    hostname: "127.0.0.1",
    port: plan.port,
    socket: {
      open(socket) {
        socket.data = {
          head: Buffer.alloc(0),
          marks: new MarkReader(onMark),
          opened: () => {
            clearTimeout(timer);
            resolve();
          },
        };
        socket.write(request);
      },
      data: onData,
      close: () => void (done || fail("a stream was closed")),
      error: (_, error) => fail(error.message),
    },
  });
  return promise;
}

function onData(socket: Socket<Reader>, chunk: Buffer): void {
  const reader = socket.data;
  if (reader.head === null) {
    reader.marks.read(chunk);
    return;
  }
  reader.head = Buffer.concat([reader.head, chunk]);
  const head = readHead(reader.head);
  if (head === null) return;
  if (!head.startLine.startsWith("HTTP/1.1 200 ")) fail(reader.head.toString("utf8").slice(0, 300));
  const rest = reader.head.subarray(head.length);
  reader.head = null;
  reader.opened();
  reader.marks.read(rest);
}

function onMark(sentAt: number): void {
  if (counting && !done) latencies.push(sharedNow() - sentAt);
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}
