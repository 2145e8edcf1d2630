import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";
import type { Certificate } from "../tls/certificate.ts";
import { HandshakeLimiter } from "../tls/handshake-limiter.ts";
import { createTlsListeners } from "../tls/listen.ts";
import { limitKey, normalAddress } from "./address.ts";
import { ClientConnection } from "./connection.ts";
import { createEdgeContext, type EdgeStats } from "./context.ts";
import type { EdgeDeps } from "./deps.ts";
import type { Peer } from "./forwarding.ts";
import { FirstBytes } from "./h2/first-bytes.ts";
import { H2Connection } from "./h2/h2-connection.ts";
import { createListeners, type ListenOptions } from "./listen.ts";

/** A connection of a client; `certificate` is what it presented, null before the handshake, and absent without TLS. */
export type PublicConnection = RawConnection & { readonly certificate?: Certificate | null };

/** The public listener of a relay: everything that comes from outside passes here. */
export interface Edge {
  /** Opens a listening socket; several may be open. @throws when the address is in use */
  listen(options: ListenOptions): { readonly port: number; readonly hostname: string };
  /** The same for TLS; needs `deps.tls`. Rejects when the address is in use. */
  listenTls(options: ListenOptions): Promise<{ readonly port: number }>;
  /**
   * Takes a connection from any kind of listener. Returns who hears of it, or null when it was refused (and dropped):
   * its address has too many. Call `release` once, when the socket has closed, whoever owns it then.
   */
  accept(raw: PublicConnection): { readonly events: RawConnectionEvents; release(): void } | null;
  /**
   * Lets requests finish and says `Connection: close`; resolves when no connection is left.
   * @param lingerMs goes on listening for so long: with `reusePort` a successor can take over the port without a gap
   */
  drain(lingerMs?: number): Promise<void>;
  /** Stops listening and drops every connection. */
  stop(): void;
  /** Looks at the timers of all connections. Called by `listen`'s own timer; by tests with a made time. */
  sweep(now: number): void;
  readonly stats: Readonly<EdgeStats>;
}

/** A connection in whichever protocol. */
type Served = ClientConnection | H2Connection;

const SWEEP_MS = 125;
/** Each connection is looked at once in so many ticks: about once a second. */
const SWEEP_SLICES = 8;
/** While draining, a connection that stays silent this long is not about to send a request. */
const DRAIN_IDLE_MS = 2_000;

/** Makes the edge of a relay. Opens nothing and starts no timer before `listen`. */
export function createEdge(deps: EdgeDeps): Edge {
  const edge = createEdgeContext(deps);
  const { stats } = edge;
  const connections: Served[] = [];
  const places = new Map<Served, number>();
  const perAddress = new Map<string, number>();
  let ticker: ReturnType<typeof setInterval> | null = null;
  let cursor = 0;
  let ticks = 0;
  let drained: (() => void) | null = null;
  let stopped = false;

  function remember(connection: Served): void {
    places.set(connection, connections.length);
    connections.push(connection);
    stats.connections = connections.length;
  }

  function forget(connection: Served): void {
    const place = places.get(connection);
    if (place === undefined) return;
    places.delete(connection);
    const last = connections.pop();
    if (last !== undefined && last !== connection) {
      connections[place] = last;
      places.set(last, place);
    }
    stats.connections = connections.length;
    if (connections.length === 0) drained?.();
  }

  function look(connection: Served, now: number): void {
    connection.check(now);
    if (edge.draining) connection.closeIfIdle(now, DRAIN_IDLE_MS);
  }

  function sweepLimiters(now: number): void {
    handshakes.sweep(now);
    edge.limiter.sweep(now);
    edge.tenantLimiter.sweep(now);
    edge.inFlight.sweep();
  }

  /** One slice of all connections; those that close meanwhile only move others behind the cursor, to the next round. */
  function tick(): void {
    const now = edge.now();
    const count = Math.ceil(connections.length / SWEEP_SLICES);
    for (let i = 0; i < count && connections.length > 0; i++) {
      if (cursor >= connections.length) cursor = 0;
      look(connections[cursor++], now);
    }
    if (++ticks % (SWEEP_SLICES * 10) === 0) sweepLimiters(now);
  }

  function accept(raw: PublicConnection): { events: RawConnectionEvents; release(): void } | null {
    if (stopped) {
      raw.terminate();
      return null;
    }
    const address = normalAddress(raw.remoteAddress);
    const key = limitKey(address);
    const isProxy = edge.forwarding.proxies.has(address);
    const open = perAddress.get(key) ?? 0;
    if (!isProxy && open >= edge.config.maxConnectionsPerAddress) {
      stats.connectionsRefused++;
      raw.terminate();
      return null;
    }
    perAddress.set(key, open + 1);
    const tls = raw.certificate === undefined ? null : (raw as Peer["tls"]);
    const peer: Peer = { address, isProxy, tls, memoHost: null, memo: null };
    const connection = new ClientConnection(edge, raw, peer, forget);
    remember(connection);
    stats.connectionsTotal++;
    const startHttp2 = (first: Uint8Array) => {
      const http2 = new H2Connection(edge, raw, peer, forget);
      remember(http2);
      forget(connection);
      http2.onData(first);
      return http2;
    };
    return {
      events: new FirstBytes(raw, connection, startHttp2),
      release: placeOf(perAddress, key),
    };
  }

  const listeners = createListeners(accept, edge, deps.log);
  const { tls } = deps;
  const handshakes = new HandshakeLimiter(tls?.handshakesPerSecond ?? 0);
  const tlsListeners =
    tls === undefined
      ? null
      : createTlsListeners({
          ...tls,
          accept,
          turns: edge,
          mayStart(remoteAddress) {
            const address = normalAddress(remoteAddress);
            return edge.forwarding.proxies.has(address) || handshakes.take(limitKey(address), edge.now());
          },
          handshakeMs: edge.timers.handshakeMs,
          log: deps.log,
        });

  function closeListeners(): void {
    listeners.close();
    tlsListeners?.close();
  }

  function stopTicking(): void {
    if (ticker !== null) clearInterval(ticker);
    ticker = null;
  }

  return {
    listen(options) {
      ticker ??= setInterval(tick, SWEEP_MS);
      return listeners.open(options);
    },
    async listenTls(options) {
      if (tlsListeners === null) throw new Error("TLS without certificates");
      ticker ??= setInterval(tick, SWEEP_MS);
      return tlsListeners.open(options);
    },
    accept,
    async drain(lingerMs = 0) {
      edge.draining = true;
      if (lingerMs > 0) await new Promise((resolve) => setTimeout(resolve, lingerMs));
      closeListeners();
      while (edge.newcomers.isBusy) await new Promise((next) => setImmediate(next));
      if (connections.length > 0) await new Promise<void>((resolve) => (drained = resolve));
      stopTicking();
    },
    stop() {
      edge.draining = true;
      stopped = true;
      closeListeners();
      for (const connection of [...connections]) connection.stop();
      stopTicking();
    },
    sweep(now) {
      edge.coarseNow = now;
      for (const connection of [...connections]) look(connection, now);
      sweepLimiters(now);
    },
    stats,
  };
}

/**
 * Gives back the place of one connection. A function of its own: one made in `accept` would keep all that `accept` names,
 * the HTTP side of a connection that has long been a link among it.
 */
function placeOf(perAddress: Map<string, number>, key: string): () => void {
  return () => {
    const left = (perAddress.get(key) ?? 1) - 1;
    if (left > 0) perAddress.set(key, left);
    else perAddress.delete(key);
  };
}
