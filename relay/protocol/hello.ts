import { GoawayCode, ProtocolError } from "./codes.ts";
import { MAX_LINKS, MAX_REASON_BYTES, MAX_TCP_NAMES, PROTOCOL_VERSION } from "./limits.ts";
import { isTcpName } from "./tcp/head.ts";

/** First frame of a connector. Unknown fields are ignored, so that either side may learn new ones first. */
export interface Hello {
  versions: number[];
  /** Program and version, e.g. `hotspot/0.1.0 bun/1.4.5 linux-x64`; shown to the owner. */
  agent: string;
  /**
   * Streams this connector can run at once, all links together; 0 when it says nothing. At it, others are picked first;
   * what it cannot take it REFUSEs.
   */
  capacity: number;
  /** Links this connector means to hold (at most MAX_LINKS), and which one this is, from 0. */
  links: number;
  linkIndex: number;
  /** What it can do beyond this version; see `LinkFeature`. Absent: nothing. */
  features?: readonly string[];
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
  /** Those of the connector's features that are in use on this link. Absent: none. */
  features?: readonly string[];
}

/** Names for `features`: what both sides list may be sent. Unknown names are ignored. */
export const LinkFeature = {
  /** The connector may send STATE. */
  state: "state",
  /** The connector sends TIMING before each final HEAD. */
  timing: "timing",
} as const;
/** All that this program knows. */
export const knownFeatures: readonly string[] = Object.values(LinkFeature);

/** What both sides know: the features of WELCOME. */
export function sharedFeatures(asked: readonly string[] | undefined): string[] {
  return knownFeatures.filter((feature) => asked?.includes(feature));
}

/** Features of one side, and characters of a name. */
const MAX_NAMES = 32;
const MAX_NAME_LENGTH = 40;
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
    const spoken = versions.length === 0 ? "none" : versions.join(", ");
    throw new ProtocolError(
      GoawayCode.version,
      `this relay speaks version ${PROTOCOL_VERSION}, the connector ${spoken}`.slice(0, MAX_REASON_BYTES),
    );
  }
  const hello: Hello = {
    versions,
    agent: readText(value, "agent", "HELLO", 200),
    capacity: readCount(value, "capacity", "HELLO"),
    links: readCount(value, "links", "HELLO"),
    linkIndex: readCount(value, "linkIndex", "HELLO"),
    features: readNames(value, "features", "HELLO"),
  };
  if (hello.links > MAX_LINKS) throw bad("HELLO", "links");
  if (hello.linkIndex >= Math.max(hello.links, 1)) throw bad("HELLO", "linkIndex");
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
    features: readNames(value, "features", "WELCOME"),
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

/** A list of short names; absent is an empty one. */
function readNames(value: Record<string, unknown>, field: string, name: string): readonly string[] {
  const names = value[field];
  if (names === undefined || names === null) return [];
  const good = (item: unknown) => typeof item === "string" && item.length <= MAX_NAME_LENGTH;
  if (!Array.isArray(names) || names.length > MAX_NAMES || !names.every(good)) throw bad(name, field);
  return names as string[];
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
