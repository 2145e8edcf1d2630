import type { RequestHead } from "../protocol/http1/index.ts";
import type { Answer } from "./answer.ts";
import { latin1 } from "./bytes.ts";
import type { EdgeContext } from "./context.ts";
import type { Peer } from "./forwarding.ts";
import type { HostMatch } from "./host.ts";
import { linkPath } from "./own-paths.ts";

const ACME_PREFIX = "/.well-known/acme-challenge/";
const HEALTH_PATH = "/api/endpoints/health";

/**
 * The answer that sends a plain request to https; null for one that is served as it is: for a host that we have no
 * certificate for, a connector's link, a challenge of a certificate authority, and a health check on this machine.
 */
export function httpsRedirect(
  edge: EdgeContext,
  head: RequestHead,
  peer: Peer,
  host: HostMatch,
): Answer | null {
  const { fields, bytes } = head;
  const name = hostNameOf(latin1(bytes, fields.valueStart(head.host), fields.valueEnd(head.host)));
  if (edge.deps.tls === undefined || edge.deps.tls.book.select(name) === null) return null;
  if (host.kind !== "label" && linkPath(head) !== null) return null;
  const path = latin1(bytes, head.pathStart, head.pathEnd);
  if (path.startsWith(ACME_PREFIX)) return null;
  if (path === HEALTH_PATH && isLoopback(peer.address)) return null;
  const target = latin1(bytes, head.pathStart, head.targetEnd);
  const port = edge.config.securePort ?? null;
  return {
    status: 308,
    fields: {
      Location: `https://${name}${port === null ? "" : `:${port}`}${target.startsWith("/") ? target : `/${target}`}`,
    },
    contentType: "text/plain; charset=utf-8",
    body: "This address is served over https.\n",
  };
}

/** The name in a Host value that `matchHost` took: without port and trailing dot, lower case. */
export function hostNameOf(value: string): string {
  const colon = value.startsWith("[") ? -1 : value.indexOf(":");
  const name = (colon < 0 ? value : value.slice(0, colon)).toLowerCase();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
