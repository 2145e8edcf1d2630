import ipaddr from "ipaddr.js";

const rangeNames: Record<string, string> = {
  loopback: "a loopback address",
  private: "a private address",
  linkLocal: "a link-local address",
  carrierGradeNat: "a carrier-grade NAT address",
  uniqueLocal: "a private IPv6 address",
  ipv4Mapped: "an IPv4 address in IPv6 clothes",
  rfc6145: "an IPv4 address in IPv6 clothes",
  rfc6052: "a NAT64 address",
  "6to4": "a tunnel address",
  teredo: "a tunnel address",
};

/** Public numbers that answer only inside a provider's network. */
const metadataAddresses = new Set(["168.63.129.16"]);

/** IPv6 that is handed out for use on the Internet (RFC 4291 section 2.4); all else is refused, known or not. */
const globalUnicast = ipaddr.parseCIDR("2000::/3");

/**
 * Says why an address must not be connected to on a tenant's behalf: only addresses of the public Internet are allowed.
 *
 * @param address as a resolver returns it, IPv6 without brackets
 * @returns null when it is allowed
 */
export function refusalOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return "not an address";
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== "unicast") return rangeNames[range] ?? "a reserved address";
  if (metadataAddresses.has(parsed.toString())) return "a metadata address";
  if (parsed.kind() === "ipv6" && !parsed.match(globalUnicast)) return "a reserved address";
  return null;
}
