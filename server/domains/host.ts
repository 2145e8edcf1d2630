import { domainToASCII } from "node:url";
import { getDomain, parse } from "tldts";
import type { ApiConfig } from "../config.ts";
import { skeletonOf } from "../endpoints/slug.ts";

/** Label of the TXT record that proves a host; underscores keep it out of the way of host names (RFC 8552). */
export const PROOF_LABEL = "_hotspot";
/** A DNS name holds 253 characters (RFC 1035 section 2.3.4), and the proof's record has to fit before the host. */
const HOST_MAX = 253 - PROOF_LABEL.length - 1;

/** Why a host name cannot be a custom domain, as far as the name itself tells. */
export type HostFault = "syntax" | "address" | "private" | "public_suffix" | "own" | "lookalike";

/** What of our own a custom domain must not touch. */
export type HostRules = Pick<ApiConfig, "endpointsBaseDomain" | "portalUrl">;

/**
 * The spelling that is stored and compared: A-labels (UTS 46, as browsers do it), lower case, without a dot at the end. What
 * people paste is cut to its host: a scheme, a path and a port go.
 *
 * @returns "" when it is no host name at all
 */
export function normalizeHost(raw: string): string {
  const bare = raw
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .replace(/[/?#].*$/s, "")
    .replace(/:\d{1,5}$/, "")
    .replace(/[.。．｡]$/, "");
  // The URL parser behind it reads more than names ("1.2" as an address, "%61" as a letter): those are refused before.
  if (/[\s%@\\[\]<>^|:*]/.test(bare)) return "";
  return domainToASCII(bare);
}

/** Says why a normalised host cannot be a custom domain, in words for who typed it; null when nothing speaks against it. */
export function findHostFault(host: string, rules: HostRules): { fault: HostFault; message: string } | null {
  if (!isHostName(host))
    return { fault: "syntax", message: "write a host name of your own, such as api.example.com" };
  const { isIp, isIcann, isPrivate, domain, publicSuffix } = parse(host, { allowPrivateDomains: true });
  if (isIp || /^(?:\d+|0x[\da-f]*)$/.test(host.slice(host.lastIndexOf(".") + 1)))
    return { fault: "address", message: "an address cannot be a custom domain: write a host name" };
  if (/\.(?:localhost|local|internal|intranet|lan|home|corp|arpa|onion|test|invalid|alt)$/.test(`.${host}`))
    return { fault: "private", message: `${host} means nothing on the public internet` };
  const portalHost = new URL(rules.portalUrl).hostname;
  const own = [rules.endpointsBaseDomain, portalHost];
  if (own.some((name) => host === name || host.endsWith(`.${name}`)))
    return { fault: "own", message: `${host} is one of our own names` };
  if (domain === null && (isIcann || isPrivate))
    return { fault: "public_suffix", message: `${publicSuffix} is open to everybody: use a name under it` };
  const twin = own.find((name) => looksLike(host, name));
  if (twin) return { fault: "lookalike", message: `${host} looks like our own name ${twin}` };
  return null;
}

/** A name in which `login.hotsp0t.example` poses as `hotspot.example`: what was registered reads like ours. */
function looksLike(host: string, own: string): boolean {
  const [theirs, ours] = [getDomain(host) ?? host, getDomain(own) ?? own];
  return theirs !== ours && ours.includes(".") && skeletonOf(theirs) === skeletonOf(ours);
}

function isHostName(host: string): boolean {
  const labels = host.split(".");
  return (
    host.length <= HOST_MAX &&
    labels.length >= 2 &&
    labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  );
}
