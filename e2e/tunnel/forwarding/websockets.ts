import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { gate, within } from "../../fixtures/gate.ts";
import { fieldValues, RawHttp } from "../../fixtures/raw-http.ts";
import type { Lab } from "../lab.ts";

const upgradeLines = (lab: Lab, path: string) => [
  `GET ${path} HTTP/1.1`,
  `Host: ${lab.host}`,
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** A WebSocket of a tenant: the bytes after the upgrade pass raw, so everything is as it would be without us. */
export function websockets(lab: Lab): void {
  const echoServer = (path: string, options: { handleProtocols?: () => string } = {}) => {
    const server = new WebSocketServer({ noServer: true, ...options });
    lab.upstream.onUpgrade(path, (req, socket, head) =>
      server.handleUpgrade(req, socket, head, (ws) => server.emit("connection", ws, req)),
    );
    return server;
  };
  const dial = async (path: string, protocols: string[] = []) => {
    const ws = new WebSocket(`ws://${lab.host}${path}`, protocols, { maxPayload: 1 << 24 });
    await within(
      5_000,
      "open",
      new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject)),
    );
    return ws;
  };
  const nextMessage = (ws: WebSocket) =>
    within(
      10_000,
      "message",
      new Promise<[Buffer, boolean]>((resolve) =>
        ws.once("message", (data, binary) => resolve([data as Buffer, binary])),
      ),
    );
  const closeOf = (ws: WebSocket) =>
    within(
      5_000,
      "close",
      new Promise<[number, string]>((resolve) =>
        ws.once("close", (code, why) => resolve([code, why.toString()])),
      ),
    );

  test("WebSocket: text, binary and a 1 MB message come back as they were sent", async () => {
    echoServer("/ws-echo").on("connection", (ws) =>
      ws.on("message", (data, binary) => ws.send(data, { binary })),
    );
    const ws = await dial("/ws-echo");
    for (const [sent, binary] of [
      [Buffer.from("grüezi 🚠"), false],
      [Buffer.from([0, 255, 128, 10, 13]), true],
      [Buffer.alloc(1 << 20, "0123456789abcdef"), true],
      [Buffer.alloc(0), false],
    ] as const) {
      const echoed = nextMessage(ws);
      ws.send(sent, { binary });
      const [data, kind] = await echoed;
      expect(kind).toBe(binary);
      expect(Buffer.compare(data, sent)).toBe(0);
    }
    ws.close();
    await closeOf(ws);
  });

  test("WebSocket: the subprotocol is the upstream's choice", async () => {
    echoServer("/ws-protocol", { handleProtocols: () => "second" });
    const ws = await dial("/ws-protocol", ["first", "second"]);
    expect(ws.protocol).toBe("second");
    ws.terminate();
  });

  test("WebSocket: the client's close code and reason reach the upstream, and the other way round", async () => {
    const atUpstream = gate<[number, string]>();
    echoServer("/ws-close").on("connection", (ws, req: IncomingMessage) => {
      ws.on("close", (code, why) => atUpstream.open([code, why.toString()]));
      if (req.url?.endsWith("?server")) ws.close(4321, "upstream says so");
    });
    const mine = await dial("/ws-close");
    const closedMine = closeOf(mine);
    mine.close(4001, "client says so");
    expect(await within(30_000, "close at the upstream", atUpstream.opened)).toEqual([
      4001,
      "client says so",
    ]);
    expect((await closedMine)[0]).toBe(4001);

    const theirs = new WebSocket(`ws://${lab.host}/ws-close?server`);
    expect(await closeOf(theirs)).toEqual([4321, "upstream says so"]);
    // Both ended as they should: nobody has aborted anything.
    await vi.waitFor(async () => {
      const rows = await lab.world.db
        .selectFrom("request_log")
        .select(["status", "error_code"])
        .where("path", "=", "/ws-close")
        .execute();
      expect(rows).toEqual([
        { status: 101, error_code: null },
        { status: 101, error_code: null },
      ]);
    });
  });

  test("WebSocket: an upstream that drops the connection shows as 1006", async () => {
    echoServer("/ws-drop").on("connection", (ws) => ws.terminate());
    const ws = new WebSocket(`ws://${lab.host}/ws-drop`);
    expect((await closeOf(ws))[0]).toBe(1006);
  });

  test("WebSocket: a refused upgrade passes as the answer it is and opens no tunnel", async () => {
    lab.upstream.onUpgrade("/ws-refused", (_req, socket) => {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: no\r\n\r\nno");
    });
    const http = await RawHttp.open(lab.port);
    http.request(upgradeLines(lab, "/ws-refused"));
    const answer = await within(30_000, "answer", http.response());
    expect([answer.status, fieldValues(answer, "x-why"), answer.body.toString()]).toEqual([
      403,
      ["no"],
      "no",
    ]);
    http.close();
  });

  test("WebSocket: bytes that are no valid frame pass as they were sent, both ways", async () => {
    // Unmasked, reserved bits set, an opcode nobody defined, a length that never comes.
    const bad = Buffer.from("f37e0003616263ff80", "hex");
    const upstreamSide = gate<[Duplex, Buffer]>();
    lab.upstream.onUpgrade("/ws-raw", (_req, socket, early) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      upstreamSide.open([socket, early]);
    });
    const http = await RawHttp.open(lab.port);
    http.request(upgradeLines(lab, "/ws-raw"), bad);
    const head = await within(30_000, "101", http.readHead());
    expect(head.status).toBe(101);
    const [socket, early] = await upstreamSide.opened;
    const arrived = await within(
      5_000,
      "raw bytes at the upstream",
      new Promise<Buffer>((resolve) => {
        let got = Buffer.alloc(0);
        const take = (piece: Buffer) => {
          got = Buffer.concat([got, piece]);
          if (got.length >= bad.length) resolve(got);
        };
        take(early);
        socket.on("data", take);
      }),
    );
    expect(arrived.toString("hex")).toBe(bad.toString("hex"));
    socket.write(bad);
    expect((await within(30_000, "raw bytes back", http.readExactly(bad.length))).toString("hex")).toBe(
      bad.toString("hex"),
    );
    socket.end();
    expect(await within(30_000, "close at the client", http.closed())).toBe("clean");
    http.close();
  });

  test("only websocket is offered to the upstream, never another protocol", async () => {
    lab.upstream.on("/h2c", (_req, res) => res.end("plain"));
    const http = await RawHttp.open(lab.port);
    http.request([
      "GET /h2c HTTP/1.1",
      `Host: ${lab.host}`,
      "Connection: Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQAAP__",
    ]);
    expect((await within(30_000, "answer", http.response())).body.toString()).toBe("plain");
    const names = lab.upstream.seenAt("/h2c")[0]!.fields.map(([name]) => name.toLowerCase());
    for (const name of ["upgrade", "http2-settings"]) expect(names).not.toContain(name);
    http.close();
  });
}
