import * as z from "zod";
import { type RepositoryAccess, resticRepository } from "./access.ts";
import type { BackupPlan } from "./plan.ts";
import type { HubSnapshot } from "./report.ts";
import { type BackupTool, type Invocation, type ToolEvent, type ToolPlace, toolEnvironment } from "./tool.ts";

/** Status lines a second. */
const PROGRESS_PER_SECOND = 2;

const Event = z.discriminatedUnion("message_type", [
  z.object({
    message_type: z.literal("status"),
    percent_done: z.number().default(0),
    bytes_done: z.number().default(0),
    // Of a restore.
    bytes_restored: z.number().default(0),
  }),
  z.object({
    message_type: z.literal("error"),
    item: z.string().default(""),
    // Before 0.17 what Go makes of an error, after it a message.
    error: z.looseObject({ message: z.string().optional(), Op: z.string().optional() }).nullish(),
  }),
  z.object({
    message_type: z.literal("summary"),
    snapshot_id: z.string().optional(),
    total_files_processed: z.number().optional(),
    total_bytes_processed: z.number().optional(),
    data_added: z.number().optional(),
  }),
]);

const Snapshots = z
  .array(
    z.object({
      id: z.string(),
      time: z.string(),
      paths: z.array(z.string()).nullish(),
      // Since 0.17.
      summary: z
        .object({ total_files_processed: z.number(), total_bytes_processed: z.number() })
        .partial()
        .optional(),
    }),
  )
  .nullable();
const Node = z.object({
  struct_type: z.literal("node"),
  type: z.literal("file"),
  path: z.string(),
  size: z.number().default(0),
});

/** restic, from 0.14 (Debian 12) on. */
export function createRestic(place: ToolPlace): BackupTool {
  const { program, version, cacheDir, network, trustedFile } = place;
  const base = toolEnvironment(place);
  // R2 and the servers that stand in for it know a bucket by the path; restic guesses by the endpoint's name.
  const always = [
    "--option=s3.bucket-lookup=path",
    ...(trustedFile === null ? [] : [`--cacert=${trustedFile}`]),
  ];

  function call(access: RepositoryAccess, args: string[], keyId?: string): Invocation {
    const { bucket, password } = access;
    return {
      args: [...args.slice(0, 1), ...always, ...args.slice(1)],
      env: {
        ...base,
        RESTIC_REPOSITORY: resticRepository(bucket),
        RESTIC_PASSWORD: password,
        RESTIC_CACHE_DIR: cacheDir,
        RESTIC_PROGRESS_FPS: String(PROGRESS_PER_SECOND),
        AWS_ACCESS_KEY_ID: bucket.accessKeyId,
        AWS_SECRET_ACCESS_KEY: bucket.secretAccessKey,
        AWS_DEFAULT_REGION: "auto",
        ...(keyId !== undefined && { RESTIC_KEY_HINT: keyId }),
      },
    };
  }

  return {
    name: "restic",
    program,
    version,
    cacheDir,
    network,
    // Without --remove-all: only locks of processes that this machine no longer has, or that nobody has renewed.
    open: (access, keyId) => call(access, ["unlock"], keyId),
    init: (access) => call(access, ["init"]),
    backup: (access, paths, { exclude }) =>
      call(access, [
        "backup",
        "--json",
        "--exclude-caches",
        ...exclude.map((pattern) => `--exclude=${pattern}`),
        "--",
        ...paths,
      ]),
    // `repair index` since 0.16; the old name is still taken.
    adopt: (access) => call(access, ["rebuild-index"]),
    forget: (access, plan) => call(access, ["forget", "--prune", "--group-by=paths", ...keepArguments(plan)]),
    // Without a lock it needs no write, and works beside a run.
    snapshots: (access) => call(access, ["snapshots", "--json", "--no-lock"]),
    restore: (access, snapshotId, to, only) =>
      call(access, [
        "restore",
        "--json",
        `--target=${to}`,
        ...only.map((path) => `--include=${escapePattern(path)}`),
        "--",
        snapshotId,
      ]),
    list: (access, snapshotId) => call(access, ["ls", "--json", "--no-lock", "--", snapshotId]),
    check: (access) => call(access, ["check"]),
    removeKey: (access, removed, keyId) => call(access, ["key", "remove", removed], keyId),
    readEvent,
    readFile(line) {
      const node = Node.safeParse(readJson(line));
      return node.success ? { path: node.data.path, bytes: node.data.size } : null;
    },
    readSnapshots,
  };
}

/** Arguments of `keep-…`, which both tools share; nothing is said about what is not to be kept. */
export function keepArguments({ keepDaily, keepWeekly, keepMonthly }: BackupPlan): string[] {
  const kept = { daily: keepDaily, weekly: keepWeekly, monthly: keepMonthly };
  return Object.entries(kept).flatMap(([name, count]) => (count > 0 ? [`--keep-${name}=${count}`] : []));
}

/** A path as a pattern that means only this path. */
function escapePattern(path: string): string {
  return process.platform === "win32" ? path : path.replace(/[\\*?[\]]/g, "\\$&");
}

function readEvent(line: string): ToolEvent | null {
  const parsed = Event.safeParse(readJson(line));
  if (!parsed.success) return null;
  const event = parsed.data;
  switch (event.message_type) {
    case "status":
      return {
        kind: "progress",
        fraction: Math.min(1, Math.max(0, event.percent_done)),
        bytesDone: event.bytes_done || event.bytes_restored,
      };
    case "error":
      return {
        kind: "unreadable",
        path: event.item,
        reason:
          event.error?.message ?? (event.error?.Op === undefined ? "unreadable" : `${event.error.Op} failed`),
      };
    case "summary":
      return {
        kind: "summary",
        summary: {
          snapshotId: event.snapshot_id ?? null,
          files: event.total_files_processed ?? null,
          bytes: event.total_bytes_processed ?? null,
          addedBytes: event.data_added ?? null,
        },
      };
  }
}

function readSnapshots(output: string): HubSnapshot[] {
  const found = Snapshots.parse(JSON.parse(output)) ?? [];
  return found
    .map(({ id, time, paths, summary }) => ({
      snapshotId: id,
      takenAt: new Date(time).toISOString(),
      paths: paths ?? [],
      files: summary?.total_files_processed ?? null,
      bytes: summary?.total_bytes_processed ?? null,
    }))
    .sort((a, b) => b.takenAt.localeCompare(a.takenAt));
}

/** Null for what is not JSON: restic also writes sentences. */
function readJson(line: string): unknown {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
