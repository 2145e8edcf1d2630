import type { BodyFraming, Stream, StreamEvents, StreamKind, Tunnel } from "../../routes/tunnel.ts";
import { createEdge } from "../edge.ts";
import { acme, INTERNAL_SECRET } from "./test-edge.ts";

/**
 * A real edge in a Bun process of its own, in front of a tunnel that answers from memory: for tests with real sockets and
 * for measuring the edge alone. Prints `{"port":…}` when it listens, and each finished request as a line when the first
 * argument is `records`.
 */
const WINDOW_BYTES = 262_144;
const small = Buffer.alloc(1_024, "x");
const smallHead = Buffer.from("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n");
const chunkedHead = Buffer.from("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
const block = Buffer.alloc(65_536, "y");
const printsRecords = process.argv[2] === "records";
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

type Serve = (stream: MemoryStream) => void;

/** The connector's end of a stream in the same process: respects the window in both directions. */
class MemoryStream implements Stream {
  received = 0;
  window = WINDOW_BYTES;
  closed = false;
  onCredit: (() => void) | null = null;
  onBody: ((chunk: Uint8Array | null) => void) | null = null;
  readonly events: StreamEvents;
  readonly path: string;

  constructor(events: StreamEvents, path: string) {
    this.events = events;
    this.path = path;
  }
  write(chunk: Uint8Array): number {
    this.received += chunk.length;
    this.onBody?.(chunk);
    return chunk.length;
  }
  end(): void {
    this.onBody?.(null);
  }
  credit(bytes: number): void {
    this.window += bytes;
    this.onCredit?.();
  }
  reset(code: number): void {
    this.closed = true;
    if (printsRecords) print({ reset: code, path: this.path });
  }
}

const routes: Record<string, Serve> = {
  "/small": ({ events }) => {
    events.onHead(smallHead, false);
    events.onData(small, true);
  },
  "/silent": () => {},
  "/length": (stream) => {
    stream.onBody = (chunk) => {
      if (chunk !== null) return;
      const body = Buffer.from(String(stream.received));
      stream.events.onHead(Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), false);
      stream.events.onData(body, true);
    };
  },
  "/ticks": (stream) => {
    stream.events.onHead(chunkedHead, false);
    const timer = setInterval(() => {
      if (stream.closed) clearInterval(timer);
      else stream.events.onData(Buffer.from("data: tick\n\n"), false);
    }, 20);
  },
  "/late": ({ events }) => {
    setTimeout(() => {
      events.onHead(smallHead, false);
      events.onData(small, true);
    }, 300);
  },
  // 100 MiB, as fast as credit comes.
  "/big": (stream) => {
    let left = 1_600;
    stream.events.onHead(
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${left * block.length}\r\n\r\n`),
      false,
    );
    const pump = () => {
      while (!stream.closed && left > 0 && stream.window >= block.length) {
        stream.window -= block.length;
        left--;
        stream.events.onData(block, left === 0);
      }
    };
    stream.onCredit = () => setImmediate(pump);
    pump();
  },
};

class MemoryTunnel implements Tunnel {
  readonly connectorId = "con_memory";
  readonly endpointId = "ep_acme";
  readonly outstanding = 0;
  readonly accepting = true;
  readonly healthy = true;
  private opened: MemoryStream[] = [];
  private readonly turn = () => {
    const streams = this.opened;
    this.opened = [];
    for (const stream of streams) if (!stream.closed) (routes[stream.path] ?? routes["/small"])(stream);
  };

  open(
    _kind: StreamKind,
    _framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
    events: StreamEvents,
    length = head.length,
  ) {
    const isSmall = head[5] === 0x73 && head[6] === 0x6d;
    const path = isSmall
      ? "/small"
      : Buffer.from(head.subarray(0, length)).toString("latin1").split(" ", 2)[1];
    const stream = new MemoryStream(events, path);
    if (this.opened.push(stream) === 1) setImmediate(this.turn);
    if (end) queueMicrotask(() => stream.onBody?.(null));
    return stream;
  }
}

const route = { ...acme, limits: { ...acme.limits, maxBodyBytes: 2 ** 40, maxConcurrentRequests: 10_000 } };
const tunnels = [new MemoryTunnel()];
const edge = createEdge({
  config: {
    baseDomain: "localhost",
    publicScheme: "http",
    publicPort: null,
    portalUrl: "http://localhost:3000",
    internalSecret: INTERNAL_SECRET,
    trustedProxies: [],
    rateLimitWindowMs: 60_000,
    rateLimitMax: 1_000_000_000,
    graceMs: 1_000,
    sseCommentMs: 0,
    upstreamHeaderTimeoutMs: 300_000,
    maxConnectionsPerAddress: 20_000,
  },
  routes: { lookup: (slug) => (slug === "acme" ? route : null), lookupHost: () => null },
  registry: { tunnels: () => tunnels, waitForTunnel: async () => false, connectorCount: () => 1 },
  accessKeys: { version: 1, check: () => ({ ok: true, accessKeyId: "key_1" }) },
  meter: {
    part: () => undefined,
    finish: (record) => {
      if (printsRecords) print(record);
    },
  },
  acceptLink: (conn) => {
    conn.takeOver({
      onData: (chunk) => void conn.write(chunk),
      onDrain() {},
      onEnd: () => conn.end(),
      onClose() {},
    });
    conn.write(Buffer.from("HTTP/1.1 101 Taken\r\n\r\n"));
  },
  consolePage: ({ slug }) => slug,
  log: { info() {}, warn() {}, error: (fields, message) => print({ error: String(fields.err), message }) },
});
const { port } = edge.listen({ port: 0, hostname: "127.0.0.1" });
print({ port });
process.on("SIGTERM", () => {
  edge.stop();
  process.exit(0);
});
