import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { ResetCode } from "../../protocol/codes.ts";
import { BodyFraming, StreamKind } from "../../protocol/stream.ts";
import { bytes } from "../../protocol/testing/recorder.ts";
import { type Client, startLink } from "../testing/link.ts";
import { connectUpstream } from "./connect.ts";
import { Dispatcher, type DispatcherOptions, type ExchangeRecord } from "./dispatcher.ts";
import { parseUpstream } from "./target.ts";

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanup.splice(0)) step();
});

async function listen(server: net.Server | http.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.push(() => {
    if (server instanceof http.Server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function connectTo(port: number, options: Partial<DispatcherOptions> & { path?: string } = {}) {
  const records: ExchangeRecord[] = [];
  const dispatcher = new Dispatcher({
    target: parseUpstream(`http://127.0.0.1:${port}${options.path ?? ""}`),
    connect: connectUpstream,
    log: () => undefined,
    onRecord: (record) => records.push(record),
    ...options,
  });
  cleanup.push(() => dispatcher.close());
  return { link: await startLink(dispatcher), dispatcher, records, port };
}

async function serve(listener: http.RequestListener, options: Partial<DispatcherOptions> = {}) {
  const server = http.createServer(listener);
  return { ...(await connectTo(await listen(server), options)), server };
}

/** An upstream that says exactly these bytes to each request head. */
async function answer(raw: string, { close = false } = {}, options: Partial<DispatcherOptions> = {}) {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => (close ? socket.end(raw, "latin1") : socket.write(raw, "latin1")));
  });
  const port = await listen(server);
  cleanup.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return connectTo(port, options);
}

const get = (path = "/", more = "") => `GET ${path} HTTP/1.1\nHost: acme.example.com${more}`;
const until = (condition: () => unknown) =>
  vi.waitFor(() => expect(condition()).toBeTruthy(), { timeout: 4_000, interval: 5 });
const settled = (client: Client) => until(() => client.ended || client.reset);

describe("requests and responses", () => {
  test("keep path, fields and their spelling; Host becomes the upstream's", async () => {
    const seen: { url?: string; raw: string[] }[] = [];
    const { link, port } = await serve((request, response) => {
      seen.push({ url: request.url, raw: request.rawHeaders });
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.end("hello");
    });
    const client = link.open(get("/a/../b?c=%41", "\nX-oDD: 1\nX-oDD: 2"));
    await settled(client);
    expect(seen).toEqual([
      { url: "/a/../b?c=%41", raw: ["Host", `127.0.0.1:${port}`, "X-oDD", "1", "X-oDD", "2"] },
    ]);
    expect(client.heads[0]).toMatch(/^HTTP\/1\.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    expect(client.body).toBe("hello");
  });

  test("a base path is put in front, a host header may be kept or set", async () => {
    const listener: http.RequestListener = (request, response) =>
      response.end(`${request.headers.host} ${request.url}`);
    const kept = await serve(listener, { hostHeader: "preserve" });
    const set = await connectTo(kept.port, { path: "/base/", hostHeader: { value: "inner.test" } });
    const first = kept.link.open(get("/x"));
    const second = set.link.open(get("/x?y"));
    await settled(first);
    await settled(second);
    expect(first.body).toBe("acme.example.com /x");
    expect(second.body).toBe("inner.test /base/x?y");
  });

  test.each([
    ["HEAD", 200],
    ["GET", 204],
    ["GET", 304],
  ])("%s answered with %i has no body and keeps its fields and the connection", async (method, status) => {
    const { link, dispatcher } = await serve((_, response) => {
      response.writeHead(status, status === 200 ? { "Content-Length": "5" } : { ETag: '"x"' });
      response.end();
    });
    const client = link.open(`${method} / HTTP/1.1\nHost: a`);
    await settled(client);
    expect(client.heads[0]).toContain(status === 200 ? "Content-Length: 5\r\n" : 'ETag: "x"\r\n');
    expect(client.bytes).toBe(0);
    expect(dispatcher.pool.size).toBe(1);
  });

  test("a 1xx head passes before the final one", async () => {
    const { link } = await serve((_, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.end("late");
    });
    const client = link.open(get());
    await settled(client);
    expect(client.heads.map((head) => head.slice(9, 12))).toEqual(["103", "200"]);
    expect(client.body).toBe("late");
  });

  test("trailers pass both ways", async () => {
    let seen: NodeJS.Dict<string> = {};
    const { link } = await serve((request, response) => {
      request.resume().on("end", () => {
        seen = request.trailers;
        response.writeHead(200, { Trailer: "x-sum" });
        response.write("body");
        response.addTrailers({ "X-Sum": "abc" });
        response.end();
      });
    });
    const client = link.open("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nTrailer: x-in", {
      framing: BodyFraming.chunked,
    });
    client.stream.write(bytes("one"));
    client.stream.end(bytes("X-In: 1\r\n"));
    await settled(client);
    expect(seen).toEqual({ "x-in": "1" });
    expect(client.trailers).toBe("X-Sum: abc\r\n");
    expect(client.body).toBe("body");
  });

  test.each([
    ["length", BodyFraming.length],
    ["chunked", BodyFraming.chunked],
  ])("3 MB up and down with %s framing arrive whole", async (_, framing) => {
    const total = 3_000_000;
    const { link, records } = await serve((request, response) => {
      const hash = createHash("sha256");
      request.on("data", (chunk) => hash.update(chunk));
      request.on("end", () => {
        response.setHeader("X-Hash", hash.digest("hex"));
        if (framing === BodyFraming.length) response.setHeader("Content-Length", total);
        response.end(Buffer.alloc(total, "y"));
      });
    });
    const field = framing === BodyFraming.length ? `Content-Length: ${total}` : "Transfer-Encoding: chunked";
    const client = link.open(`POST / HTTP/1.1\nHost: a\n${field}`, { framing });
    await client.pump(total);
    await settled(client);
    const hash = createHash("sha256").update(Buffer.alloc(total, "x")).digest("hex");
    expect(client.heads[0]).toContain(`X-Hash: ${hash}`);
    expect(client.bytes).toBe(total);
    await until(() => records.length === 1);
    expect(records[0]).toMatchObject({ status: 200, bytesIn: total, bytesOut: total, failure: null });
  });

  test("head and small body leave in one segment", async () => {
    const pieces: string[] = [];
    const server = net.createServer((socket) => {
      socket.on("data", (data) => {
        pieces.push(data.toString());
        socket.end("HTTP/1.1 204 No Content\r\n\r\n");
      });
    });
    const { link } = await connectTo(await listen(server));
    const client = link.open("POST /p HTTP/1.1\nHost: a\nContent-Length: 2", {
      framing: BodyFraming.length,
      body: "hi",
    });
    await settled(client);
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toMatch(/\r\n\r\nhi$/);
  });

  test("events of a stream pass one by one while the upstream is still talking", async () => {
    const { link, server } = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: 1\n\n");
      server.once("more", () => response.end("data: 2\n\n"));
    });
    const client = link.open(get());
    await until(() => client.body === "data: 1\n\n");
    expect(client.ended).toBe(false);
    server.emit("more");
    await settled(client);
    expect(client.body).toBe("data: 1\n\ndata: 2\n\n");
  });

  test("a body that lasts until the connection closes ends cleanly", async () => {
    const { link, dispatcher } = await answer("HTTP/1.0 200 OK\r\n\r\nall of it", { close: true });
    const client = link.open(get());
    await settled(client);
    expect(client.body).toBe("all of it");
    expect(client.reset).toBeNull();
    expect(dispatcher.pool.size).toBe(0);
  });

  test("a stalled reader stalls the upstream", async () => {
    let written = 0;
    const { link } = await serve((_, response) => {
      const block = Buffer.alloc(65_536, "z");
      const step = () => {
        while (written < 64_000_000) {
          written += block.length;
          if (!response.write(block)) return void response.once("drain", step);
        }
        response.end();
      };
      step();
    });
    const client = link.open(get());
    client.hold = true;
    await until(() => client.bytes >= 262_144);
    let before = -1;
    await vi.waitFor(
      () => {
        const stopped = before === written;
        before = written;
        expect(stopped).toBe(true);
      },
      { timeout: 5_000, interval: 100 },
    );
    expect(client.bytes).toBe(262_144);
    // What is left is in the kernel's buffers of both sockets.
    expect(written).toBeLessThan(16_000_000);
    client.release();
    await settled(client);
    expect(client.bytes).toBe(written);
  });
});

describe("upgrades", () => {
  test("a WebSocket echoes through, raw both ways, and closes with its code", async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ server });
    const closed: number[] = [];
    sockets.on("connection", (socket: WebSocket) => {
      socket.on("message", (data, binary) => socket.send(data, { binary }));
      socket.on("close", (code) => closed.push(code));
    });
    const { link, records } = await connectTo(await listen(server));
    const client = link.open(
      get(
        "/ws",
        "\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ),
      { kind: StreamKind.websocket },
    );
    await until(() => client.status === 101);
    client.stream.write(Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69));
    await until(() => client.bytes === 4);
    expect(client.body).toMatch(/hi$/);
    client.stream.write(Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9));
    await until(() => client.ended);
    client.stream.end();
    await until(() => closed.length === 1);
    expect(closed).toEqual([1001]);
    await until(() => records.length === 1);
    expect(records[0]).toMatchObject({ status: 101, bytesOut: 8, failure: null });
    expect(link.outstanding()).toBe(0);
  });

  test("a half-close passes in both directions", async () => {
    const server = http.createServer();
    let heard = "";
    server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.on("data", (data) => {
        heard += data;
      });
      socket.on("end", () => socket.end(`heard ${heard}`));
    });
    const { link } = await connectTo(await listen(server));
    const client = link.open(get("/", "\nConnection: Upgrade\nUpgrade: websocket"), {
      kind: StreamKind.websocket,
    });
    // Sent before the upstream has agreed: waits for the 101.
    client.stream.write(bytes("early"));
    client.stream.end();
    await settled(client);
    expect(client.body).toBe("heard early");
  });

  test("bytes that come early never reach an upstream that refuses", async () => {
    const server = net.createServer((socket) => {
      let heard = "";
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        heard += data;
        if (heard.includes("GET /smuggled")) server.emit("smuggled");
        socket.write("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
      });
    });
    let smuggled = false;
    server.on("smuggled", () => {
      smuggled = true;
    });
    const { link, dispatcher } = await connectTo(await listen(server));
    const client = link.open(get("/", "\nConnection: Upgrade\nUpgrade: websocket"), {
      kind: StreamKind.websocket,
    });
    client.stream.write(bytes("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
    await settled(client);
    expect(client.body).toBe("no");
    await until(() => dispatcher.active === 0);
    expect(smuggled).toBe(false);
    expect(dispatcher.pool.size).toBe(0);
  });
});

describe("failures", () => {
  test("nobody listens: UPSTREAM_UNREACHABLE", async () => {
    const server = net.createServer();
    const port = await listen(server);
    server.close();
    const { link } = await connectTo(port);
    const client = link.open(get());
    await settled(client);
    expect(client.reset).toEqual({ code: ResetCode.upstreamUnreachable, reason: "connection refused" });
  });

  test("no head in time: UPSTREAM_TIMEOUT, and the upstream sees the connection go", async () => {
    let gone = false;
    const { link } = await serve(
      (request) => {
        request.on("close", () => {
          gone = true;
        });
      },
      { headTimeoutMs: 80 },
    );
    const client = link.open(get());
    await settled(client);
    expect(client.reset?.code).toBe(ResetCode.upstreamTimeout);
    await until(() => gone);
  });

  test.each([
    ["not HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["an injected line", "HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b\r\n\r\n"],
    [
      "101 without asking",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    ["a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ["a flood of 1xx", "HTTP/1.1 102 Processing\r\n\r\n".repeat(40)],
  ])("%s: UPSTREAM_BAD_RESPONSE", async (_, raw) => {
    const { link, dispatcher } = await answer(raw);
    const client = link.open(get());
    await settled(client);
    expect(client.reset?.code).toBe(ResetCode.upstreamBadResponse);
    expect(dispatcher.pool.size).toBe(0);
  });

  test.each([
    ["length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
    ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"],
  ])("a body cut short (%s): UPSTREAM_RESET", async (_, raw) => {
    const { link } = await answer(raw, { close: true });
    const client = link.open(get());
    await settled(client);
    expect(client.reset?.code).toBe(ResetCode.upstreamReset);
  });

  test("the client goes away: the upstream sees its connection close, in mid-response and before it", async () => {
    let gone = 0;
    const { link, dispatcher, records } = await serve((request, response) => {
      response.on("close", () => gone++);
      if (request.url === "/started") response.write("some");
    });
    const started = link.open(get("/started"));
    const waiting = link.open(get("/waiting"));
    await until(() => started.body === "some" && dispatcher.active === 2);
    started.stream.reset(ResetCode.cancel);
    waiting.stream.reset(ResetCode.cancel);
    await until(() => gone === 2);
    expect(dispatcher.active).toBe(0);
    expect(records.map(({ failure }) => failure?.code)).toEqual([ResetCode.cancel, ResetCode.cancel]);
  });

  test("a body longer than its Content-Length never reaches the upstream", async () => {
    let heard = "";
    const server = net.createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        heard += data;
      });
    });
    const { link } = await connectTo(await listen(server));
    const client = link.open("POST / HTTP/1.1\nHost: a\nContent-Length: 2", { framing: BodyFraming.length });
    client.stream.write(bytes("ab"));
    await until(() => heard.endsWith("ab"));
    client.stream.write(bytes("GET /smuggled HTTP/1.1\r\n\r\n"));
    await settled(client);
    expect(client.reset?.code).toBe(ResetCode.internal);
    expect(heard).not.toContain("smuggled");
  });

  test("an answer before the end of the upload is delivered and the connection is not used again", async () => {
    const { link, dispatcher } = await serve((_, response) => {
      response.writeHead(413, { "Content-Length": 0 });
      response.end();
    });
    const client = link.open("POST / HTTP/1.1\nHost: a\nContent-Length: 1000000", {
      framing: BodyFraming.length,
    });
    client.stream.write(new Uint8Array(1_000));
    await settled(client);
    expect(client.status).toBe(413);
    expect(dispatcher.pool.size).toBe(0);
    await until(() => link.outstanding() === 0);
  });
});

describe("kept connections", () => {
  /** Answers one request per connection with keep-alive and closes the moment a second one comes. */
  async function oneShot() {
    let requests = 0;
    const server = net.createServer((socket) => {
      let answered = false;
      socket.on("error", () => undefined);
      socket.on("data", () => {
        requests++;
        if (answered) return void socket.resetAndDestroy();
        answered = true;
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    return { ...(await connectTo(await listen(server))), requests: () => requests };
  }

  test("are used again", async () => {
    const { link, server } = await serve((request, response) =>
      response.end(String(request.socket.remotePort)),
    );
    let connections = 0;
    server.on("connection", () => connections++);
    for (let i = 0; i < 3; i++) await settled(link.open(get()));
    expect(connections).toBe(1);
  });

  test("a dead one is noticed by a safe request, which goes out once more", async () => {
    const { link, requests } = await oneShot();
    await settled(link.open(get()));
    const second = link.open(get());
    await settled(second);
    expect(second.reset).toBeNull();
    expect(second.body).toBe("ok");
    expect(requests()).toBe(3);
  });

  test("a request with a body is not sent twice", async () => {
    const { link, requests } = await oneShot();
    await settled(link.open(get()));
    const second = link.open("POST / HTTP/1.1\nHost: a\nContent-Length: 2", {
      framing: BodyFraming.length,
      body: "hi",
    });
    await settled(second);
    expect(second.reset?.code).toBe(ResetCode.upstreamReset);
    expect(requests()).toBe(2);
  });

  test("one with bytes behind its response is dropped", async () => {
    const { link, dispatcher } = await answer(
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
    );
    await settled(link.open(get()));
    expect(dispatcher.pool.size).toBe(0);
  });

  test("are closed when idle for too long, or when the upstream announces a shorter time", async () => {
    const { link, dispatcher } = await answer(
      "HTTP/1.1 204 No Content\r\n\r\n",
      {},
      {
        idleTimeoutMs: 50,
        connectTimeoutMs: 100,
      },
    );
    await settled(link.open(get()));
    expect(dispatcher.pool.size).toBe(1);
    await until(() => dispatcher.pool.size === 0);
    const short = await answer("HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=1\r\n\r\n");
    await settled(short.link.open(get()));
    expect(short.dispatcher.pool.size).toBe(0);
  });
});
