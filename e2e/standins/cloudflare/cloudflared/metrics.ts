import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Shared } from "./connection.ts";

const FIRST_PORT = 20_241;
const LAST_PORT = 20_245;

/** `/ready`, `/healthcheck`, `/metrics` and `/config`, on the address of `--metrics` or the first free port of five. */
export async function serveMetrics(address: string | undefined, shared: Shared): Promise<Server> {
  const server = createServer((request, response) => {
    const json = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
    const ready = shared.open.size;
    const status = ready > 0 ? 200 : 503;
    switch (new URL(request.url!, "http://metrics").pathname) {
      case "/ready":
        return json(status, { status, readyConnections: ready, connectorId: shared.hello.connectorId });
      case "/healthcheck":
        return response.end("OK\n");
      case "/config":
        return json(200, { version: shared.configVersion, config: shared.config ?? {} });
      case "/metrics":
        return response.end(exposition(shared));
      default:
        return response.writeHead(404).end();
    }
  });
  if (address === undefined) await listenSomewhere(server);
  else {
    const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
    await listen(server, host || "0.0.0.0", Number(port));
  }
  const { address: host, port } = server.address() as AddressInfo;
  shared.log("INF", `Starting metrics server on ${host}:${port}/metrics`);
  return server;
}

async function listenSomewhere(server: Server): Promise<void> {
  for (let port = FIRST_PORT; port <= LAST_PORT; port++) {
    const free = await listen(server, "127.0.0.1", port).then(
      () => true,
      () => false,
    );
    if (free) return;
  }
  await listen(server, "127.0.0.1", 0);
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  await once(server, "listening");
}

function exposition({ open, configVersion, requests, hello }: Shared): string {
  return [
    `build_info{goversion="none",revision="stand-in",version="${hello.version}"} 1`,
    `cloudflared_orchestration_config_version ${configVersion}`,
    `cloudflared_tunnel_ha_connections ${open.size}`,
    `cloudflared_tunnel_total_requests ${requests}`,
    "",
  ].join("\n");
}
