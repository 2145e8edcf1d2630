import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { DelayLine } from "./delay-line.ts";

/** The other side said that it sends nothing more. */
const END = Symbol("end");

export interface DelayProxyOptions {
  readonly targetPort: number;
  /** Each way; a round trip takes twice as long. */
  readonly delayMs: number;
  /** Bytes on their way at once, for each connection and direction. */
  readonly maxBytes: number;
}

export interface DelayProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Stands between two ends of TCP connections as a long wire would: every byte comes out `delayMs` after it went in, in
 * order, at any rate. With `maxBytes` on their way no more are read. An end is passed on in its turn, a reset at once.
 * Connections are accepted without delay, as there is no way to hold up a handshake from here.
 */
export async function startDelayProxy(options: DelayProxyOptions): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port: options.targetPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.once("error", () => other.resetAndDestroy());
      socket.once("close", () => sockets.delete(socket));
    }
    carry(near, far, options);
    carry(far, near, options);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function carry(from: Socket, to: Socket, { delayMs, maxBytes }: DelayProxyOptions): void {
  const line = new DelayLine<Buffer | typeof END>(delayMs, maxBytes);
  let timer: NodeJS.Timeout | null = null;

  const deliver = () => {
    timer = null;
    while (!to.destroyed) {
      const item = line.take(performance.now());
      if (item === undefined) break;
      if (item === END) to.end();
      // The far end reads no faster: what is due stays here, and fills the line.
      else if (!to.write(item)) return void to.once("drain", deliver);
    }
    if (!line.isFull && from.isPaused()) from.resume();
    schedule();
  };
  const schedule = () => {
    const { nextAt } = line;
    if (nextAt === null || timer !== null || to.writableNeedDrain) return;
    timer = setTimeout(deliver, Math.max(0, nextAt - performance.now()));
  };

  from.on("data", (chunk) => {
    line.put(chunk, chunk.length, performance.now());
    if (line.isFull) from.pause();
    schedule();
  });
  from.once("end", () => {
    line.put(END, 0, performance.now());
    schedule();
  });
  to.once("close", () => timer !== null && clearTimeout(timer));
}
