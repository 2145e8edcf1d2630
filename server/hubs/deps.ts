import type { TenantVault } from "../vault/index.ts";
import type { ManagedCloudflare } from "./managed-cloudflare.ts";

/** Times and pauses of hubs; tests use shorter ones. */
export interface HubSettings {
  /** Seconds between two reports that hubs are asked for. */
  readonly reportAfterSeconds: number;
  /** A hub that has said nothing for so many seconds is in error. */
  readonly silentSeconds: number;
  /** How long a caller of enroll waits until all is made, ms: below the minute that proxies like to cut at. */
  readonly patienceMs: number;
  /** First pause after a step that failed, ms; it grows up to 150 times. */
  readonly firstPauseMs: number;
  /** How long a new key may take until Cloudflare knows it everywhere, ms. */
  readonly propagationMs: number;
  /** A replaced key whose hub is silent still works so long, hours. */
  readonly retiringHours: number;
  /** What the reconciler finds and nobody owns is removed when it is older than this, ms. */
  readonly orphanAgeMs: number;
}

export const hubSettings: HubSettings = {
  reportAfterSeconds: 60,
  silentSeconds: 180,
  patienceMs: 50_000,
  firstPauseMs: 2_000,
  propagationMs: 30_000,
  retiringHours: 24,
  orphanAgeMs: 600_000,
};

/** What hubs need beside the database. */
export interface HubDeps {
  /** null: SEALING_KEYS is not set, so no secret of a hub can be kept. */
  readonly vault: TenantVault | null;
  /** null: the operator has not configured Cloudflare. */
  readonly cloudflare: ManagedCloudflare | null;
  readonly settings: HubSettings;
}

/** Managed Cloudflare is not configured: hubs with an account of their own may still report. */
export const hubsOff: HubDeps = { vault: null, cloudflare: null, settings: hubSettings };
