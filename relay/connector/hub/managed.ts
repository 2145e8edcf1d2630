import { rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type Backups, createBackups } from "../backup/backups.ts";
import { findTool } from "../backup/find-tool.ts";
import { BACKUPS_OFF, type HubBackupReport, type HubSnapshot } from "../backup/report.ts";
import type { HubPortalClient, Reported } from "../portal/hub-client.ts";
import { checkBucket } from "./checks/bucket.ts";
import { BucketHealth } from "./checks/bucket-health.ts";
import { checkDns } from "./checks/dns.ts";
import { backupCheck } from "./checks/tunnel.ts";
import { endLeftovers } from "./cloudflared/leftover.ts";
import { type HubContext, portalOf } from "./context.ts";
import { fetchEnrollment } from "./enrollment.ts";
import { tunnelFile } from "./files.ts";
import { writePrivateFile } from "./private-file.ts";
import { type HubEnd, HubServing, type ReportParts } from "./serving.ts";
import { getHubSettings, type HubSettings, saveHubSettings } from "./state.ts";
import { takeNewKey } from "./take-new-key.ts";

/** A tunnel that has had no connection for so long may have another token by now, ms. */
const DOUBT_AFTER_MS = 60_000;
/** Between two questions for it, ms. */
const DOUBT_EVERY_MS = 5 * 60_000;

/** A hub with Managed Cloudflare, from its start to its end in this process. */
export class ManagedHub {
  private settings: HubSettings;
  private readonly context: HubContext;
  private readonly client: HubPortalClient;
  private readonly tokenFile: string;
  private readonly bucket: BucketHealth;
  private backups: Backups | null = null;
  private backup: HubBackupReport = BACKUPS_OFF;
  /** Told with the next report. */
  private snapshots: readonly HubSnapshot[] | undefined;
  private doubtedAt = Number.NEGATIVE_INFINITY;
  private serviceUrl: string;

  constructor(settings: HubSettings, context: HubContext) {
    this.settings = settings;
    this.context = context;
    this.client = portalOf(settings, context);
    this.tokenFile = tunnelFile(context.options.dir, settings);
    this.serviceUrl = settings.serviceUrl;
    this.bucket = new BucketHealth((access) => checkBucket(access, context.options.network));
  }

  /**
   * Serves until something ends it. What is stored is enough for it: a portal that is away is asked later.
   * @param program cloudflared
   */
  async serve(program: string): Promise<HubEnd | null> {
    const { options, env, output, stopRequested } = this.context;
    await endLeftovers(this.tokenFile, env, output.log);
    this.writeToken();
    const serving: HubServing = new HubServing({
      ...{ dir: options.dir, hubId: this.settings.hubId, env, output, program, reportMs: options.reportMs },
      network: options.network,
      args: (metrics) => [
        ...["tunnel", "--no-autoupdate", "--metrics", metrics],
        ...["run", "--token-file", this.tokenFile],
      ],
      secrets: () => [this.settings.tunnelToken ?? "", this.settings.hubToken],
      parts: () => this.parts(),
      send: async (report, timeoutMs) => {
        const answer = await this.client.report(report, timeoutMs);
        if (this.snapshots === report.snapshots) this.snapshots = undefined;
        return answer;
      },
      onAnswer: (answer) => this.heard(answer, serving),
      onSettings: (stored) => this.reread(stored, serving),
      onReady: () => output.live(`https://${this.settings.hostname}`, this.serviceUrl),
    });
    serving.start();
    await this.startBackups(serving);
    const end = await Promise.race([serving.ended, stopRequested.then(() => null)]);
    await Promise.all([
      serving.stop(end === null ? "The hub was stopped on its machine." : null),
      this.backups?.stop(),
    ]);
    rmSync(this.tokenFile, { force: true });
    return end;
  }

  private async parts(): Promise<ReportParts> {
    const { hostname, bucket } = this.settings;
    const [dns, health] = await Promise.all([
      checkDns(hostname!, this.context.options.dnsServers),
      this.bucket.look(bucket!),
    ]);
    return {
      checks: [dns, health, ...(this.backups === null ? [] : [backupCheck(this.backup, Date.now())])],
      accessKeyId: this.settings.bucket!.accessKeyId,
      backup: this.backups === null ? null : this.backup,
      ...(this.snapshots && { snapshots: this.snapshots }),
    };
  }

  /** What the portal wants by now. @returns true: it should hear at once what has changed */
  private async heard(answer: Reported, serving: HubServing): Promise<boolean> {
    if (answer.state === "off" || answer.state === "disabling") {
      serving.end({ kind: "off", note: "Managed Cloudflare was switched off in the portal." });
      return false;
    }
    this.serviceUrl =
      answer.hostnames.find(({ host }) => host === this.settings.hostname)?.serviceUrl ?? this.serviceUrl;
    const { bucket, tunnelId, hostname } = this.settings;
    const isOtherKey = answer.accessKeyId !== null && answer.accessKeyId !== bucket!.accessKeyId;
    const isOther =
      isOtherKey ||
      (answer.tunnelId !== null && answer.tunnelId !== tunnelId) ||
      (answer.hostname !== null && answer.hostname !== hostname);
    if (answer.state !== "on" || !(isOther || this.isTunnelDoubtful(serving))) return false;
    return this.enrollAgain(serving);
  }

  private isTunnelDoubtful({ tunnel }: HubServing): boolean {
    const now = performance.now();
    if (tunnel.unreadySince === null || now - tunnel.unreadySince < DOUBT_AFTER_MS) return false;
    if (now - this.doubtedAt < DOUBT_EVERY_MS) return false;
    this.doubtedAt = now;
    return true;
  }

  /** Takes what is new. A key is used, and so confirmed, when it has worked here. */
  private async enrollAgain(serving: HubServing): Promise<boolean> {
    const enrollment = await fetchEnrollment(this.client);
    const before = this.settings;
    const works = await takeNewKey(before.bucket!, enrollment.bucket!, (access) => this.bucket.look(access));
    if (!works) {
      this.context.output.log("warn", "the new key of the bucket does not work yet; the old one is used", {});
    }
    this.store({ ...enrollment, ...(works ? {} : { bucket: before.bucket }) });
    if (this.settings.tunnelToken !== before.tunnelToken) {
      this.writeToken();
      await serving.restartTunnel();
    }
    if (this.settings.bucket!.accessKeyId === before.bucket!.accessKeyId) return false;
    this.backups?.setAccess(this.settings.bucket!);
    this.context.output.note("The key of the backup bucket was rotated.");
    return true;
  }

  /** Somebody may have changed the plan of the backups meanwhile: theirs stays. */
  private store(change: Partial<HubSettings>): void {
    const { dir } = this.context.options;
    this.settings = { ...getHubSettings(dir, this.settings.hubId), ...change };
    saveHubSettings(dir, this.settings);
  }

  private writeToken(): void {
    writePrivateFile(this.tokenFile, this.settings.tunnelToken!);
  }

  private reread(stored: HubSettings, serving: HubServing): void {
    if (isDeepStrictEqual(stored.backup, this.settings.backup)) return;
    this.settings = stored;
    void this.startBackups(serving);
  }

  /** By the plan of now; one that ran by an older plan is stopped first. */
  private async startBackups(serving: HubServing): Promise<void> {
    const { env, output, options } = this.context;
    const { backup: plan, bucket, backupPassword } = this.settings;
    const before = this.backups;
    this.backups = null;
    await before?.stop();
    if (plan === null || bucket === null || backupPassword === null) return;
    const running = createBackups({
      ...{ access: bucket, password: backupPassword, plan, log: output.log },
      tool: () => findTool(env, options.network, options.backup.tool ?? undefined),
      onChange: (report, snapshots) => {
        const isOther = report.state !== this.backup.state || snapshots !== undefined;
        this.backup = report;
        if (snapshots !== undefined) this.snapshots = snapshots;
        // Its progress is told when a report is due, not every second.
        if (isOther) serving.report();
      },
    });
    this.backups = running;
    running.start();
  }
}
