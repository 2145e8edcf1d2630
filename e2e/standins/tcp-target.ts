import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

/** A TCP server on this machine that a tunnel leads to. */
export interface TcpTarget {
  readonly port: number;
  /** Connections now, oldest first. */
  readonly sockets: readonly Socket[];
  stop(): void;
}

/** Half-open connections are allowed, and nothing is read but by `onSocket`. */
export async function startTcpTarget(onSocket: (socket: Socket) => void): Promise<TcpTarget> {
  const sockets: Socket[] = [];
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.splice(sockets.indexOf(socket), 1));
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    stop() {
      for (const socket of [...sockets]) socket.destroy();
      server.close();
    },
  };
}
