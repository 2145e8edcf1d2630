import type { HubBackupReport, HubSnapshot } from "../backup/report.ts";
import type { ExitError } from "../exit.ts";
import { writeTrustedFile } from "../network/for-programs.ts";
import type { Network } from "../network/network.ts";
import type { HubCheck, HubReport, Reported } from "../portal/hub-client.ts";
import { fullVersion } from "../version.ts";
import { tunnelChecks } from "./checks/tunnel.ts";
import { startCloudflared } from "./cloudflared/child.ts";
import { freeAddress, readyConnections } from "./cloudflared/ready.ts";
import { Supervisor, type TunnelState } from "./cloudflared/supervisor.ts";
import type { HubOutput } from "./output.ts";
import { Reports } from "./reports.ts";
import { type HubSettings, hubRunDir, loadHubSettings } from "./state.ts";
import { removeRunStatus, writeRunStatus } from "./status-file.ts";

/** Another process may switch the hub off: how often its settings are looked at, ms. */
const SETTINGS_MS = 1_000;

/** A tunnel has so long to be connected before it is worth a sentence, ms. */
const PATIENCE_MS = 10_000;

/** Why a hub stops being served. */
export type HubEnd =
  /** Somebody has switched it off on this machine. */
  | { kind: "disabled" }
  /** The portal wants it off. */
  | { kind: "off"; note: string }
  | { kind: "failed"; error: ExitError };

/** What is told with each report beside the tunnel. */
export interface ReportParts {
  checks: HubCheck[];
  accessKeyId: string | null;
  backup: HubBackupReport | null;
  snapshots?: readonly HubSnapshot[];
  hostname?: string;
}

export interface HubServingOptions {
  dir: string;
  hubId: string;
  env: Record<string, string | undefined>;
  /** Of this program; cloudflared is told whom to trust. */
  network: Network;
  output: HubOutput;
  /** cloudflared. */
  program: string;
  /** Its arguments, where it shall listen for `/ready`. */
  args(metricsAddress: string): readonly string[];
  secrets(): readonly string[];
  parts(): Promise<ReportParts>;
  send(report: HubReport, timeoutMs?: number): Promise<Reported>;
  /** @returns true: the portal should hear at once what has changed */
  onAnswer(answer: Reported, serving: HubServing): Promise<boolean>;
  /** The settings in the file, whenever they are looked at. */
  onSettings(settings: HubSettings): void;
  /** Visitors get through, for the first time. */
  onReady(): void;
  reportMs: number | null;
}

/** One hub's cloudflared and its reports, until something ends it. */
export class HubServing {
  /** Resolves when it should be served no more, for another reason than a stop from outside. */
  readonly ended: Promise<HubEnd>;
  readonly end: (end: HubEnd) => void;
  private readonly options: HubServingOptions;
  private readonly supervisor: Supervisor;
  private readonly reports: Reports;
  private watch: ReturnType<typeof setInterval> | null = null;
  private wasReady = false;
  private lastParts: ReportParts | null = null;
  /** Checks that were said to fail. */
  private readonly failing = new Set<string>();

  constructor(options: HubServingOptions) {
    this.options = options;
    const { output, send, reportMs } = options;
    const { promise, resolve } = Promise.withResolvers<HubEnd>();
    this.ended = promise;
    this.end = resolve;
    this.supervisor = new Supervisor({
      start: async () => {
        const metricsAddress = await freeAddress();
        const { program, env, secrets, network, dir, hubId } = options;
        const args = options.args(metricsAddress);
        const trustedFile = writeTrustedFile(network, hubRunDir(dir, hubId));
        return startCloudflared({
          program,
          args,
          metricsAddress,
          env,
          trustedFile,
          log: output.log,
          secrets,
        });
      },
      connections: ({ metricsAddress }) => readyConnections(metricsAddress),
      onChange: (state) => this.changed(state),
      log: output.log,
    });
    this.reports = new Reports({
      gather: () => this.gather(),
      send,
      onAnswer: (answer) => options.onAnswer(answer, this),
      onRefused: (error) => this.end({ kind: "failed", error }),
      log: output.log,
      intervalMs: reportMs,
    });
  }

  get tunnel(): TunnelState {
    return this.supervisor.state;
  }

  start(): void {
    this.supervisor.start();
    this.reports.trigger();
    this.watch = setInterval(() => this.lookAtSettings(), SETTINGS_MS);
  }

  /** Something has changed that the portal should hear. */
  report(): void {
    this.reports.trigger();
  }

  /** Starts cloudflared anew with the arguments and files of now. */
  restartTunnel(): Promise<void> {
    return this.supervisor.restart();
  }

  /**
   * Ends cloudflared, when running requests have finished or their time is over.
   * @param farewell why, for the portal; null: it knows
   */
  async stop(farewell: string | null): Promise<void> {
    if (this.watch !== null) clearInterval(this.watch);
    await Promise.all([this.supervisor.stop(), this.reports.stop(this.farewell(farewell))]);
    removeRunStatus(this.options.dir, this.options.hubId);
  }

  private async gather(): Promise<HubReport> {
    this.lastParts = await this.options.parts();
    const { checks, ...parts } = this.lastParts;
    const { running, ready, connections, restarts } = this.supervisor.state;
    const all = [...tunnelChecks(this.supervisor.state), ...checks];
    this.tell(all);
    writeRunStatus(this.options.dir, this.options.hubId, {
      at: new Date().toISOString(),
      tunnel: { running, ready, connections, restarts },
      checks: all,
      backup: parts.backup === null ? null : { ...parts.backup },
    });
    return { version: fullVersion(), checks: all, ...parts };
  }

  /** Says of each check once that it fails, and once that it is well again. */
  private tell(checks: readonly HubCheck[]): void {
    const { unreadySince } = this.supervisor.state;
    const isStarting = unreadySince !== null && performance.now() - unreadySince < PATIENCE_MS;
    for (const { name, ok, message } of checks) {
      const isTunnel = name === "tunnel" || name === "cloudflared";
      if (!ok && !(isTunnel && isStarting) && !this.failing.has(name)) {
        this.failing.add(name);
        this.options.output.note(`${name}: ${message}`);
      }
      if (ok && this.failing.delete(name)) this.options.output.note(`${name}: well again`);
    }
  }

  /** With what was known last: a stop looks at nothing anew. */
  private farewell(why: string | null): HubReport | null {
    if (why === null || this.lastParts === null) return null;
    const { accessKeyId, backup, hostname } = this.lastParts;
    const checks = ["cloudflared", "tunnel"].map((name) => ({ name, ok: false, message: why }));
    return { version: fullVersion(), checks, accessKeyId, backup, ...(hostname && { hostname }) };
  }

  private changed(state: TunnelState): void {
    if (state.ready && !this.wasReady) {
      this.wasReady = true;
      this.options.onReady();
    }
    this.reports.trigger();
  }

  private lookAtSettings(): void {
    try {
      const settings = loadHubSettings(this.options.dir, this.options.hubId);
      if (settings === null || !settings.enabled) this.end({ kind: "disabled" });
      else this.options.onSettings(settings);
    } catch (error) {
      // Damaged or open to others by somebody's hand: what runs goes on, and the next start says what to do.
      this.options.output.log("debug", "the settings cannot be read", { reason: (error as Error).message });
    }
  }
}
