import { randomBytes } from "node:crypto";
import type { Db } from "../db/client.ts";
import { findTcpTunnels, listRecentTcpEndpoints, recordTcpStates } from "../server/tcp-tunnels/index.ts";
import type { Budgets, Meter } from "./edge/deps.ts";
import { createRequestIds } from "./edge/request-ids.ts";
import type { RelayEnv } from "./env.ts";
import type { Log } from "./log.ts";
import type { RouteCache } from "./routes/route-cache.ts";
import type { TcpTunnels } from "./routes/tcp-tunnels.ts";
import { ClientLimits } from "./tcp/admission.ts";
import { listenWithBun } from "./tcp/listen.ts";
import { TcpStateReporter } from "./tcp/state-reporter.ts";
import { TcpRoom } from "./tcp/tcp-room.ts";

/** A running connection settles what it has had this often, ms. */
const PART_MS = 10_000;
/** A port that another program has is tried again after this, ms. */
const RETRY_MS = 2_000;

export interface TcpService {
  readonly room: TcpRoom;
  /** Opens the ports of connectors that are on their way back. Never rejects. */
  expectReturning(): Promise<void>;
  /** Call every second. */
  tick(): void;
  /** Says that nothing is served here any more. */
  report(): Promise<void>;
}

/** The TCP tunnels of a relay; null when it has no ports for them. */
export function createTcpService(
  env: RelayEnv,
  deps: {
    db: Db;
    relayId: string;
    links: TcpTunnels;
    routes: RouteCache;
    meter: Meter;
    budgets: Pick<Budgets, "admit"> | null;
    log: Log;
  },
): TcpService | null {
  const { tcp } = env;
  if (tcp === null) return null;
  const { db, relayId, links, routes, meter, budgets, log } = deps;
  const ids = createRequestIds(Date.now(), randomBytes(8));
  const room = new TcpRoom({
    links,
    findTunnels: (endpointId) => findTcpTunnels(db, endpointId),
    lookupRoute: (slug) => routes.lookup(slug),
    listen: listenWithBun,
    limits: new ClientLimits({
      ratePerWindow: env.rateLimit.max,
      windowMs: env.rateLimit.windowMs,
      connectionsPerAddress: tcp.maxConnectionsPerAddress,
      now: Date.now,
    }),
    meter,
    ...(budgets && { budgets }),
    nextRequestId: () => ids.next(),
    now: Date.now,
    config: {
      ports: tcp.ports,
      graceMs: env.graceMs,
      idleMs: tcp.idleSeconds * 1_000,
      partMs: PART_MS,
      retryMs: RETRY_MS,
    },
    log,
  });
  const reporter = new TcpStateReporter({
    states: () => room.states(),
    record: (states) => recordTcpStates(db, relayId, states),
    now: Date.now,
    log,
  });
  return {
    room,
    async expectReturning() {
      try {
        room.expect(await listRecentTcpEndpoints(db));
      } catch (error) {
        // Their ports open when the connectors are back.
        log.warn({ err: error }, "TCP tunnels served lately not read");
      }
    },
    tick() {
      room.tick();
      reporter.tick();
    },
    report: () => reporter.stop(),
  };
}
