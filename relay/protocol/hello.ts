import { GoawayCode, ProtocolError } from "./codes.ts";
import { MAX_TCP_NAMES, PROTOCOL_VERSION } from "./limits.ts";
import { isTcpName } from "./tcp-head.ts";

/** First frame of a connector. Unknown fields are ignored, so that either side may learn new ones first. */
export interface Hello {
  versions: number[];
  /** Program and version, e.g. `hotspot/0.1.0 bun/1.4.5 linux-x64`; shown to the owner. */
  agent: string;
  /** Streams this connector can run at once, all links together; 0 when it says nothing. Shown to the owner, not enforced. */
  capacity: number;
  /** Links this connector means to hold, and which one this is, from 0. */
  links: number;
  linkIndex: number;
  /** The endpoint it believes it serves; the token decides. */
  subdomain?: string;
  /** A random word of this run of the connector, the same on all of its links: tells a second user of its token. */
  instance?: string;
  /** What this link takes; absent: HTTP alone. */
  serves?: Serves;
}

/** What streams a link takes. */
export interface Serves {
  /** HTTP and WebSockets. */
  http: boolean;
  /** Names of the endpoint's TCP tunnels. */
  tcp: string[];
}

/** The relay's answer. The numbers bind both sides. */
export interface Welcome {
  version: number;
  linkId: string;
  slug: string;
  publicBaseUrl: string;
  windowBytes: number;
  maxPayloadBytes: number;
  pingIntervalMs: number;
  idleTimeoutMs: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON payload of a HELLO or WELCOME frame. */
export function encodeHello(value: Hello | Welcome): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/**
 * Reads a HELLO payload. @throws ProtocolError: PROTOCOL_ERROR when it is not one, VERSION when no version is shared.
 */
export function decodeHello(payload: Uint8Array): Hello {
  const value = parseObject(payload, "HELLO");
  const versions = value.versions;
  if (!Array.isArray(versions) || versions.length > 16 || !versions.every(isCount))
    throw bad("HELLO", "versions");
  if (!versions.includes(PROTOCOL_VERSION)) {
    throw new ProtocolError(GoawayCode.version, `this relay speaks version ${PROTOCOL_VERSION}`);
  }
  const hello: Hello = {
    versions,
    agent: readText(value, "agent", "HELLO", 200),
    capacity: readCount(value, "capacity", "HELLO"),
    links: readCount(value, "links", "HELLO"),
    linkIndex: readCount(value, "linkIndex", "HELLO"),
  };
  if (value.subdomain !== undefined && value.subdomain !== null) {
    hello.subdomain = readText(value, "subdomain", "HELLO", 253);
  }
  if (value.instance !== undefined && value.instance !== null) {
    hello.instance = readText(value, "instance", "HELLO", 64);
  }
  if (value.serves !== undefined && value.serves !== null) hello.serves = readServes(value.serves);
  return hello;
}

function readServes(value: unknown): Serves {
  if (typeof value !== "object" || value === null) throw bad("HELLO", "serves");
  const { http, tcp } = value as Record<string, unknown>;
  const isBoolean = typeof http === "boolean";
  if (!isBoolean || !Array.isArray(tcp) || tcp.length > MAX_TCP_NAMES || !tcp.every(isTcpName)) {
    throw bad("HELLO", "serves");
  }
  return { http, tcp: [...new Set<string>(tcp)] };
}

/** Reads a WELCOME payload. @throws ProtocolError as `decodeHello` */
export function decodeWelcome(payload: Uint8Array): Welcome {
  const value = parseObject(payload, "WELCOME");
  const version = readCount(value, "version", "WELCOME");
  if (version !== PROTOCOL_VERSION) {
    throw new ProtocolError(GoawayCode.version, `the relay chose version ${version}`);
  }
  return {
    version,
    linkId: readText(value, "linkId", "WELCOME", 200),
    slug: readText(value, "slug", "WELCOME", 253),
    publicBaseUrl: readText(value, "publicBaseUrl", "WELCOME", 2_000),
    windowBytes: readCount(value, "windowBytes", "WELCOME"),
    maxPayloadBytes: readCount(value, "maxPayloadBytes", "WELCOME"),
    pingIntervalMs: readCount(value, "pingIntervalMs", "WELCOME"),
    idleTimeoutMs: readCount(value, "idleTimeoutMs", "WELCOME"),
  };
}

function parseObject(payload: Uint8Array, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload));
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) throw bad(name, "JSON");
    throw cause;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(name, "object");
  return value as Record<string, unknown>;
}

function readText(value: Record<string, unknown>, field: string, name: string, maxLength: number): string {
  const text = value[field];
  if (typeof text !== "string" || text.length > maxLength) throw bad(name, field);
  return text;
}

function readCount(value: Record<string, unknown>, field: string, name: string): number {
  const count = value[field];
  if (!isCount(count)) throw bad(name, field);
  return count;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bad(name: string, field: string): ProtocolError {
  return new ProtocolError(GoawayCode.protocolError, `${name}: wrong ${field}`);
}
