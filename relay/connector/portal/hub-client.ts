import * as z from "zod";
import type { HubBackupReport, HubSnapshot } from "../backup/report.ts";
import type { Network } from "../network/network.ts";
import { PortalTransport } from "./transport.ts";

/** The portal waits up to 50 s for Cloudflare before it says that it is not done yet. */
const ENROLL_TIMEOUT_MS = 75_000;

const Enrolled = z.object({
  tunnel_id: z.string().min(1),
  tunnel_token: z.string().min(1),
  hostname: z.string().min(1),
  r2_endpoint: z.string().min(1),
  r2_bucket: z.string().min(1),
  r2_access_key_id: z.string().min(1),
  r2_secret_access_key: z.string().min(1),
});
export type Enrolled = z.infer<typeof Enrolled>;

const BackupPassword = z.object({ password: z.string().min(1), prefix: z.string().min(1) });
export type BackupPassword = z.infer<typeof BackupPassword>;

const HubStatus = z.object({
  enabled: z.boolean(),
  hostname: z.string().nullable(),
  tunnel_id: z.string().nullable(),
  r2_bucket: z.string().nullable(),
  last_health_check: z.string().nullable(),
  errors: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type HubStatus = z.infer<typeof HubStatus>;

const Reported = z.object({
  state: z.enum(["off", "provisioning", "on", "disabling"]),
  health: z.enum(["ready", "degraded", "error"]),
  /** The key that this hub should use; another one than it does: enroll for it, then report again. */
  accessKeyId: z.string().nullable(),
  /** Another one than ours: enroll for its token. Portals of earlier versions do not tell. */
  tunnelId: z.string().nullable().default(null),
  hostname: z.string().nullable(),
  hostnames: z.array(z.object({ host: z.string(), serviceUrl: z.string() })),
  reportAfterSeconds: z.number().positive(),
});
export type Reported = z.infer<typeof Reported>;

const Ok = z.object({ ok: z.literal(true) });

/** One thing that this hub has looked at; the message is for people, null when all is well. */
export interface HubCheck {
  name: string;
  ok: boolean;
  message: string | null;
}

export interface HubReport {
  version: string;
  checks: HubCheck[];
  accessKeyId: string | null;
  backup: HubBackupReport | null;
  /** All of the repository's; left out when nothing has changed since the last report. */
  snapshots?: readonly HubSnapshot[];
  /** Self-hosted: the name it serves. */
  hostname?: string;
}

export interface HubPortalClientOptions {
  portal: string;
  hubId: string;
  accountId: string;
  hubToken: string;
  network: Network;
}

/**
 * The routes that a hub calls with its own token.
 * All methods throw PortalError for a refusal, PortalUnreachableError when there is no usable answer.
 */
export class HubPortalClient {
  private readonly options: HubPortalClientOptions;
  private readonly transport: PortalTransport;

  constructor(options: HubPortalClientOptions) {
    const { portal, hubToken, network } = options;
    this.options = options;
    this.transport = new PortalTransport({ portal, bearer: hubToken, network });
  }

  /**
   * Tunnel, name and bucket of this hub, made when they are not there; the same ones otherwise. With status 503
   * `hub_provisioning` they are still being made: ask again.
   */
  enroll(requestedSubdomain: string | null): Promise<Enrolled> {
    const { accountId, hubId } = this.options;
    const wish = requestedSubdomain === null ? {} : { requested_subdomain: requestedSubdomain };
    return this.transport.ask(
      "POST",
      "/v1/managed-cloudflare/enroll",
      Enrolled,
      { account_id: accountId, hub_id: hubId, ...wish },
      ENROLL_TIMEOUT_MS,
    );
  }

  /** What the service knows of this hub. */
  status(): Promise<HubStatus> {
    const query = new URLSearchParams({ hub_id: this.options.hubId });
    return this.transport.ask("GET", `/v1/managed-cloudflare/status?${query}`, HubStatus);
  }

  /** Stops what the service has made. The backups stay for `retentionDays`, or go now. */
  disable(options: { deleteBucket: boolean; retentionDays: number | null }): Promise<z.infer<typeof Ok>> {
    const { deleteBucket, retentionDays } = options;
    return this.transport.ask("POST", "/v1/managed-cloudflare/disable", Ok, {
      hub_id: this.options.hubId,
      delete_bucket: deleteBucket,
      ...(retentionDays === null ? {} : { retention_days: retentionDays }),
    });
  }

  /** Says how this hub is, and hears what has changed for it. */
  report(report: HubReport, timeoutMs?: number): Promise<Reported> {
    const body = { hubId: this.options.hubId, ...report };
    return this.transport.ask("POST", "/api/hubs/report", Reported, body, timeoutMs);
  }

  /** The password of this hub's backups, which the service keeps for its owner, and where in the bucket they are. */
  ownBackupPassword(): Promise<BackupPassword> {
    const { hubId } = this.options;
    return this.transport.ask("POST", "/api/hubs/own-backup-password", BackupPassword, { hubId });
  }
}
