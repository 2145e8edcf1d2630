import type { LinkTunnel } from "./tunnel.ts";

/** Hears that other links serve TCP tunnels of an endpoint than before. */
type Listener = (endpointId: string, slug: string) => void;

const none: readonly LinkTunnel[] = [];

/** Which links serve which TCP tunnels: by endpoint and name. */
export class TcpTunnels {
  private readonly endpoints = new Map<string, Map<string, readonly LinkTunnel[]>>();
  private listener: Listener | null = null;

  /** Links that serve this tunnel; replaced, never changed. */
  links(endpointId: string, name: string): readonly LinkTunnel[] {
    return this.endpoints.get(endpointId)?.get(name) ?? none;
  }

  /** Whether any link serves a tunnel of the endpoint. */
  has(endpointId: string): boolean {
    return this.endpoints.has(endpointId);
  }

  onChange(listener: Listener): void {
    this.listener = listener;
  }

  add(link: LinkTunnel): void {
    const { serves, endpointId } = link;
    if (serves === undefined || serves.tcp.length === 0) return;
    let names = this.endpoints.get(endpointId);
    if (names === undefined) {
      names = new Map();
      this.endpoints.set(endpointId, names);
    }
    for (const name of serves.tcp) names.set(name, [...(names.get(name) ?? none), link]);
    this.listener?.(endpointId, serves.slug);
  }

  /** Idempotent. */
  remove(link: LinkTunnel): void {
    const { serves, endpointId } = link;
    const names = this.endpoints.get(endpointId);
    if (serves === undefined || serves.tcp.length === 0 || names === undefined) return;
    let removed = false;
    for (const name of serves.tcp) {
      const before = names.get(name);
      if (before === undefined || !before.includes(link)) continue;
      removed = true;
      const left = before.filter((other) => other !== link);
      if (left.length > 0) names.set(name, left);
      else names.delete(name);
    }
    if (names.size === 0) this.endpoints.delete(endpointId);
    if (removed) this.listener?.(endpointId, serves.slug);
  }
}
