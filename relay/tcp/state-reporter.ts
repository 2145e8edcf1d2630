import type { TcpTunnelState } from "../../server/tcp-tunnels/index.ts";
import type { Log } from "../log.ts";

/** A tunnel counts as online for 45 s after its last report; three may be missed. */
const REFRESH_MS = 15_000;

export interface TcpStateReporterOptions {
  states(): readonly TcpTunnelState[];
  /** `recordTcpStates` of server/tcp-tunnels. */
  record(states: readonly TcpTunnelState[]): Promise<void>;
  /** Epoch, ms. */
  now(): number;
  log: Log;
}

/** Writes what this relay sees of its TCP tunnels: soon after a change, and every 15 s. */
export class TcpStateReporter {
  private readonly options: TcpStateReporterOptions;
  /** What was written last, by tunnel. */
  private readonly written = new Map<string, TcpTunnelState>();
  private refreshedAt = 0;
  private writing: Promise<void> | null = null;

  constructor(options: TcpStateReporterOptions) {
    this.options = options;
  }

  /** Call every second. */
  tick(): void {
    this.writing ??= this.write().finally(() => {
      this.writing = null;
    });
  }

  /** Writes the last states. */
  async stop(): Promise<void> {
    await this.writing;
    await this.write();
  }

  private async write(): Promise<void> {
    const { states, record, now, log } = this.options;
    const at = now();
    const isDue = at - this.refreshedAt >= REFRESH_MS;
    const current = new Map(states().map((state) => [state.tunnelId, state]));
    const news: TcpTunnelState[] = [];
    for (const state of current.values()) {
      const before = this.written.get(state.tunnelId);
      const same = before?.serving === state.serving && before.fault === state.fault;
      if (!same || (isDue && state.serving)) news.push(state);
    }
    for (const [tunnelId, { serving }] of this.written) {
      if (serving && !current.has(tunnelId)) news.push({ tunnelId, serving: false, fault: null });
    }
    if (isDue) this.refreshedAt = at;
    if (news.length === 0) return;
    try {
      await record(news);
      this.written.clear();
      for (const [tunnelId, state] of current) this.written.set(tunnelId, state);
    } catch (error) {
      // The next tick says it again.
      log.warn({ err: error }, "states of TCP tunnels not written");
    }
  }
}
