import { escapeHtml } from "../html.ts";

/** An answer of our own on a tenant host. Codes are those of the relay where both can give them. */
export interface TenantError {
  readonly status: number;
  readonly code: string;
  /** A sentence a person can act on. */
  readonly message: string;
}

export const tenantErrors = {
  ambiguousHost: {
    status: 400,
    code: "invalid_host",
    message: "The request does not name one host clearly.",
  },
  unknownEndpoint: {
    status: 404,
    code: "endpoint_not_found",
    message: "There is no endpoint under this address.",
  },
  unknownPath: {
    status: 404,
    code: "not_found",
    message:
      "The portal serves /v1/*, /endpoints and /api/endpoints/health here; everything else is at the endpoint's public address.",
  },
  relayUnreachable: {
    status: 502,
    code: "relay_unreachable",
    message: "The relay does not answer at the moment. Try again in a few seconds.",
  },
} as const satisfies Record<string, TenantError>;

export interface TenantErrorAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * The answer in the shape its reader knows: the OpenAI error object under /v1, a page for a browser, else our JSON.
 * Marked as ours, kept by no cache, nothing of the request in it.
 */
export function renderTenantError(
  error: TenantError,
  request: { path: string; accept: string | undefined; requestId: string },
): TenantErrorAnswer {
  const { status, code, message } = error;
  const { path, accept = "", requestId } = request;
  const headers = {
    "hotspot-error": code,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-request-id": requestId,
  };
  const json = (body: object) => ({
    status,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (path === "/v1" || path.startsWith("/v1/")) {
    const type = status >= 500 ? "server_error" : "invalid_request_error";
    return json({ error: { message, type, param: null, code, request_id: requestId } });
  }
  if (!accept.includes("text/html")) return json({ error: { code, message, requestId } });
  return {
    status,
    headers: {
      ...headers,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
    body: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${status} · Hotspot</title>
<style>:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif } body { max-width: 34rem; margin: 18vh auto; padding: 0 1.5rem } small { opacity: .65 }</style></head>
<body><h1>${status}</h1><p>${escapeHtml(message)}</p><small>${escapeHtml(code)} · ${escapeHtml(requestId)}</small></body>
</html>
`,
  };
}
