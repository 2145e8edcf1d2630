import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Which addresses are proxies of ours. */
export interface ProxyList {
  has(address: string): boolean;
}

/** @param blocks CIDR notation or single addresses @throws Error that names the block that is neither */
export function createProxyList(blocks: readonly string[]): ProxyList {
  const parsed = blocks.map((block) => {
    try {
      return ipaddr.parseCIDR(block.includes("/") ? block : `${block}/${block.includes(":") ? 128 : 32}`);
    } catch (cause) {
      throw new Error(`not a CIDR block: ${block}`, { cause });
    }
  });
  return {
    has(text) {
      if (parsed.length === 0) return false;
      const address = parse(text);
      if (address === null) return false;
      return parsed.some(([network, bits]) => {
        return (
          network.kind() === address.kind() && (address as ipaddr.IPv4).match(network as ipaddr.IPv4, bits)
        );
      });
    },
  };
}

/** An IPv4 address in its one form. It is asked for each new connection, and nearly all of them have such. */
const PLAIN_IPV4 = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

function parse(text: string): Address | null {
  return ipaddr.isValid(text) && !text.includes("%") ? ipaddr.process(text) : null;
}

/** An address in its one form: IPv4 also when it came mapped into IPv6, no zone; as it is when it is no address. */
export function normalAddress(text: string): string {
  if (PLAIN_IPV4.test(text)) return text;
  const plain = text.split("%", 1)[0];
  return parse(plain)?.toString() ?? text;
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 address, since a client turns freely inside that. */
export function limitKey(text: string): string {
  if (PLAIN_IPV4.test(text)) return text;
  const address = parse(text);
  if (address === null || address.kind() === "ipv4") return text;
  return `${(address as ipaddr.IPv6).parts.slice(0, 4).join(":")}/64`;
}

/**
 * The client behind our proxies: the rightmost entry of `X-Forwarded-For` that is not one of them.
 * @param peer the socket's address, already known to be a proxy of ours
 * @returns `peer` when the list is empty or the entry is no address
 */
export function clientBehindProxies(peer: string, forwardedFor: string, proxies: ProxyList): string {
  const entries = forwardedFor.split(",").map((entry) => entry.trim());
  let client = peer;
  while (entries.length > 0) {
    const entry = entries.pop() ?? "";
    const address = parse(entry);
    if (address === null) return client;
    client = address.toString();
    if (!proxies.has(client)) return client;
  }
  return client;
}
