import * as z from "zod";
import { type RepositoryAccess, repositoryPrefix } from "./access.ts";
import type { HubSnapshot } from "./report.ts";
import { keepArguments } from "./restic.ts";
import {
  type BackupSummary,
  type BackupTool,
  type Invocation,
  type ToolPlace,
  toolEnvironment,
} from "./tool.ts";

const Snapshot = z.object({
  id: z.string(),
  time: z.string(),
  paths: z.array(z.string()).nullish(),
  summary: z
    .object({ total_files_processed: z.number(), total_bytes_processed: z.number(), data_added: z.number() })
    .partial()
    .nullish(),
});
/** Groups with their snapshots: pairs up to 0.9, objects after it. */
const Groups = z.array(
  z.union([z.tuple([z.unknown(), z.array(Snapshot)]), z.object({ snapshots: z.array(Snapshot) })]),
);

/**
 * rustic, from 0.9 on: the same repository format as restic, without locks (what is pruned stays for a while, so that a
 * run beside it can go on). Written from its documentation.
 *
 * @see https://rustic.cli.rs/docs/
 */
export function createRustic(place: ToolPlace): BackupTool {
  const { program, version, cacheDir, network, trustedFile } = place;
  const base = toolEnvironment(place);

  function call({ bucket, password }: RepositoryAccess, args: string[]): Invocation {
    return {
      args,
      env: {
        ...base,
        ...(trustedFile !== null && { SSL_CERT_FILE: trustedFile }),
        RUSTIC_REPOSITORY: "opendal:s3",
        RUSTIC_PASSWORD: password,
        RUSTIC_CACHE_DIR: cacheDir,
        RUSTIC_NO_PROGRESS: "true",
        OPENDAL_ENDPOINT: bucket.endpoint,
        OPENDAL_BUCKET: bucket.name,
        OPENDAL_ROOT: `/${repositoryPrefix(bucket.prefix)}`,
        OPENDAL_REGION: "auto",
        OPENDAL_ACCESS_KEY_ID: bucket.accessKeyId,
        OPENDAL_SECRET_ACCESS_KEY: bucket.secretAccessKey,
      },
    };
  }

  return {
    name: "rustic",
    program,
    version,
    cacheDir,
    network,
    open: (access) => call(access, ["cat", "config"]),
    init: (access) => call(access, ["init"]),
    backup: (access, paths, { exclude }) =>
      call(access, [
        "backup",
        "--json",
        "--exclude-if-present=CACHEDIR.TAG",
        // As in .gitignore; the mark in front turns "only this" into "not this".
        ...exclude.map((pattern) => `--glob=!${pattern}`),
        "--",
        ...paths,
      ]),
    adopt: (access) => call(access, ["repair", "index"]),
    forget: (access, plan) => call(access, ["forget", "--prune", "--group-by=paths", ...keepArguments(plan)]),
    snapshots: (access) => call(access, ["snapshots", "--json"]),
    restore: (access, snapshotId, to) => call(access, ["restore", "--", snapshotId, to]),
    list: () => null,
    check: (access) => call(access, ["check"]),
    removeKey: () => null,
    readEvent(line) {
      const parsed = Snapshot.safeParse(readJson(line));
      return parsed.success ? { kind: "summary", summary: summaryOf(parsed.data) } : null;
    },
    readFile: () => null,
    readSnapshots(output) {
      return Groups.parse(JSON.parse(output))
        .flatMap((group) => (Array.isArray(group) ? group[1] : group.snapshots))
        .map(toSnapshot)
        .sort((a, b) => b.takenAt.localeCompare(a.takenAt));
    },
  };
}

function summaryOf({ id, summary }: z.infer<typeof Snapshot>): BackupSummary {
  return {
    snapshotId: id,
    files: summary?.total_files_processed ?? null,
    bytes: summary?.total_bytes_processed ?? null,
    addedBytes: summary?.data_added ?? null,
  };
}

function toSnapshot(snapshot: z.infer<typeof Snapshot>): HubSnapshot {
  const { files, bytes } = summaryOf(snapshot);
  const takenAt = new Date(snapshot.time).toISOString();
  return { snapshotId: snapshot.id, takenAt, paths: snapshot.paths ?? [], files, bytes };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // It also writes sentences.
    return null;
  }
}
