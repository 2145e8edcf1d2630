import { isIPv4, isIPv6 } from "node:net";
import { MAX_TCP_NAME_LENGTH } from "../limits.ts";

/** One end of a TCP connection. `address` is an IPv4 or IPv6 address without brackets. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** What an OPEN of kind 2 says: which tunnel, and the two ends of the connection at the relay. */
export interface TcpHead {
  readonly name: string;
  readonly client: SocketAddress;
  readonly server: SocketAddress;
}

const namePattern = new RegExp(`^[a-z0-9](?:[a-z0-9-]{0,${MAX_TCP_NAME_LENGTH - 2}}[a-z0-9])?$`);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Whether a text can be the name of a TCP tunnel: like a host label, 1 to 32 characters. `22` is one. */
export function isTcpName(name: unknown): name is string {
  return typeof name === "string" && namePattern.test(name);
}

/** The head of an OPEN of kind 2: three lines. */
export function encodeTcpHead({ name, client, server }: TcpHead): Uint8Array {
  return encoder.encode(`${name}\n${formatSocketAddress(client)}\n${formatSocketAddress(server)}\n`);
}

/** Reads the head of an OPEN of kind 2; null when it is not one. Lines after the third are of a later relay. */
export function decodeTcpHead(head: Uint8Array): TcpHead | null {
  let lines: string[];
  try {
    lines = decoder.decode(head).split("\n");
  } catch {
    // Not UTF-8.
    return null;
  }
  const [name, clientLine, serverLine, rest] = lines;
  if (rest === undefined || !isTcpName(name)) return null;
  const client = parseSocketAddress(clientLine!);
  const server = parseSocketAddress(serverLine!);
  return client === null || server === null ? null : { name, client, server };
}

/** `192.0.2.7:80` or `[2001:db8::7]:80`. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function parseSocketAddress(text: string): SocketAddress | null {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const [, six, four, digits] = match;
  const port = Number(digits);
  if (port > 65_535 || !(six === undefined ? isIPv4(four!) : isIPv6(six))) return null;
  return { address: (six ?? four)!, port };
}
