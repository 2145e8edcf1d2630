import { createHash, timingSafeEqual } from "node:crypto";
import { FieldKind, type RequestHead } from "../protocol/http1/index.ts";
import type { Certificate } from "../tls/certificate.ts";
import { clientBehindProxies, normalAddress, type ProxyList } from "./address.ts";
import { latin1, sameBytes } from "./bytes.ts";

/** Who the client is and what the upstream is told about it. */
export interface Forwarding {
  readonly clientAddress: string;
  /** Field lines for the upstream, each with CRLF. */
  readonly lines: Buffer;
  /** How the client reached us, or the proxy before us. */
  readonly scheme: "http" | "https";
  /** The portal vouches that the endpoint's owner sends this. */
  readonly owner: boolean;
  /** Times that relays of this installation have forwarded the request before. */
  readonly passes: number;
}

/** A request that has passed so often is in a loop: its upstream leads back to us. Chains of tunnels are shorter. */
export const MAX_PASSES = 5;

/** How all relays of an installation name themselves in `Via` (RFC 9110, 7.6.3): others may be on the way as well. */
export function viaName(baseDomain: string): string {
  return `hotspot-${createHash("sha256").update(baseDomain).digest("hex").slice(0, 8)}`;
}

export interface ForwardingOptions {
  readonly proxies: ProxyList;
  readonly internalSecret: string;
  readonly viaName: string;
  /** Of requests on a port without TLS, when no proxy of ours says otherwise. */
  readonly plainScheme: "http" | "https";
  readonly publicScheme: "http" | "https";
}

/** What is known of one connection, kept from request to request. */
export interface Peer {
  readonly address: string;
  readonly isProxy: boolean;
  /** What the connection presented; null without TLS, and the certificate is null until the handshake is done. */
  readonly tls: { readonly certificate: Certificate | null } | null;
  memoHost: Buffer | null;
  memo: Forwarding | null;
}

/**
 * The forwarding fields of a request: written by us; what the client sent is believed only when its address is a
 * configured proxy, or when the portal's secret comes with it. Kept per connection while the Host stays the same.
 */
export function forwardingOf(head: RequestHead, peer: Peer, options: ForwardingOptions): Forwarding {
  const { fields, bytes } = head;
  let fromPortal = false;
  let hasVia = false;
  for (let i = 0; i < fields.count; i++) {
    const kind = fields.kind(i);
    if (kind === FieldKind.via) hasVia = true;
    if (kind !== FieldKind.hotspot || fromPortal || named(head, i) !== "x-hotspot-proxy-auth") continue;
    fromPortal = believed(head, i, options);
  }
  const hostStart = fields.valueStart(head.host);
  const hostEnd = fields.valueEnd(head.host);
  const plain = !fromPortal && !peer.isProxy && !hasVia;
  if (plain && peer.memo !== null && peer.memoHost !== null) {
    if (sameBytes(bytes, hostStart, hostEnd, peer.memoHost)) return peer.memo;
  }
  const host = latin1(bytes, hostStart, hostEnd);
  if (fromPortal) return fromThePortal(head, host, peer, options);
  if (peer.isProxy) return behindProxy(head, host, peer, options);
  const { address } = peer;
  const proto = ownScheme(peer, options);
  const facts = { forwardedFor: address, client: address, proto, host, via: joined(head, FieldKind.via) };
  const found = { clientAddress: address, owner: false, scheme: proto, ...written(facts, options) };
  if (hasVia) return found;
  peer.memo = found;
  peer.memoHost = Buffer.from(host, "latin1");
  return peer.memo;
}

function fromThePortal(head: RequestHead, host: string, peer: Peer, options: ForwardingOptions): Forwarding {
  const client = normalAddress(hotspotValue(head, "x-hotspot-client-address") || peer.address);
  const via = joined(head, FieldKind.via);
  const facts = { forwardedFor: client, client, proto: options.publicScheme, host, via };
  return {
    clientAddress: client,
    owner: hotspotValue(head, "x-hotspot-owner") === "1",
    scheme: options.publicScheme,
    ...written(facts, options),
  };
}

function behindProxy(head: RequestHead, host: string, peer: Peer, options: ForwardingOptions): Forwarding {
  const chain = joined(head, FieldKind.xForwardedFor);
  const client = clientBehindProxies(peer.address, chain, options.proxies);
  const told = joined(head, FieldKind.xForwardedProto).split(",")[0].trim().toLowerCase();
  const proto = told === "http" || told === "https" ? told : ownScheme(peer, options);
  const facts = {
    forwardedFor: chain === "" ? peer.address : `${chain}, ${peer.address}`,
    client,
    proto,
    host,
    via: joined(head, FieldKind.via),
  };
  return { clientAddress: client, owner: false, scheme: proto, ...written(facts, options) };
}

function ownScheme(peer: Peer, options: ForwardingOptions): "http" | "https" {
  return peer.tls === null ? options.plainScheme : "https";
}

interface Facts {
  forwardedFor: string;
  client: string;
  proto: string;
  host: string;
  /** Who has forwarded the request before. */
  via: string;
}

function written(facts: Facts, options: ForwardingOptions): { lines: Buffer; passes: number } {
  const passes = facts.via === "" ? 0 : facts.via.split(options.viaName).length - 1;
  return { lines: linesOf(facts, options.viaName), passes };
}

function linesOf(facts: Facts, viaName: string): Buffer {
  const node = facts.client.includes(":") ? `"[${facts.client}]"` : facts.client;
  return Buffer.from(
    `X-Forwarded-For: ${facts.forwardedFor}\r\nX-Forwarded-Proto: ${facts.proto}\r\n` +
      `X-Forwarded-Host: ${facts.host}\r\nX-Real-IP: ${facts.client}\r\n` +
      `Forwarded: for=${node};host="${facts.host}";proto=${facts.proto}\r\n` +
      `Via: ${facts.via === "" ? "" : `${facts.via}, `}1.1 ${viaName}\r\n`,
    "latin1",
  );
}

/** All values of one kind, joined as a list. */
function joined(head: RequestHead, kind: number): string {
  const { fields, bytes } = head;
  const values: string[] = [];
  for (let i = 0; i < fields.count; i++) {
    if (fields.kind(i) === kind) values.push(latin1(bytes, fields.valueStart(i), fields.valueEnd(i)));
  }
  return values.join(", ");
}

function named(head: RequestHead, index: number): string {
  return latin1(head.bytes, head.fields.nameStart(index), head.fields.nameEnd(index)).toLowerCase();
}

function hotspotValue(head: RequestHead, name: string): string {
  const { fields, bytes } = head;
  for (let i = 0; i < fields.count; i++) {
    if (fields.kind(i) !== FieldKind.hotspot || named(head, i) !== name) continue;
    return latin1(bytes, fields.valueStart(i), fields.valueEnd(i));
  }
  return "";
}

function believed(head: RequestHead, index: number, options: ForwardingOptions): boolean {
  const presented = head.bytes.subarray(head.fields.valueStart(index), head.fields.valueEnd(index));
  const expected = Buffer.from(options.internalSecret);
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}
