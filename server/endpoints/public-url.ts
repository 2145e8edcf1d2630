import type { PublicUrlConfig } from "../config.ts";

/** Public address of an endpoint, without a slash at the end: `https://acme.example.com`. */
export function publicUrlFor(config: PublicUrlConfig, slug: string): string {
  const port = config.endpointsPublicPort === null ? "" : `:${config.endpointsPublicPort}`;
  return `${config.endpointsPublicScheme}://${slug}.${config.endpointsBaseDomain}${port}`;
}

/**
 * The slug that a Host header names: one label under the base domain. Port, one trailing dot and letter case do not
 * count. null for the base domain itself, other domains, addresses and anything that is not one plain label.
 */
export function slugOfHost(host: string | undefined, baseDomain: string): string | null {
  const name = host
    ?.toLowerCase()
    .replace(/:\d{1,5}$/, "")
    .replace(/\.$/, "");
  const suffix = `.${baseDomain.toLowerCase()}`;
  if (!name?.endsWith(suffix)) return null;
  const label = name.slice(0, -suffix.length);
  return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label) ? label : null;
}
