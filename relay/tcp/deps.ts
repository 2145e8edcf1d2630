import type { ServedTcpTunnel } from "../../server/tcp-tunnels/index.ts";
import type { Budgets, EdgeRoute, Meter } from "../edge/deps.ts";
import type { Log } from "../log.ts";
import type { TcpTunnels } from "../routes/tcp-tunnels.ts";
import type { ClientLimits } from "./admission.ts";
import type { Listen } from "./listen.ts";

/** What the ports of TCP tunnels need from the rest of the relay. */
export interface TcpDeps {
  readonly links: TcpTunnels;
  /** The tunnels of an endpoint, from Postgres. */
  findTunnels(endpointId: string): Promise<readonly ServedTcpTunnel[]>;
  lookupRoute(slug: string): EdgeRoute | null | Promise<EdgeRoute | null>;
  readonly listen: Listen;
  readonly limits: ClientLimits;
  readonly meter: Meter;
  /** Absent: nothing is limited. */
  readonly budgets?: Pick<Budgets, "admit">;
  nextRequestId(): string;
  /** Epoch, ms. */
  now(): number;
  readonly config: TcpConfig;
  readonly log: Log;
}

export interface TcpConfig {
  /** Ports that this relay may listen at. */
  readonly ports: { readonly first: number; readonly last: number };
  /** How long a port stays open, and a client waits, without a link. */
  readonly graceMs: number;
  /** A connection on which nothing moves for so long is cut. */
  readonly idleMs: number;
  /** How often a running connection settles what it has had. */
  readonly partMs: number;
  /** How long after a failed attempt to listen it is tried again. */
  readonly retryMs: number;
}

/** The tunnel that a connection came for. */
export interface TunnelOfPort extends ServedTcpTunnel {
  readonly endpointId: string;
}
