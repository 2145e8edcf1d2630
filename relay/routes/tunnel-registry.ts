import { LRUCache } from "lru-cache";
import type { Route } from "../../server/endpoints/index.ts";
import { TcpTunnels } from "./tcp-tunnels.ts";
import type { LinkTunnel, Tunnel } from "./tunnel.ts";

/** A connector that left this long ago is not waited for, ms: its requests fail at once instead of after the grace time. */
const SEEN_LATELY_MS = 60_000;
/** A relay that has not learnt yet who was there before it assumes for so long that everybody was, ms. */
const IGNORANT_MS = 15_000;
/** Direct tunnels kept; one that is not used for long makes room. */
const MAX_DIRECT = 5_000;
/** Endpoints without a tunnel that are remembered as seen lately. */
const MAX_ABSENT = 50_000;

export interface TunnelRegistryOptions {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Makes the direct tunnel of a route with an upstream of its own; null when its address is not acceptable. */
  createDirect(route: Route): DirectTunnel | null;
}

/** A tunnel of the relay's own; `drain` lets running streams finish. */
export interface DirectTunnel extends Tunnel {
  drain(): void;
}

interface Direct {
  upstreamBaseUrl: string;
  tunnels: readonly DirectTunnel[];
}

interface Endpoint {
  /** Replaced, never changed: the edge may hold it while it walks. */
  tunnels: readonly Tunnel[];
  /** All of them, also those that serve TCP tunnels alone. */
  links: Set<LinkTunnel>;
  connectors: Map<string, number>;
  /** Told once, with the first tunnel that comes. */
  waiters: Set<(found: boolean) => void>;
}

const noTunnels: readonly Tunnel[] = [];

function newEndpoint(): Endpoint {
  return { tunnels: noTunnels, links: new Set(), connectors: new Map(), waiters: new Set() };
}

/** Who serves an endpoint now: links of connectors, or the direct upstream of its route. */
export class TunnelRegistry {
  /** Links by the TCP tunnels that they serve. */
  readonly tcp = new TcpTunnels();
  private readonly options: TunnelRegistryOptions;
  private readonly endpoints = new Map<string, Endpoint>();
  /** When the last tunnel of an endpoint left, or was last heard of before this process. */
  private readonly seenAt = new Map<string, number>();
  private readonly direct = new LRUCache<string, Direct>({
    max: MAX_DIRECT,
    dispose: ({ tunnels }) => {
      for (const tunnel of tunnels) tunnel.drain();
    },
  });
  private closed = false;
  /** Until then nobody counts as long gone. */
  private ignorantUntil: number;

  constructor(options: TunnelRegistryOptions) {
    this.options = options;
    this.ignorantUntil = options.now() + IGNORANT_MS;
  }

  /** What can serve the endpoint: its links; without one, the direct upstream of the route. */
  tunnels(route: Route): readonly Tunnel[] {
    const links = this.endpoints.get(route.endpointId)?.tunnels ?? noTunnels;
    if (links.length > 0 || route.upstreamBaseUrl === null) return links;
    let direct = this.direct.get(route.endpointId);
    if (direct?.upstreamBaseUrl !== route.upstreamBaseUrl) {
      const tunnel = this.options.createDirect(route);
      direct = { upstreamBaseUrl: route.upstreamBaseUrl, tunnels: tunnel === null ? [] : [tunnel] };
      this.direct.set(route.endpointId, direct);
    }
    return direct.tunnels;
  }

  /** Adds a link that takes streams from now on; requests that wait for the endpoint go on. */
  add(tunnel: LinkTunnel): void {
    const { endpointId, connectorId } = tunnel;
    let endpoint = this.endpoints.get(endpointId);
    if (endpoint === undefined) {
      endpoint = newEndpoint();
      this.endpoints.set(endpointId, endpoint);
    }
    endpoint.links.add(tunnel);
    endpoint.connectors.set(connectorId, (endpoint.connectors.get(connectorId) ?? 0) + 1);
    this.tcp.add(tunnel);
    if (tunnel.serves?.http === false) return;
    endpoint.tunnels = [...endpoint.tunnels, tunnel];
    this.seenAt.delete(endpointId);
    const waiters = [...endpoint.waiters];
    endpoint.waiters.clear();
    for (const done of waiters) done(true);
  }

  /** Takes a link out. Idempotent. */
  remove(tunnel: LinkTunnel): void {
    const { endpointId, connectorId } = tunnel;
    const endpoint = this.endpoints.get(endpointId);
    if (!endpoint?.links.delete(tunnel)) return;
    this.tcp.remove(tunnel);
    const links = (endpoint.connectors.get(connectorId) ?? 1) - 1;
    if (links === 0) endpoint.connectors.delete(connectorId);
    else endpoint.connectors.set(connectorId, links);
    const servedHttp = endpoint.tunnels.includes(tunnel);
    endpoint.tunnels = endpoint.tunnels.filter((other) => other !== tunnel);
    if (servedHttp && endpoint.tunnels.length === 0) this.seen(endpointId);
    this.forgetIfEmpty(endpointId);
  }

  /** Learns whose connectors were there a moment ago, on any relay: they may come back here. */
  learnPast(endpointIds: readonly string[]): void {
    this.ignorantUntil = 0;
    for (const endpointId of endpointIds) if (this.connectorCount(endpointId) === 0) this.seen(endpointId);
  }

  private seen(endpointId: string): void {
    this.seenAt.delete(endpointId);
    this.seenAt.set(endpointId, this.options.now());
    // Oldest first, since each is put at the end when it is seen.
    for (const [oldest, at] of this.seenAt) {
      if (this.seenAt.size <= MAX_ABSENT && this.options.now() - at < SEEN_LATELY_MS) break;
      this.seenAt.delete(oldest);
    }
  }

  /** Connectors with at least one link now. */
  connectorCount(endpointId: string): number {
    return this.endpoints.get(endpointId)?.connectors.size ?? 0;
  }

  /** Links of one connector. */
  linkCount(endpointId: string, connectorId: string): number {
    return this.endpoints.get(endpointId)?.connectors.get(connectorId) ?? 0;
  }

  /**
   * Waits until the endpoint has a tunnel that accepts: true then, false after `graceMs`, and false at once when no
   * connector of it was seen lately. Never rejects.
   */
  waitForTunnel(route: Route, graceMs: number): Promise<boolean> {
    if (this.tunnels(route).some((tunnel) => tunnel.accepting)) return Promise.resolve(true);
    const { endpointId } = route;
    let endpoint = this.endpoints.get(endpointId);
    const present = endpoint !== undefined && endpoint.tunnels.length > 0;
    if (this.closed || graceMs <= 0 || !(present || this.wasSeenLately(endpointId)))
      return Promise.resolve(false);
    if (endpoint === undefined) {
      endpoint = newEndpoint();
      this.endpoints.set(endpointId, endpoint);
    }
    const { waiters } = endpoint;
    return new Promise((resolve) => {
      const done = (found: boolean) => {
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        waiters.delete(done);
        this.forgetIfEmpty(endpointId);
        resolve(false);
      }, graceMs);
      waiters.add(done);
    });
  }

  /** No tunnel will come any more: those who wait are told. */
  close(): void {
    this.closed = true;
    this.direct.clear();
    for (const { waiters } of this.endpoints.values()) {
      for (const done of [...waiters]) done(false);
      waiters.clear();
    }
  }

  private wasSeenLately(endpointId: string): boolean {
    if (this.options.now() < this.ignorantUntil) return true;
    const at = this.seenAt.get(endpointId);
    return at !== undefined && this.options.now() - at < SEEN_LATELY_MS;
  }

  private forgetIfEmpty(endpointId: string): void {
    const endpoint = this.endpoints.get(endpointId);
    if (endpoint?.links.size === 0 && endpoint.waiters.size === 0) this.endpoints.delete(endpointId);
  }
}
