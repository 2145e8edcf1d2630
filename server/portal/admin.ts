import { createServer, type Server } from "node:http";
import { sql } from "kysely";
import type { Registry } from "prom-client";
import type { Db } from "../../db/client.ts";

/** Milliseconds a database may take to be called ready. */
const readyTimeoutMs = 2_000;

/**
 * The private server: /metrics, /healthz (the process is alive) and /readyz (it can serve: not draining, database
 * answers). Listen on 127.0.0.1.
 */
export function createAdminServer(deps: { db: Db; registry: Registry; isDraining: () => boolean }): Server {
  return createServer(async (request, response) => {
    const send = (status: number, body: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
    };
    switch (request.url?.split("?", 1)[0]) {
      case "/metrics":
        return send(200, await deps.registry.metrics(), deps.registry.contentType);
      case "/healthz":
        return send(200, "ok\n");
      case "/readyz": {
        if (deps.isDraining()) return send(503, "draining\n");
        return (await isDatabaseReady(deps.db))
          ? send(200, "ready\n")
          : send(503, "database does not answer\n");
      }
      default:
        return send(404, "there is /metrics, /healthz and /readyz\n");
    }
  });
}

async function isDatabaseReady(db: Db): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, readyTimeoutMs, false);
  const ping = sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
  return Promise.race([ping, late]).finally(() => clearTimeout(timer));
}
