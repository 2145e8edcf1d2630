import { Method, type RequestHead } from "../protocol/http1/index.ts";
import { type Answer, json } from "./answer.ts";
import { latin1, sameBytes } from "./bytes.ts";
import type { EdgeContext } from "./context.ts";
import type { EdgeRoute } from "./deps.ts";

const health = Buffer.from("/api/endpoints/health");
const page = Buffer.from("/endpoints");
const challengePath = Buffer.from("/.well-known/acme-challenge/");
/** A token is base64url of at least 128 bits (RFC 8555 section 8.3); CAs send 43 characters. */
const MAX_TOKEN = 200;
const links = [
  ["/connect", Buffer.from("/connect")],
  ["/ws/connect", Buffer.from("/ws/connect")],
] as const;

/** The two paths of a tenant host that are ours: its health and its console page. Null for all others. */
export function ownAnswer(edge: EdgeContext, head: RequestHead, route: EdgeRoute): Answer | null {
  if (head.method !== Method.GET && head.method !== Method.HEAD) return null;
  const { bytes, pathStart, pathEnd } = head;
  const isHealth = sameBytes(bytes, pathStart, pathEnd, health);
  if (!isHealth && !sameBytes(bytes, pathStart, pathEnd, page)) return null;
  const { registry, consolePage } = edge.deps;
  const connectors = registry.connectorCount(route.endpointId);
  const online = registry.tunnels(route).some((tunnel) => tunnel.accepting);
  const { slug } = route;
  if (isHealth) return json(200, {}, { slug, status: route.state, online, connectors });
  const { baseDomain, publicScheme, publicPort, portalUrl } = edge.config;
  const publicBaseUrl = `${publicScheme}://${slug}.${baseDomain}${publicPort === null ? "" : `:${publicPort}`}`;
  const body = consolePage({ slug, publicBaseUrl, online, connectors, portalUrl });
  const fields = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  };
  return { status: 200, fields, contentType: "text/html; charset=utf-8", body };
}

/**
 * What a CA is told that checks a custom domain (HTTP-01, RFC 8555 section 8.3). Null when it is no such question, or not one
 * of ours: an upstream may have a CA of its own.
 */
export function challengeAnswer(
  edge: EdgeContext,
  head: RequestHead,
  host: string,
): Answer | null | Promise<Answer | null> {
  const { challenges } = edge.deps;
  if (challenges === undefined || head.method !== Method.GET) return null;
  const { bytes, pathStart, pathEnd } = head;
  const start = pathStart + challengePath.length;
  if (pathEnd <= start || pathEnd - start > MAX_TOKEN) return null;
  if (!sameBytes(bytes, pathStart, start, challengePath)) return null;
  const token = latin1(bytes, start, pathEnd);
  const answerOf = (known: ReadonlyMap<string, string>): Answer | null => {
    const body = known.get(token);
    return body === undefined
      ? null
      : { status: 200, fields: {}, contentType: "application/octet-stream", body };
  };
  const known = challenges.lookup(host);
  return known instanceof Promise ? known.then(answerOf) : answerOf(known);
}

/** The path on which links are opened, on host names that belong to no tenant. */
export function linkPath(head: RequestHead): "/connect" | "/ws/connect" | null {
  for (const [path, bytes] of links) {
    if (sameBytes(head.bytes, head.pathStart, head.pathEnd, bytes)) return path;
  }
  return null;
}

/** Apex and `www` belong to the website. */
export function portalRedirect(portalUrl: string): Answer {
  return {
    status: 302,
    fields: { Location: portalUrl },
    contentType: "text/plain; charset=utf-8",
    body: "Moved to the portal.\n",
  };
}
