/** What the portal is told about backups; times in ISO 8601. */
export interface HubBackupReport {
  readonly state: "off" | "idle" | "running" | "failed";
  /** Of 1, while it runs. */
  readonly progress: number | null;
  /** End of the last backup that worked. */
  readonly lastAt: string | null;
  readonly nextAt: string | null;
  /** What the last one took in, in bytes. */
  readonly bytes: number | null;
  /** One sentence with what to do; up to 500 characters. */
  readonly error: string | null;
}

/** One state of the machine's files that can be restored. */
export interface HubSnapshot {
  readonly snapshotId: string;
  readonly takenAt: string;
  readonly paths: readonly string[];
  /** Null where the tool that took it did not say. */
  readonly files: number | null;
  readonly bytes: number | null;
}

/** Before anything is known. */
export const BACKUPS_OFF: HubBackupReport = {
  state: "off",
  progress: null,
  lastAt: null,
  nextAt: null,
  bytes: null,
  error: null,
};
