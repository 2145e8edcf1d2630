import type { ConnectorState } from "../../server/connectors/index.ts";
import type { Log } from "../log.ts";
import type { LinkRoom } from "./link-room.ts";

/** A connector counts as online for 45 s after its last refresh; three may be missed. */
const REFRESH_MS = 15_000;
const RETRY_MS = 1_000;
/** Writes at the same time, of the pool's connections. */
const CONCURRENT = 3;
/** Connectors that are refreshed together. */
const MAX_TOGETHER = 500;

export interface ConnectorReporterOptions {
  room: LinkRoom;
  /** `recordConnectorState` of server/connectors. */
  record(state: ConnectorState): Promise<unknown>;
  /** `refreshConnectorStates` of server/connectors. */
  refresh(states: readonly ConnectorState[]): Promise<ReadonlySet<string>>;
  relayId: string;
  /** Milliseconds, monotonic. */
  now(): number;
  log: Log;
}

/**
 * Writes what this relay sees of its connectors: at once when links come or go, and every 15 s. It writes the state at
 * the time of writing, never a queue of old ones, so that Postgres may be away and the last write is still the truth.
 */
export class ConnectorReporter {
  private readonly options: ConnectorReporterOptions;
  private readonly dirty = new Set<string>();
  /** When each connector that is online was last written. */
  private readonly writtenAt = new Map<string, number>();
  private readonly writing = new Set<string>();
  private failing = false;
  /** Connectors are being refreshed together. */
  private refreshing: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;

  constructor(options: ConnectorReporterOptions) {
    this.options = options;
  }

  /** Links of this connector came or went. */
  changed(connectorId: string): void {
    this.dirty.add(connectorId);
    this.work();
  }

  /** Call every second: refreshes connectors whose last report is old. */
  tick(): void {
    if (this.refreshing === null && !this.stopped) {
      this.refreshing = this.refresh().finally(() => {
        this.refreshing = null;
      });
    }
    this.work();
  }

  /** Writes nothing more. Resolves when what was under way is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.refreshing;
    while (this.writing.size > 0) await new Promise((done) => setTimeout(done, 10));
  }

  private work(): void {
    if (this.stopped || this.timer !== null) return;
    for (const connectorId of this.dirty) {
      if (this.writing.size >= CONCURRENT) return;
      if (this.writing.has(connectorId)) continue;
      this.dirty.delete(connectorId);
      this.writing.add(connectorId);
      this.write(connectorId).finally(() => {
        this.writing.delete(connectorId);
        this.work();
      });
    }
  }

  /** Those whose last report is old: together while nothing else is to be said of them, else one by one. */
  private async refresh(): Promise<void> {
    const at = this.options.now();
    const old: string[] = [];
    for (const [connectorId, writtenAt] of this.writtenAt) {
      if (writtenAt <= at - REFRESH_MS && !this.dirty.has(connectorId) && !this.writing.has(connectorId))
        old.push(connectorId);
    }
    for (let i = 0; i < old.length && !this.stopped; i += MAX_TOGETHER) {
      const ids = old.slice(i, i + MAX_TOGETHER);
      // Its last link may have gone since.
      const states = ids.map((id) => this.stateOf(id)).filter(({ status }) => status === "online");
      // One by one they are tried again, and a Postgres that is away is told of.
      const refreshed = await this.options.refresh(states).catch(() => new Set<string>());
      for (const connectorId of ids) {
        if (!refreshed.has(connectorId)) this.dirty.add(connectorId);
        else if (this.writtenAt.has(connectorId)) this.writtenAt.set(connectorId, at);
      }
      this.work();
    }
  }

  private async write(connectorId: string): Promise<void> {
    const state = this.stateOf(connectorId);
    try {
      await this.options.record(state);
      if (state.status === "online") this.writtenAt.set(connectorId, this.options.now());
      else this.writtenAt.delete(connectorId);
      if (this.failing) this.options.log.info({}, "connector states are written again");
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.options.log.warn({ err: error, connectorId }, "connector state not written");
      this.failing = true;
      this.dirty.add(connectorId);
      this.timer ??= setTimeout(() => {
        this.timer = null;
        this.work();
      }, RETRY_MS);
    }
  }

  private stateOf(connectorId: string): ConnectorState {
    const { room, relayId } = this.options;
    const links = room.linksOf(connectorId);
    const newest = links.at(-1);
    if (newest === undefined) return { connectorId, relayId, status: "offline" };
    const trips = links.flatMap(({ roundTripMs }) => (roundTripMs === null ? [] : [roundTripMs]));
    return {
      connectorId,
      relayId,
      status: "online",
      links: links.length,
      capacity: newest.hello?.capacity,
      version: versionOf(newest.hello?.agent),
      remoteAddress: newest.clientAddress,
      latencyMs: trips.length === 0 ? undefined : Math.round(Math.min(...trips)),
    };
  }
}

/** `0.1.0` of `hotspot/0.1.0 bun/1.4.5`; the agent itself when it has no such form. */
function versionOf(agent: string | undefined): string | undefined {
  return /^[\w.-]+\/(\S{1,40})/.exec(agent ?? "")?.[1] ?? agent?.slice(0, 40);
}
