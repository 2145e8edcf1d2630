import { BlockList, isIP } from "node:net";

/**
 * The addresses that NO_PROXY excepts: `*`, a host name with all below it (`example.com`, `.example.com`), an address,
 * a range like `10.0.0.0/8`; each but `*` and a range may end in a port.
 */
export class NoProxyList {
  /** As it was given. */
  readonly text: string;
  private readonly entries: string[];
  private readonly loopback: boolean;

  /** @param loopback this machine itself is excepted too */
  constructor(text: string, loopback: boolean) {
    this.text = text;
    this.entries = text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean);
    this.loopback = loopback;
  }

  /** @param host name or address, IPv6 without brackets */
  covers(host: string, port: number): boolean {
    const name = host.toLowerCase().replace(/\.$/, "");
    if (this.loopback && isLoopback(name)) return true;
    return this.entries.some((entry) => matches(entry, name, port));
  }
}

/** `localhost`, names below it, and the addresses of the machine itself. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return inRange(entry, host);
  const [, bracketed, plain, entryPort] = /^(?:\[([^\]]+)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && Number(entryPort) !== port) return false;
  const name = (bracketed ?? plain ?? entry).replace(/^\*?\./, "");
  return host === name || (isIP(host) === 0 && name !== "" && host.endsWith(`.${name}`));
}

function inRange(entry: string, host: string): boolean {
  const [address = "", bits = ""] = entry.split("/");
  const family = isIP(address);
  const length = Number(bits);
  if (family === 0 || isIP(host) !== family || !(length >= 0 && length <= (family === 4 ? 32 : 128)))
    return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, length, type);
  return list.check(host, type);
}
