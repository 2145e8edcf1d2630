import type { Log } from "../upstream/log.ts";
import type { BucketAccess } from "./access.ts";
import type { BackupPlan } from "./plan.ts";
import type { HubBackupReport, HubSnapshot } from "./report.ts";
import type { BackupTool } from "./tool.ts";

export interface BackupsOptions {
  readonly access: BucketAccess;
  readonly password: string;
  readonly plan: BackupPlan;
  /** What `findTool` has found. */
  readonly tool: BackupTool;
  readonly log: Log;
  /** Told at each change, while one runs about once a second; `snapshots` only when they have been read. */
  onChange(report: HubBackupReport, snapshots?: readonly HubSnapshot[]): void;
}

/** Backups of one hub by its plan, one at a time. */
export interface Backups {
  /** Reads what there is, makes up for a run that was missed, and goes on by the plan. */
  start(): void;
  /** Ends a run in the middle; the next one goes on with what it has uploaded. Resolves when nothing runs. */
  stop(): Promise<void>;
  /** A run now, or the one under way. Resolves with null, or with the sentence why it failed. */
  backupNow(): Promise<string | null>;
  /** Used from the next command on. */
  setAccess(access: BucketAccess): void;
}
