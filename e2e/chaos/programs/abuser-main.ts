import { connect } from "node:net";
import { END, FrameType } from "../../../relay/protocol/frames.ts";
import { RawHttp } from "../../fixtures/raw-http.ts";
import { frame, RawLink } from "../../fixtures/raw-link.ts";

// Somebody who means harm, in a process of its own: what it costs to be one must not be felt by those who measure.
//   dials    connections that come and go, every second one with a request
//   chunks   bodies of chunks of a byte
//   bombs    heads over the bound
//   targets  targets over the bound
//   frames   a connector that answers in frames of a byte, and a client that asks for it

export type AbuseKind = "dials" | "chunks" | "bombs" | "targets" | "frames";

export interface AbusePlan {
  readonly kind: AbuseKind;
  readonly port: number;
  readonly host: string;
  readonly seconds: number;
  /** For `dials`: new connections a second at most. */
  readonly rate?: number;
  /** For `frames`: of a connector of `host`. */
  readonly token?: string;
}

/** What was done, by its name, and how long it took. */
export interface AbuseResult {
  readonly counts: Record<string, number>;
  readonly seconds: number;
}

const plan = JSON.parse(process.argv[2] ?? "{}") as AbusePlan;
const { port, host } = plan;
const counts: Record<string, number> = {};
const count = (name: string, by = 1) => {
  counts[name] = (counts[name] ?? 0) + by;
};
const started = performance.now();
const goesOn = () => performance.now() - started < plan.seconds * 1_000;
const kinds = { dials, chunks, bombs, targets, frames } satisfies Record<AbuseKind, () => Promise<void>>;

await kinds[plan.kind]();
const result: AbuseResult = { counts, seconds: (performance.now() - started) / 1_000 };
console.log(JSON.stringify(result));
process.exit(0);

async function dials(): Promise<void> {
  const rate = plan.rate ?? 5_000;
  let dialled = 0;
  let open = 0;
  const request = Buffer.from(`GET /dialled HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const dial = (n: number) => {
    open++;
    // From many addresses: one alone would use up its ports.
    const localAddress = `127.3.${n % 250}.${1 + ((n >> 8) % 250)}`;
    const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    socket.on("connect", () => {
      count("opened");
      if (n % 2 === 0) socket.destroy();
      else socket.write(request);
    });
    socket.on("data", () => {
      count("answered");
      socket.destroy();
    });
    socket.on("error", () => count("failed"));
    socket.on("close", () => open--);
  };
  await new Promise<void>((resolve) => {
    const step = () => {
      if (!goesOn()) return resolve();
      const due = Math.floor(((performance.now() - started) / 1_000) * rate);
      // A turn makes no more than a part of what is due, or answers would wait for dials.
      for (let n = 0; n < 100 && dialled < due && open < 2_000; n++) dial(dialled++);
      setImmediate(step);
    };
    step();
  });
  const late = performance.now() + 5_000;
  while (open > 0 && performance.now() < late) await new Promise((done) => setTimeout(done, 20));
  count("dialled", dialled);
  count("unanswered", open);
}

async function chunks(): Promise<void> {
  const tiny = "1\r\nx\r\n".repeat(10_000);
  while (goesOn()) {
    const http = await RawHttp.open(port);
    http.request(["POST /swallow HTTP/1.1", `Host: ${host}`, "Transfer-Encoding: chunked"]);
    for (let n = 0; n < 10; n++) http.send(tiny);
    http.send("0\r\n\r\n");
    // Cut off is as good as answered: the next one follows.
    await http.response().then(
      () => count("chunks", 100_000),
      () => count("dropped"),
    );
    http.close();
  }
}

async function refused(bytes: string): Promise<void> {
  while (goesOn()) {
    const http = await RawHttp.open(port);
    http.send(bytes);
    // Dropped without a word is refused too.
    await http.response().then(
      () => count("refused"),
      () => count("dropped"),
    );
    http.close();
  }
}

function bombs(): Promise<void> {
  return refused(`GET / HTTP/1.1\r\nX: ${"b".repeat(40_000)}`);
}

function targets(): Promise<void> {
  return refused(`GET /${"b".repeat(20_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
}

async function frames(): Promise<void> {
  const link = await RawLink.open(port, plan.token ?? "", {
    onFrame(one, self) {
      if (one.type === FrameType.welcome) queueMicrotask(() => (self.isDeaf = true));
      if (one.type !== FrameType.open) return;
      self.send(frame(FrameType.head, one.streamId, Buffer.from("HTTP/1.1 200 OK\r\n\r\n")));
      self.send(Buffer.concat(Array(5_000).fill(frame(FrameType.data, one.streamId, Buffer.from("y")))));
      self.send(frame(FrameType.data | END, one.streamId));
      count("frames", 5_000);
    },
  });
  while (goesOn()) {
    const http = await RawHttp.open(port);
    http.request(["GET /frames HTTP/1.1", `Host: ${host}`]);
    await http.response();
    http.close();
  }
  link.destroy();
}
