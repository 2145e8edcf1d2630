import ipaddr from "ipaddr.js";

/**
 * What counts as one client: an IPv4 address, or the /64 of an IPv6 address, which one household or server turns
 * through at will. Anything else (a socket path, an empty string) counts as one client together.
 */
export function addressKey(address: string): string {
  if (!ipaddr.isValid(address)) return "unknown";
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${(parsed as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
