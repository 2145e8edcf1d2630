import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP forwarder that can be slow, and can hold all that is on its way until it is released. */
export interface HoldingForwarder {
  readonly port: number;
  /** Bytes that clients have sent through it. */
  readonly bytesUp: number;
  /** Sockets that are open, both ends of each connection. */
  readonly open: number;
  /** Nothing passes any more, in either direction; nothing is closed. */
  hold(): void;
  release(): void;
  /** Ends all connections, with what they still hold; new ones pass. */
  cut(): void;
  stop(): Promise<void>;
}

/** Upload of a connection is looked at so often, ms. */
const TICK_MS = 5;

/** @param bytesPerSecond of uploads, all connections together; null: as fast as it goes */
export async function startHoldingForwarder(
  target: () => number,
  bytesPerSecond: number | null,
): Promise<HoldingForwarder> {
  const sockets = new Set<Socket>();
  let held = false;
  let bytesUp = 0;
  /** What may still pass in this tick. */
  let allowance = 0;
  const server = createServer((near) => {
    const far = connect({ port: target(), host: "127.0.0.1" });
    for (const [from, to, up] of [
      [near, far, true],
      [far, near, false],
    ] as const) {
      sockets.add(from);
      if (held) from.pause();
      from.on("data", (chunk) => {
        to.write(chunk);
        if (!up) return;
        bytesUp += chunk.length;
        allowance -= chunk.length;
        if (bytesPerSecond !== null && allowance <= 0) from.pause();
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const timer = setInterval(() => {
    if (held) return;
    if (bytesPerSecond !== null) allowance = Math.min(0, allowance) + (bytesPerSecond * TICK_MS) / 1_000;
    if (bytesPerSecond === null || allowance > 0) for (const socket of sockets) socket.resume();
  }, TICK_MS);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    get bytesUp() {
      return bytesUp;
    },
    get open() {
      return sockets.size;
    },
    hold() {
      held = true;
      for (const socket of sockets) socket.pause();
    },
    release() {
      held = false;
      for (const socket of sockets) socket.resume();
    },
    cut() {
      held = false;
      for (const socket of sockets) socket.destroy();
    },
    async stop() {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
