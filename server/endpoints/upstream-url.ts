import ipaddr from "ipaddr.js";
import type { ApiConfig } from "../config.ts";
import { DomainError } from "../errors.ts";

/**
 * Checks the address that an endpoint forwards to without a connector, as far as the text tells; the relay checks what
 * the name resolves to, each time. http or https, no credentials, no query, not an address of a private network, not one
 * of our own endpoints (a loop).
 *
 * @returns the normalised URL without a slash at the end
 * @throws DomainError invalid/upstream_not_allowed with field `upstreamBaseUrl`
 */
export function checkUpstreamBaseUrl(
  raw: string,
  config: Pick<ApiConfig, "allowPrivateUpstreams" | "endpointsBaseDomain">,
): string {
  const refuse = (message: string) =>
    new DomainError("invalid", "upstream_not_allowed", message, { field: "upstreamBaseUrl" });
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (!url) throw refuse("upstreamBaseUrl must be a URL such as https://llm.example.org");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw refuse("upstreamBaseUrl must be http or https");
  if (url.username || url.password) throw refuse("upstreamBaseUrl must not hold a user name or password");
  if (url.search || url.hash) throw refuse("upstreamBaseUrl must not have a query or fragment");
  const host = url.hostname.replace(/\.$/, "");
  if (!config.allowPrivateUpstreams) {
    if (isPrivateHost(host)) throw refuse("upstreamBaseUrl must be a public address");
    const base = config.endpointsBaseDomain;
    if (host === base || host.endsWith(`.${base}`)) {
      throw refuse("upstreamBaseUrl must not be an endpoint of ours");
    }
  }
  return url.href.replace(/\/+$/, "");
}

/** Names that only mean something inside a network, and every address that is not plain public unicast. */
function isPrivateHost(host: string): boolean {
  const literal = host.replace(/^\[|\]$/g, "");
  // `process` turns an IPv4 address written as IPv6 (::ffff:10.0.0.1) back into IPv4.
  if (ipaddr.isValid(literal)) return ipaddr.process(literal).range() !== "unicast";
  if (!host.includes(".")) return true;
  return /\.(localhost|local|internal|intranet|lan|home|corp|home\.arpa|onion|test|invalid)$/.test(host);
}
