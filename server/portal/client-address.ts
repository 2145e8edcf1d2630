import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";

/**
 * Gives the address of the client: the socket's, or, when that is one of the configured proxies, the last address of
 * X-Forwarded-For that is not a proxy. Nobody else's header is believed. IPv4 in IPv6 is written as IPv4.
 */
export function createClientAddressReader(
  trustedProxies: readonly string[],
): (request: IncomingMessage) => string {
  const ranges = trustedProxies.map((range) => {
    if (range.includes("/")) return ipaddr.parseCIDR(range);
    const address = ipaddr.process(range);
    return [address, address.kind() === "ipv4" ? 32 : 128] as [ipaddr.IPv4 | ipaddr.IPv6, number];
  });
  const isProxy = (address: ipaddr.IPv4 | ipaddr.IPv6) =>
    ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never),
    );

  return (request) => {
    const socketAddress = request.socket.remoteAddress;
    // A socket that is gone already has none; the answer will reach nobody.
    if (!socketAddress || !ipaddr.isValid(socketAddress)) return "0.0.0.0";
    let client = ipaddr.process(socketAddress);
    if (ranges.length === 0 || !isProxy(client)) return client.toString();
    const forwarded = request.headers["x-forwarded-for"];
    const hops = (Array.isArray(forwarded) ? forwarded.join(",") : (forwarded ?? "")).split(",");
    for (const hop of hops.reverse()) {
      if (!ipaddr.isValid(hop.trim())) break;
      client = ipaddr.process(hop.trim());
      if (!isProxy(client)) break;
    }
    return client.toString();
  };
}
