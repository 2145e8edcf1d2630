import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What the upstream knows about one request: the truth that a test compares with what the client saw. */
export interface SeenRequest {
  method: string;
  /** The target as it came over the wire. */
  target: string;
  /** Field lines in order and spelling. */
  fields: [name: string, value: string][];
  /** True once the peer went away before the answer was complete. */
  aborted: Promise<void>;
}

export type Answer = (req: IncomingMessage, res: ServerResponse) => unknown;
export type Upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A program on the customer's machine, scripted per path by the test. Anything unscripted is answered with 404. */
export interface Upstream {
  readonly url: string;
  readonly port: number;
  /** Every request that arrived, in order; a smuggled one would be here. */
  readonly seen: SeenRequest[];
  /** Scripts the answer for a path (query not looked at). */
  on(path: string, answer: Answer): void;
  onUpgrade(path: string, upgrade: Upgrade): void;
  seenAt(path: string): SeenRequest[];
  /** Destroys the open connections and stops listening; `listen` again takes the same port. */
  stop(): Promise<void>;
  listen(): Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  const answers = new Map<string, Answer>();
  const upgrades = new Map<string, Upgrade>();
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let port = 0;

  const note = (req: IncomingMessage, peer: { once(event: "close", listener: () => void): unknown }) => {
    const aborted = new Promise<void>((resolve) => {
      peer.once("close", () => {
        if (!("writableFinished" in peer) || !peer.writableFinished) resolve();
      });
    });
    seen.push({ method: req.method ?? "", target: req.url ?? "", fields: pairs(req.rawHeaders), aborted });
  };

  let server: Server;
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server = createServer(
        { maxHeaderSize: 65_536, keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 0 },
        answer,
      );
      server.on("checkContinue", answer);
      server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
      });
      server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
        note(req, socket);
        // The peer may cut it; that is for the script to notice by `close`.
        socket.on("error", () => {});
        const upgrade = upgrades.get(pathOf(req));
        if (upgrade) upgrade(req, socket, head);
        else socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      });
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    note(req, res);
    const scripted = answers.get(pathOf(req));
    if (!scripted) {
      res.writeHead(404, { "content-type": "text/plain" }).end("not scripted");
      return;
    }
    try {
      await scripted(req, res);
    } catch (cause) {
      // A script that fails must fail its test: the client sees a cut connection, never a hang.
      res.destroy(cause as Error);
    }
  }

  await listen();
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    seen,
    on: (path, scripted) => void answers.set(path, scripted),
    onUpgrade: (path, upgrade) => void upgrades.set(path, upgrade),
    seenAt: (path) => seen.filter((request) => request.target.split("?")[0] === path),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    listen,
  };
}

/** Collects a request body. */
export async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function pathOf(req: IncomingMessage): string {
  return (req.url ?? "").split("?")[0] ?? "";
}

function pairs(raw: string[]): [string, string][] {
  const fields: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) fields.push([raw[i]!, raw[i + 1]!]);
  return fields;
}
