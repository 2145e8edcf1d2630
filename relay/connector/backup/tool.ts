import type { RepositoryAccess } from "./access.ts";
import type { BackupPlan } from "./plan.ts";
import type { HubSnapshot } from "./report.ts";

/** How a program is called: secrets are in `env` only. */
export interface Invocation {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
}

/** What one backup has done. */
export interface BackupSummary {
  readonly snapshotId: string | null;
  readonly files: number | null;
  /** Looked at. */
  readonly bytes: number | null;
  /** Uploaded, before compression where the tool only knows that. */
  readonly addedBytes: number | null;
}

/** One line that a running tool has written. */
export type ToolEvent =
  | { readonly kind: "progress"; readonly fraction: number; readonly bytesDone: number }
  | { readonly kind: "unreadable"; readonly path: string; readonly reason: string }
  | { readonly kind: "summary"; readonly summary: BackupSummary };

/** How one backup program is spoken to. It only builds calls and reads answers; `Repository` runs them. */
export interface BackupTool {
  readonly name: "restic" | "rustic";
  /** The program, as it was found. */
  readonly program: string;
  readonly version: string;
  /** Fails unless there is a repository that this password opens. */
  open(access: RepositoryAccess): Invocation;
  init(access: RepositoryAccess): Invocation;
  /** @param paths whole paths that exist */
  backup(access: RepositoryAccess, paths: readonly string[], plan: BackupPlan): Invocation;
  /** Removes the snapshots that the plan does not keep, and what only they used. */
  forget(access: RepositoryAccess, plan: BackupPlan): Invocation;
  snapshots(access: RepositoryAccess): Invocation;
  restore(access: RepositoryAccess, snapshotId: string, to: string): Invocation;
  check(access: RepositoryAccess): Invocation;
  /** Removes the locks of processes that are gone; null when the tool has no locks. */
  unlock(access: RepositoryAccess): Invocation | null;
  /** Null for a line that says nothing of interest. */
  readEvent(line: string): ToolEvent | null;
  /** Newest first. @throws Error when it is not what this tool prints */
  readSnapshots(output: string): HubSnapshot[];
}
