import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

/** What a raw upstream does with one request; it may write whatever it likes. `head` is the request's, as it came. */
export type RawAnswer = (socket: Socket, head: string) => void;

/** An upstream that speaks bytes, not HTTP: every answer is as broken as its script. Request bodies are not read. */
export interface RawUpstream {
  readonly url: string;
  /** Heads of all requests, in order. */
  readonly heads: string[];
  /** Connections that are open now. */
  readonly open: number;
  /** Scripts the answer for a path. Anything unscripted is answered with the path itself. */
  on(path: string, answer: RawAnswer): void;
  stop(): Promise<void>;
}

export async function startRawUpstream(): Promise<RawUpstream> {
  const answers = new Map<string, RawAnswer>();
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A peer that refuses our nonsense may reset it.
    socket.on("error", () => undefined);
    let pending = "";
    socket.on("data", (chunk: Buffer) => {
      pending += chunk.toString("latin1");
      for (let end = pending.indexOf("\r\n\r\n"); end >= 0; end = pending.indexOf("\r\n\r\n")) {
        const head = pending.slice(0, end + 4);
        pending = pending.slice(end + 4);
        heads.push(head);
        const path = head.split(" ", 2)[1] ?? "";
        const answer = answers.get(path);
        if (answer) answer(socket, head);
        else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    get open() {
      return sockets.size;
    },
    on: (path, answer) => void answers.set(path, answer),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
