import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";

export interface TestProxy {
  port: number;
  /** `CONNECT host:port` or `GET url`, in order. */
  asked: string[];
  /** Answers this to everything instead of passing it on; null to work. */
  refuse: number | null;
  close(): void;
}

/** An HTTP proxy that wants user and password, and knows every name: all of them are this machine. */
export async function startTestProxy(login: { user: string; password: string }): Promise<TestProxy> {
  const expected = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  const sockets = new Set<net.Socket>();
  const server = http.createServer((request, response) => {
    proxy.asked.push(`${request.method} ${request.url}`);
    const status = statusFor(request);
    if (status !== null) return void response.writeHead(status).end();
    const target = new URL(request.url ?? "");
    const { "proxy-authorization": _, ...headers } = request.headers;
    const { method } = request;
    const options = { host: "127.0.0.1", port: target.port, path: target.pathname, method, headers };
    request.pipe(
      http.request(options, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  const statusFor = (request: http.IncomingMessage) =>
    proxy.refuse ?? (request.headers["proxy-authorization"] === expected ? null : 407);
  server.on("connect", (request, client: net.Socket, head) => {
    proxy.asked.push(`CONNECT ${request.url}`);
    const status = statusFor(request);
    client.on("error", () => client.destroy());
    if (status !== null) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const port = Number(/:(\d+)$/.exec(request.url ?? "")?.[1]);
    const origin = net.connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) origin.write(head);
      origin.pipe(client).pipe(origin);
    });
    sockets.add(origin).add(client);
    origin.on("error", () => client.destroy());
    client.on("error", () => origin.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: TestProxy = {
    port: (server.address() as AddressInfo).port,
    asked: [],
    refuse: null,
    close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
