import type { Registry } from "prom-client";

export interface AdminOptions {
  /** 0 for any free port. */
  port: number;
  registry: Registry;
  /** Metrics in text form beside those of the registry. */
  more(): string;
  /** Why the relay should get no traffic now; null when it should. */
  notReady(): string | null;
}

export interface AdminServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Metrics and health for operators, on 127.0.0.1 only. @throws when the port is in use */
export function serveAdmin({ port, registry, more, notReady }: AdminOptions): AdminServer {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.method !== "GET" && request.method !== "HEAD") return problem(405, "method_not_allowed");
      if (pathname === "/metrics") {
        const text = (await registry.metrics()) + more();
        return new Response(text, { headers: { "content-type": registry.contentType } });
      }
      if (pathname === "/healthz") return Response.json({ status: "ok" });
      if (pathname !== "/readyz") return problem(404, "not_found");
      const reason = notReady();
      if (reason === null) return Response.json({ status: "ready" });
      return Response.json({ status: "not_ready", reason }, { status: 503 });
    },
  });
  return { port: server.port ?? port, stop: () => server.stop(true) };
}

function problem(status: 404 | 405, code: string): Response {
  return Response.json(
    { error: { code, message: "Only GET of /metrics, /healthz and /readyz." } },
    { status },
  );
}
