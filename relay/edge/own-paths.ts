import { Method, type RequestHead } from "../protocol/http1/index.ts";
import { type Answer, json } from "./answer.ts";
import { sameBytes } from "./bytes.ts";
import type { EdgeContext } from "./context.ts";
import type { EdgeRoute } from "./deps.ts";

const health = Buffer.from("/api/endpoints/health");
const page = Buffer.from("/endpoints");
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
