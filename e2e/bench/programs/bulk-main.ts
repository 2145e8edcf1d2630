import { Buffer } from "node:buffer";
import { readHead, requestHead } from "./http-head.ts";

/** What to move. */
export interface BulkPlan {
  readonly port: number;
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of an upload; a download is as long as its Content-Length says. */
  readonly bytes: number;
  /**
   * once: one body, then the result. again: bodies one after the other on so many connections, until the program is
   * stopped. stall: asks, and reads nothing.
   */
  readonly mode: "once" | "again" | "stall";
  readonly connections: number;
  /** A single transfer is cut here, and its rate is that until then; 0: it takes as long as it takes. */
  readonly maxSeconds: number;
}

export interface BulkResult {
  readonly bytes: number;
  readonly seconds: number;
  readonly megabytesPerSecond: number;
  /** Over the last three quarters of the bytes: without the start, when windows are small. */
  readonly steadyMegabytesPerSecond: number;
}

/** Between two looks at how far it is. */
const PROGRESS_MS = 5;
const BLOCK = Buffer.alloc(256 * 1024);
const plan = JSON.parse(process.argv[2]!) as BulkPlan;

if (plan.mode === "once") {
  console.log(JSON.stringify(await transfer()));
  process.exit(0);
}
for (let n = 0; n < plan.connections; n++) void (plan.mode === "stall" ? stall() : again());

async function again(): Promise<never> {
  for (;;) {
    await transfer();
    if (!announced) ready();
  }
}

let announced = false;
/** The first bytes have come: others may start to measure. */
function ready(): void {
  if (announced) return;
  announced = true;
  console.log(JSON.stringify({ event: "ready" }));
}

function stall(): Promise<void> {
  return new Promise((_, reject) => {
    void Bun.connect({
      hostname: "127.0.0.1",
      port: plan.port,
      socket: {
        open: (socket) => void socket.write(requestHead("GET", plan.path, plan.headers)),
        data(socket) {
          socket.pause();
          ready();
        },
        error: (_, error) => reject(error),
      },
    });
  });
}

function transfer(): Promise<BulkResult> {
  const { promise, resolve, reject } = Promise.withResolvers<BulkResult>();
  const uploading = plan.method === "PUT";
  const length: Record<string, string> = uploading ? { "Content-Length": String(plan.bytes) } : {};
  const started = performance.now();
  let total = uploading ? plan.bytes : -1;
  let moved = 0;
  let head: Buffer | null = Buffer.alloc(0);
  const progress: { at: number; moved: number }[] = [];

  const count = (bytes: number) => {
    moved += bytes;
    const at = performance.now();
    if (at - (progress.at(-1)?.at ?? started) >= PROGRESS_MS) progress.push({ at, moved });
  };
  const push = (socket: { write(data: Buffer, offset: number, length: number): number }) => {
    while (moved < total) {
      const sent = socket.write(BLOCK, 0, Math.min(BLOCK.length, total - moved));
      if (sent <= 0) return;
      count(sent);
    }
  };
  const finish = (socket: { end(): void }) => {
    const now = performance.now();
    const quarter = progress.find((point) => point.moved >= moved / 4) ?? { at: started, moved: 0 };
    const seconds = (now - started) / 1_000;
    // Before the end: closing tells us so on the spot.
    resolve({
      bytes: moved,
      seconds,
      megabytesPerSecond: moved / 1e6 / seconds,
      steadyMegabytesPerSecond: (moved - quarter.moved) / 1e3 / (now - quarter.at),
    });
    socket.end();
  };

  Bun.connect({
    hostname: "127.0.0.1",
    port: plan.port,
    socket: {
      open(socket) {
        socket.write(requestHead(plan.method, plan.path, { ...plan.headers, ...length }));
        if (plan.maxSeconds > 0) setTimeout(finish, plan.maxSeconds * 1_000, socket).unref();
        if (uploading) push(socket);
      },
      drain(socket) {
        if (uploading) push(socket);
      },
      data(socket, chunk) {
        let body = chunk;
        if (head !== null) {
          head = Buffer.concat([head, chunk]);
          const found = readHead(head);
          if (found === null) return;
          if (!found.startLine.startsWith("HTTP/1.1 200 ")) {
            return reject(new Error(head.toString("utf8").slice(0, 300)));
          }
          if (!uploading) total = Number(found.fields.get("content-length"));
          body = head.subarray(found.length);
          head = null;
          if (plan.mode !== "once") ready();
        }
        if (uploading) {
          if (moved < total) return reject(new Error("the answer came before the body was read"));
          return finish(socket);
        }
        count(body.length);
        if (moved >= total) finish(socket);
      },
      close: () => reject(new Error("closed in mid-transfer")),
      error: (_, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}
