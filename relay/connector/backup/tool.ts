import { withProxyOf } from "../network/for-programs.ts";
import type { Network } from "../network/network.ts";
import type { RepositoryAccess } from "./access.ts";
import type { BackupPlan } from "./plan.ts";
import type { HubSnapshot } from "./report.ts";

/** How a program is called. Secrets are in `env` only: arguments are for everybody on the machine to see. */
export interface Invocation {
  readonly args: readonly string[];
  /** All that it finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** What one backup has done; null where the tool did not say. */
export interface BackupSummary {
  readonly snapshotId: string | null;
  readonly files: number | null;
  /** Looked at. */
  readonly bytes: number | null;
  /** Of them new in the repository. */
  readonly addedBytes: number | null;
}

/** One line that a running tool has written. */
export type ToolEvent =
  | { readonly kind: "progress"; readonly fraction: number; readonly bytesDone: number }
  | { readonly kind: "unreadable"; readonly path: string; readonly reason: string }
  | { readonly kind: "summary"; readonly summary: BackupSummary };

/** One backup program: builds its calls and reads what it prints; `Repository` runs it. */
export interface BackupTool {
  readonly name: "restic" | "rustic";
  /** The program, as it was found. */
  readonly program: string;
  readonly version: string;
  /** For its cache and our notes about repositories; of this user. */
  readonly cacheDir: string;
  /** The way to the bucket, for what we ask it ourselves. */
  readonly network: Network;
  /** Fails unless there is a repository that this password opens. Removes locks of processes that are gone. */
  open(access: RepositoryAccess, keyId?: string): Invocation;
  init(access: RepositoryAccess): Invocation;
  /** @param paths whole paths that exist */
  backup(access: RepositoryAccess, paths: readonly string[], plan: BackupPlan): Invocation;
  /** Finds what an interrupted run has uploaded, so that it is not uploaded again. */
  adopt(access: RepositoryAccess): Invocation;
  /** Removes the snapshots that the plan does not keep, and what only they used. */
  forget(access: RepositoryAccess, plan: BackupPlan): Invocation;
  snapshots(access: RepositoryAccess): Invocation;
  /** @param only whole paths within the snapshot; empty: all of it */
  restore(access: RepositoryAccess, snapshotId: string, to: string, only: readonly string[]): Invocation;
  /** Files of a snapshot, for `readFile`; null: this tool is not asked. */
  list(access: RepositoryAccess, snapshotId: string): Invocation | null;
  check(access: RepositoryAccess): Invocation;
  /** Removes a key, as whoever has `keyId`; null: this tool cannot be told which key to use. */
  removeKey(access: RepositoryAccess, removed: string, keyId: string): Invocation | null;
  /** Null for a line that says nothing of interest. */
  readEvent(line: string): ToolEvent | null;
  /** A line of `list` that is a file. */
  readFile(line: string): { readonly path: string; readonly bytes: number } | null;
  /** Newest first. @throws Error when it is not what this tool prints */
  readSnapshots(output: string): HubSnapshot[];
}

/** What a tool is made of. */
export interface ToolPlace {
  readonly program: string;
  readonly version: string;
  readonly cacheDir: string;
  /** Of the connector; what is meant for other programs is left out. */
  readonly env: Record<string, string | undefined>;
  /** The way to the bucket. */
  readonly network: Network;
  /** Certificates to be trusted, the usual ones among them; null: the system's. */
  readonly trustedFile: string | null;
}

/**
 * The environment of a tool: ours, without credentials that are not for it and settings of tools that the user has for
 * repositories of their own, and with the proxies that we take.
 */
export function toolEnvironment({
  env,
  network,
}: Pick<ToolPlace, "env" | "network">): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(withProxyOf(network, env))) {
    if (value !== undefined && !/^(AWS|RESTIC|RUSTIC|OPENDAL|HOTSPOT)_/i.test(name)) kept[name] = value;
  }
  return kept;
}
