import type { IncomingMessage, ServerResponse } from "node:http";
import { escapeHtml } from "../html.ts";

/** A refusal or failure that no page and no procedure could answer. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  /** A sentence a person can act on. */
  readonly message: string;
}

/**
 * Sends a problem in the shape its reader knows: our JSON error under /api, a small page else. A head that has been
 * sent already cannot be changed: then the connection is cut, so that nobody takes a part for the whole.
 */
export function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  problem: Problem,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message } = problem;
  const isPage = !request.url?.startsWith("/api/") && (request.headers.accept ?? "").includes("text/html");
  response.statusCode = status;
  response.setHeader("cache-control", "no-store");
  response.removeHeader("content-length");
  response.removeHeader("content-encoding");
  if (isPage) {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(page(status, message, requestId));
  } else {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ error: { code, message, requestId } }));
  }
}

function page(status: number, message: string, requestId: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${status} · Hotspot</title>
<style>:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif } body { max-width: 34rem; margin: 18vh auto; padding: 0 1.5rem } small { opacity: .65 }</style></head>
<body><h1>${status}</h1><p>${escapeHtml(message)}</p><p><a href="/">Home</a></p><small>${escapeHtml(requestId)}</small></body>
</html>
`;
}
