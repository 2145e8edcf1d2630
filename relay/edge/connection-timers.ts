import type { EdgeTimers } from "./deps.ts";

/** What has run out. */
export type TimeOut =
  | "head"
  | "idle"
  | "stalledReader"
  | "body"
  | "upstreamHead"
  /** After a half-close: see whether anybody still listens. */
  | "probe"
  | "linger";

/** What a connection is doing, as its timers see it. */
export interface TimedConnection {
  readonly phase: "head" | "busy" | "linger";
  /** Part of a head has come. */
  readonly hasPartialHead: boolean;
  readonly hasServed: boolean;
  /** Bytes that the client does not take, and a number that grows when it takes some. */
  readonly queuedBytes: number;
  readonly writeProgress: number;
  /** Body bytes are expected and would be taken. */
  readonly awaitsBody: boolean;
  /** The stream is open and no final head has come. */
  readonly awaitsHead: boolean;
  readonly openedAt: number;
}

const PROBE_REPEAT = 15;

/** Moments of one connection, in milliseconds since the epoch, and what follows from them. Looked at once a second. */
export class ConnectionTimers {
  /** When the present wait began: for a head, for the next request, for the end of the linger. */
  phaseAt: number;
  /** When body bytes last came, or could come again. */
  bodyAt = 0;
  /** When to probe; 0 for never. */
  probeAt = 0;
  private progressAt: number;
  private lastProgress = 0;
  private readonly timers: EdgeTimers;
  private readonly upstreamHeaderTimeoutMs: number;

  constructor(timers: EdgeTimers, upstreamHeaderTimeoutMs: number, now: number) {
    this.timers = timers;
    this.upstreamHeaderTimeoutMs = upstreamHeaderTimeoutMs;
    this.phaseAt = now;
    this.progressAt = now;
  }

  /** A silent upstream after its head, and an upgraded connection, have no limit on purpose. */
  check(connection: TimedConnection, now: number): TimeOut | null {
    const { timers } = this;
    if (connection.queuedBytes === 0 || connection.writeProgress !== this.lastProgress) {
      this.lastProgress = connection.writeProgress;
      this.progressAt = now;
    }
    if (now - this.progressAt >= timers.writeStallMs) return "stalledReader";
    switch (connection.phase) {
      case "head": {
        const isReading = connection.hasPartialHead || !connection.hasServed;
        if (now - this.phaseAt < (isReading ? timers.headReadMs : timers.idleMs)) return null;
        return connection.hasPartialHead ? "head" : "idle";
      }
      case "linger":
        return connection.queuedBytes === 0 && now - this.phaseAt >= timers.lingerMs ? "linger" : null;
      default:
        return this.checkExchange(connection, now);
    }
  }

  private checkExchange(connection: TimedConnection, now: number): TimeOut | null {
    const { timers } = this;
    if (connection.awaitsBody && now - this.bodyAt >= timers.bodyIdleMs) return "body";
    if (!connection.awaitsHead) return null;
    const silentSince = Math.max(connection.openedAt, this.bodyAt);
    if (now - silentSince >= this.upstreamHeaderTimeoutMs) return "upstreamHead";
    if (this.probeAt === 0 || now < this.probeAt) return null;
    this.probeAt = now + PROBE_REPEAT * timers.probeMs;
    return "probe";
  }
}
