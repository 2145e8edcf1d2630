import ipaddr from "ipaddr.js";
import type { SocketAddress } from "../../protocol/tcp/head.ts";

/** Twelve bytes that no other protocol starts with. */
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
/** Version 2, command PROXY. */
const VERSION_AND_COMMAND = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

/**
 * The header by which an upstream learns who its client is, before the client's first byte: version 2 of the PROXY
 * protocol, in binary. With one IPv4 and one IPv6 end both are written as IPv6.
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt section 2.2
 */
export function proxyHeader(client: SocketAddress, server: SocketAddress): Uint8Array {
  let ends = [ipaddr.parse(client.address), ipaddr.parse(server.address)];
  const isIpv4 = ends.every((address) => address.kind() === "ipv4");
  if (!isIpv4) {
    ends = ends.map((address) =>
      address.kind() === "ipv4" ? (address as ipaddr.IPv4).toIPv4MappedAddress() : address,
    );
  }
  const addresses = ends.flatMap((address) => address.toByteArray());
  const ports = [client.port, server.port].flatMap((port) => [port >>> 8, port & 0xff]);
  const family = isIpv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
  const length = addresses.length + ports.length;
  return Uint8Array.from([
    ...SIGNATURE,
    VERSION_AND_COMMAND,
    family,
    length >>> 8,
    length & 0xff,
    ...addresses,
    ...ports,
  ]);
}
