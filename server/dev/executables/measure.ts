import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { encodeHello } from "../../../relay/protocol/hello.ts";
import { Session } from "../../../relay/protocol/session.ts";
import { BodyFraming, StreamKind } from "../../../relay/protocol/stream.ts";
import { run } from "../processes/run.ts";

/** Medians of several starts, ms. */
export interface StartTimes {
  versionMs: number;
  /** From the start of the process to the answer of the upstream through the link. */
  firstRequestMs: number;
}

const RUNS = 5;

/** Starts an executable again and again: only to say its version, and to serve one request. */
export async function measureStart(path: string): Promise<StartTimes> {
  const dir = await mkdtemp(join(tmpdir(), "hotspot-executable-"));
  const versions: number[] = [];
  const requests: number[] = [];
  try {
    for (let round = 0; round < RUNS; round++) {
      const startedAt = performance.now();
      await run(path, ["--version"], { cwd: dir });
      versions.push(performance.now() - startedAt);
      requests.push(await timeFirstRequest(path, dir));
    }
  } finally {
    await rm(dir, { recursive: true });
  }
  return { versionMs: median(versions), firstRequestMs: median(requests) };
}

/** A portal, a relay and an upstream in one server: the connector is let in and gets one request at once. */
async function timeFirstRequest(path: string, dir: string): Promise<number> {
  const server = http.createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (request.url !== "/api/connectors/issue") return void response.end("hello");
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        connectorId: "con_1",
        connectorToken: "token",
        relayUrl: `ws://127.0.0.1:${port}/ws/connect`,
        expiresAt: new Date(Date.now() + 3_600_000),
      }),
    );
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const answered = Promise.withResolvers<void>();
  sockets.on("connection", (socket) => {
    const session: Session = new Session({
      role: "relay",
      transport: {
        send: (batch, start, end) => socket.send(batch.slice(start, end)),
        bufferedBytes: () => socket.bufferedAmount,
        close: (code, reason) => socket.close(code, reason),
      },
      schedule: setImmediate,
      now: () => performance.now(),
      events: {
        onHello() {
          session.welcome(encodeHello(welcome));
          setImmediate(() => {
            const head = Buffer.from("GET / HTTP/1.1\r\nHost: acme.localhost\r\n\r\n");
            session.open(StreamKind.http, BodyFraming.none, head, true, {
              onHead() {},
              onData: (_, end) => end && answered.resolve(),
              onTrailers: () => answered.resolve(),
              onReset: (code, reason) => answered.reject(new Error(`reset with ${code}: ${reason}`)),
              onWritable() {},
            });
          });
        },
      },
    });
    socket.on("message", (data: Buffer) => session.receive(data));
    socket.on("close", () => session.lost("closed"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const startedAt = performance.now();
  const env = { ...process.env, HOTSPOT_CONFIG_DIR: dir, HOTSPOT_LICENSE_KEY: "hs_lic_x" };
  const args = ["connect", "--slug", "acme", "--to", url, "--portal", url];
  const child: ChildProcess = spawn(path, args, { cwd: dir, env, stdio: "ignore" });
  try {
    const died = once(child, "exit").then(([code]) => {
      throw new Error(`${path} ended with ${code} before it had served a request`);
    });
    await Promise.race([answered.promise, died]);
    return performance.now() - startedAt;
  } finally {
    child.kill("SIGKILL");
    server.closeAllConnections();
    sockets.close();
    server.close();
  }
}

const welcome = {
  version: 1,
  linkId: "link_1",
  slug: "acme",
  publicBaseUrl: "http://acme.localhost",
  windowBytes: 262_144,
  maxPayloadBytes: 65_536,
  pingIntervalMs: 10_000,
  idleTimeoutMs: 20_000,
};

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
