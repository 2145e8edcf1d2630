import * as z from "zod";
import { isTcpName } from "../../protocol/tcp/head.ts";

/** One TCP tunnel: the name that has the public port, and where its connections go. */
export interface TcpTunnelOptions {
  readonly name: string;
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Tell the upstream who its client is, by a PROXY protocol v2 header. */
  readonly proxyProtocol: boolean;
}

/** What was written cannot be a tunnel; the message is a sentence for the user. */
export class TcpOptionsError extends Error {
  override name = "TcpOptionsError";
}

const example = "Write it like 22, db=5432 or db=10.0.0.5:5432.";

/** An entry of the list in a file. */
const Entry = z.union([
  z.number(),
  z.string(),
  z.strictObject({
    name: z.union([z.string(), z.number()]).optional(),
    to: z.union([z.string(), z.number()]).optional(),
    "proxy-protocol": z.boolean().optional(),
  }),
]);

/**
 * Reads the tunnels of one endpoint: `22,db=10.0.0.5:5432` as flags and the environment have it, or the list of a file as
 * JSON: numbers, texts as before, or `{name, to, proxy-protocol}`.
 *
 * @param proxyProtocol for those that do not say
 * @throws TcpOptionsError
 */
export function readTcpTunnels(text: string, proxyProtocol: boolean): TcpTunnelOptions[] {
  const tunnels = entriesOf(text).map((entry) => readEntry(entry, proxyProtocol));
  const names = new Set<string>();
  for (const { name } of tunnels) {
    if (names.has(name)) throw new TcpOptionsError(`there are two tunnels called "${name}". Name each once.`);
    names.add(name);
  }
  return tunnels;
}

function entriesOf(text: string): unknown[] {
  if (!text.trimStart().startsWith("[")) {
    return text
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean);
  }
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value : [value];
}

function readEntry(raw: unknown, proxyProtocol: boolean): TcpTunnelOptions {
  const parsed = Entry.safeParse(raw);
  if (!parsed.success) throw new TcpOptionsError(`${JSON.stringify(raw)} is no TCP tunnel. ${example}`);
  const entry = parsed.data;
  if (typeof entry !== "object") return readSpec(String(entry), proxyProtocol);
  const to = entry.to === undefined ? entry.name : entry.to;
  if (to === undefined)
    throw new TcpOptionsError(`a TCP tunnel must say where its connections go. ${example}`);
  const name = entry.name === undefined ? null : String(entry.name);
  return readTarget(name, String(to), entry["proxy-protocol"] ?? proxyProtocol);
}

/** `22`, `10.0.0.5:22`, `db=5432`, `db=10.0.0.5:5432`. */
function readSpec(spec: string, proxyProtocol: boolean): TcpTunnelOptions {
  const at = spec.indexOf("=");
  if (at < 0) return readTarget(null, spec, proxyProtocol);
  return readTarget(spec.slice(0, at).trim(), spec.slice(at + 1).trim(), proxyProtocol);
}

/** Without a name, the local port is it. */
function readTarget(name: string | null, to: string, proxyProtocol: boolean): TcpTunnelOptions {
  const { host, port } = readAddress(to);
  const chosen = (name ?? String(port)).toLowerCase();
  if (!isTcpName(chosen)) {
    throw new TcpOptionsError(
      `"${chosen}" cannot be a tunnel's name. Give 1 to 32 letters, digits and inner hyphens. ${example}`,
    );
  }
  return { name: chosen, host, port, proxyProtocol };
}

/** @returns a `port` alone is one of this machine */
function readAddress(text: string): { host: string; port: number } {
  const match = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]=,@]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new TcpOptionsError(`"${text}" is no port, nor host:port. ${example}`);
  }
  return { host: match[1] ?? match[2] ?? "127.0.0.1", port };
}

/**
 * Where `hotspot tcp <ports…> --to <target>` goes, as specs: a whole address is for one tunnel, a host for all of them.
 * @throws TcpOptionsError
 */
export function withTarget(specs: readonly string[], to: string): string[] {
  if (/^\[?[^\s/=,@]*\]?:\d+$|^\d+$/.test(to)) {
    const [only, second] = specs;
    if (only === undefined || second !== undefined || only.includes("=")) {
      throw new TcpOptionsError(`--to ${to} is for one tunnel. Say it with each: name=host:port.`);
    }
    return [`${only}=${to}`];
  }
  return specs.map((spec) => {
    const [name, port = name] = spec.split("=");
    if (!/^\d{1,5}$/.test(port!))
      throw new TcpOptionsError(`"${spec}" and --to ${to} both name a host. ${example}`);
    return `${name}=${to.includes(":") && !to.startsWith("[") ? `[${to}]` : to}:${port}`;
  });
}
