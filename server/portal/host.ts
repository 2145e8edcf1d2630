import type { IncomingMessage } from "node:http";

/** Whom a request is for. Decided before anything else: a tenant host never reaches the portal's pages. */
export type HostTarget =
  | { readonly kind: "portal" }
  | { readonly kind: "tenant"; readonly slug: string; readonly host: string }
  /** Two hosts, a host that is no name, more labels than ours: one reading only, so none. */
  | { readonly kind: "ambiguous" };

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const hostShape = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+?)\.?(?::([0-9]{1,5}))?$/;

/**
 * Reads the Host header: lower case, without port and closing dot. `<label>.<base domain>` is a tenant, unless it is
 * the portal's own host; the base domain itself and every other name is the portal.
 */
export function readHost(
  request: IncomingMessage,
  hosts: { baseDomain: string; portalHost: string },
): HostTarget {
  // Absolute-form and `*` would name a second authority.
  if (!request.url?.startsWith("/")) return { kind: "ambiguous" };
  const given = request.rawHeaders.filter(
    (_, index, all) => index % 2 === 1 && all[index - 1]!.toLowerCase() === "host",
  );
  if (given.length !== 1) return { kind: "ambiguous" };
  const host = hostShape.exec(given[0]!.toLowerCase())?.[1];
  if (!host) return { kind: "ambiguous" };
  if (host === hosts.portalHost || !host.endsWith(`.${hosts.baseDomain}`)) return { kind: "portal" };
  const slug = host.slice(0, -hosts.baseDomain.length - 1);
  return label.test(slug) ? { kind: "tenant", slug, host } : { kind: "ambiguous" };
}
