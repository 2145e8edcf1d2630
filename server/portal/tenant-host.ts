import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { consolePageHtml } from "../endpoints/index.ts";
import type { Forwarder } from "./forward.ts";
import type { RequestInfo } from "./request-info.ts";
import { renderTenantError, type TenantError, tenantErrors } from "./tenant-errors.ts";

/** What the console page shows of an endpoint. */
export interface EndpointState {
  readonly publicBaseUrl: string;
  readonly online: boolean;
  readonly connectors: number;
}

export interface TenantHostDeps {
  readonly forwarder: Forwarder;
  readonly portalUrl: string;
  /** null: no endpoint of that name. */
  readonly findEndpointState: (slug: string, info: RequestInfo) => Promise<EndpointState | null>;
  /** Answers GET /api/endpoints/health by its procedure. */
  readonly answerHealth: (
    request: IncomingMessage,
    response: ServerResponse,
    info: RequestInfo,
    slug: string,
  ) => void;
}

/**
 * A tenant host at the portal's port: /v1/* goes to the relay, /endpoints is the console page, /api/endpoints/health
 * the procedure. Nothing else of the portal is reachable here, whatever the path, method or cookie.
 */
export function createTenantHost(deps: TenantHostDeps) {
  const { forwarder, portalUrl } = deps;
  const fail = (
    request: IncomingMessage,
    response: ServerResponse,
    info: RequestInfo,
    error: TenantError,
  ) => {
    const path = pathOf(request);
    const answer = renderTenantError(error, {
      path,
      accept: request.headers.accept,
      requestId: info.requestId,
    });
    response
      .writeHead(answer.status, answer.headers)
      .end(request.method === "HEAD" ? undefined : answer.body);
  };

  return {
    fail,

    async handle(
      request: IncomingMessage,
      response: ServerResponse,
      info: RequestInfo,
      slug: string,
    ): Promise<void> {
      info.area = "tenant";
      info.slug = slug;
      const path = pathOf(request);
      const reads = request.method === "GET" || request.method === "HEAD";
      if (path === "/v1" || path.startsWith("/v1/")) {
        return forwarder.forward(request, response, { clientAddress: info.clientAddress }, (error) => {
          info.log.warn({ error, slug }, "relay unreachable");
          fail(request, response, info, tenantErrors.relayUnreachable);
        });
      }
      if (path === "/api/endpoints/health" && reads) return deps.answerHealth(request, response, info, slug);
      if (path !== "/endpoints" || !reads) return fail(request, response, info, tenantErrors.unknownPath);

      const state = await deps.findEndpointState(slug, info);
      if (!state) return fail(request, response, info, tenantErrors.unknownEndpoint);
      response.writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy":
          "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-request-id": info.requestId,
      });
      response.end(request.method === "HEAD" ? undefined : consolePageHtml({ slug, portalUrl, ...state }));
    },

    /** WebSocket under /v1/* is joined with the relay; any other upgrade is refused. */
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, info: RequestInfo, slug: string): void {
      info.area = "tenant";
      info.slug = slug;
      const path = pathOf(request);
      const refuse = (error: TenantError) => {
        const answer = renderTenantError(error, { path, accept: "", requestId: info.requestId });
        socket.end(rawAnswer(answer.status, { ...answer.headers, connection: "close" }, answer.body));
      };
      if (!path.startsWith("/v1/") || request.headers.upgrade?.toLowerCase() !== "websocket") {
        refuse(tenantErrors.unknownPath);
        return;
      }
      forwarder.upgrade(request, socket, head, { clientAddress: info.clientAddress }, (error) => {
        info.log.warn({ error }, "relay unreachable");
        refuse(tenantErrors.relayUnreachable);
      });
    },
  };
}

/** A whole answer for a socket that Node's response object was never made for. */
export function rawAnswer(status: number, headers: Record<string, string>, body: string): string {
  const fields = { ...headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${status < 500 ? "Refused" : "Failed"}\r\n${lines.join("")}\r\n${body}`;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0]!;
}
