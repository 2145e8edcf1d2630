import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A proxy between a machine and the world: CONNECT only, with user and password. */
export interface ConnectProxy {
  readonly port: number;
  /** `host:port` of each CONNECT that was let through. */
  readonly passed: string[];
  /** Those that were not. */
  readonly refused: string[];
  stop(): Promise<void>;
}

/** Knows every name: all of them are this machine. */
export async function startConnectProxy(login: { user: string; password: string }): Promise<ConnectProxy> {
  const expected = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  const sockets = new Set<Socket>();
  const passed: string[] = [];
  const refused: string[] = [];
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", ({ url = "", headers }, client: Socket, head) => {
    client.on("error", () => client.destroy());
    if (headers["proxy-authorization"] !== expected) {
      refused.push(url);
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    passed.push(url);
    const origin = connect(Number(/:(\d+)$/.exec(url)?.[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) origin.write(head);
      origin.pipe(client).pipe(origin);
    });
    sockets.add(origin).add(client);
    origin.on("error", () => client.destroy());
    client.on("close", () => origin.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...{ passed, refused },
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
