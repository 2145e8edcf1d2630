import { mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { RepositoryAccess } from "../backup/access.ts";
import { drill } from "../backup/drill.ts";
import { BackupError, type BackupFault } from "../backup/failure.ts";
import { findTool } from "../backup/find-tool.ts";
import { planOf } from "../backup/options.ts";
import type { BackupPlan } from "../backup/plan.ts";
import type { HubSnapshot } from "../backup/report.ts";
import { Repository } from "../backup/repository.ts";
import { createProgressView } from "../backup/view.ts";
import { ExitCode, ExitError, usageError } from "../exit.ts";
import { chooseHub, type HubOptions } from "../hub/options.ts";
import { getHubSettings } from "../hub/state.ts";
import { formatBytes, formatDuration } from "../view/format.ts";
import type { CommandContext } from "./context.ts";

/**
 * `hub backup`: one run now, of the paths named here or else of the plan.
 * @throws ExitError
 */
export function hubBackup(
  options: HubOptions,
  paths: readonly string[],
  context: CommandContext,
): Promise<ExitCode> {
  return withRepository(options, context, async (repository, signal, stored) => {
    const named = paths.map((path) => resolve(context.cwd, path));
    const said = named.length === 0 ? options.backup.plan : { ...options.backup.plan, paths: named };
    const plan = planOf({ plan: said }, stored);
    if (plan === null) {
      throw usageError(
        "What shall be backed up? Name it, like `hotspot hub backup /srv/data`, or write backup-paths into the config file.",
      );
    }
    const view = createProgressView("backup", context, options.json);
    const startedAt = performance.now();
    const result = await repository.backup(plan, { signal, onProgress: view.progress }).finally(view.end);
    const durationMs = Math.round(performance.now() - startedAt);
    const tidied = await repository.tidy(plan, signal);
    if (options.json) {
      context.stdout(
        `${JSON.stringify({ event: "backup", time: new Date().toISOString(), ...result, durationMs, tidied })}\n`,
      );
      return ExitCode.stopped;
    }
    if (result.warning !== null) context.stderr(`${result.warning}\n`);
    context.stdout(
      `snapshot ${result.snapshotId ?? "made"}: ${result.files ?? "?"} files, ${size(result.bytes)}, ${size(result.addedBytes)} new, in ${formatDuration(durationMs)}\n`,
    );
    return ExitCode.stopped;
  });
}

/** `hub snapshots`: what can be restored, newest first. @throws ExitError */
export function hubSnapshots(options: HubOptions, context: CommandContext): Promise<ExitCode> {
  return withRepository(options, context, async (repository, signal) => {
    const snapshots = await repository.snapshots(signal);
    if (options.json) context.stdout(`${JSON.stringify({ snapshots })}\n`);
    else if (snapshots.length === 0) context.stdout("There are no backups yet. Run `hotspot hub backup`.\n");
    for (const { snapshotId, takenAt, bytes, paths } of options.json ? [] : snapshots) {
      context.stdout(
        `${snapshotId.slice(0, 8)}  ${takenAt}  ${size(bytes).padStart(7)}  ${paths.join(" ")}\n`,
      );
    }
    return ExitCode.stopped;
  });
}

/**
 * `hub restore`: writes a snapshot into a folder, each file below it under its whole former path.
 * @throws ExitError
 */
export function hubRestore(
  options: HubOptions,
  asked: { snapshot: string; to: string; force: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  return withRepository(options, context, async (repository, signal) => {
    const to = resolve(context.cwd, asked.to);
    await requireEmpty(to, asked.force);
    const snapshot = await chooseSnapshot(repository, asked.snapshot, signal);
    await mkdir(to, { recursive: true });
    const view = createProgressView("restore", context, options.json);
    if (!options.json)
      context.stderr(`Restoring ${snapshot.snapshotId.slice(0, 8)} of ${snapshot.takenAt} to ${to}\n`);
    const startedAt = performance.now();
    await repository
      .restore(snapshot.snapshotId, to, [], { signal, onProgress: view.progress })
      .finally(view.end);
    const durationMs = Math.round(performance.now() - startedAt);
    context.stdout(
      options.json
        ? `${JSON.stringify({ event: "restore", time: new Date().toISOString(), snapshotId: snapshot.snapshotId, to, durationMs })}\n`
        : `restored ${snapshot.snapshotId.slice(0, 8)} to ${to} in ${formatDuration(durationMs)}\n`,
    );
    return ExitCode.stopped;
  });
}

/**
 * `hub drill`: restores the newest snapshot into a temporary folder and compares the files' hashes.
 * @returns faults when a file is not what it was
 * @throws ExitError
 */
export function hubDrill(
  options: HubOptions,
  sample: number | null,
  context: CommandContext,
): Promise<ExitCode> {
  return withRepository(options, context, async (repository, signal) => {
    const snapshot = await chooseSnapshot(repository, "latest", signal);
    const view = createProgressView("drill", context, options.json);
    // Where TMPDIR points: the tool keeps its own temporary files there as well.
    const tempDir = context.env.TMPDIR || tmpdir();
    const report = await drill(repository, snapshot, {
      tempDir,
      sample,
      signal,
      onProgress: view.progress,
    }).finally(view.end);
    if (options.json) {
      context.stdout(`${JSON.stringify({ event: "drill", time: new Date().toISOString(), ...report })}\n`);
    } else {
      const { equal, changed, gone, different, missing } = report;
      context.stdout(
        `${report.ok ? "ok" : "NOT OK"}: ${report.files} files (${formatBytes(report.bytes)}) of ${snapshot.snapshotId.slice(0, 8)} restored: ${equal} equal, ${changed} changed since, ${gone} gone since\n`,
      );
      for (const path of different) context.stdout(`different although unchanged: ${path}\n`);
      for (const path of missing) context.stdout(`not restored: ${path}\n`);
    }
    return report.ok ? ExitCode.stopped : ExitCode.faults;
  });
}

async function withRepository(
  options: HubOptions,
  context: CommandContext,
  task: (repository: Repository, signal: AbortSignal, plan: BackupPlan | null) => Promise<ExitCode>,
): Promise<ExitCode> {
  const hubId = chooseHub(options);
  const access = (): RepositoryAccess => {
    // Read for each call: a running hub may have got a new key meanwhile.
    const { bucket, backupPassword } = getHubSettings(options.dir, hubId);
    if (bucket !== null && backupPassword !== null) return { bucket, password: backupPassword };
    throw usageError(
      `The hub ${hubId} has no backup bucket: Managed Cloudflare is off. \`hotspot hub enable\` switches it on.`,
    );
  };
  access();
  const { backup } = getHubSettings(options.dir, hubId);
  const stop = new AbortController();
  void context.stopRequested.then(() => stop.abort());
  try {
    const tool = await findTool(context.env, options.network, options.backup.tool ?? undefined);
    const isDebug = Boolean(context.env.HOTSPOT_DEBUG);
    const repository = new Repository(tool, access, (level, message, fields) => {
      if (isDebug) context.stderr(`${JSON.stringify({ level, message, ...fields })}\n`);
    });
    return await task(repository, stop.signal, backup);
  } catch (error) {
    if (error instanceof BackupError) throw new ExitError(exitCodes[error.fault], error.message);
    throw error;
  }
}

const exitCodes = {
  tool_missing: ExitCode.usage,
  nothing_to_back_up: ExitCode.usage,
  key_refused: ExitCode.refused,
  wrong_password: ExitCode.refused,
  bucket_missing: ExitCode.notFound,
  repository_missing: ExitCode.notFound,
  unreachable: ExitCode.unreachable,
  key_damaged: ExitCode.faults,
  data_lost: ExitCode.faults,
  no_space: ExitCode.faults,
  locked: ExitCode.faults,
  stopped: ExitCode.faults,
  failed: ExitCode.faults,
} as const satisfies Record<BackupFault, ExitCode>;

/** @throws ExitError notFound */
async function chooseSnapshot(
  repository: Repository,
  wanted: string,
  signal: AbortSignal,
): Promise<HubSnapshot> {
  const snapshots = await repository.snapshots(signal);
  const [newest] = snapshots;
  if (newest === undefined) {
    throw new ExitError(ExitCode.notFound, "There are no backups yet. Run `hotspot hub backup`.");
  }
  if (wanted === "latest") return newest;
  const found = snapshots.filter(({ snapshotId }) => snapshotId.startsWith(wanted.toLowerCase()));
  if (found.length === 1) return found[0]!;
  throw new ExitError(
    ExitCode.notFound,
    `${found.length === 0 ? "No" : "More than one"} snapshot begins with "${wanted}". \`hotspot hub snapshots\` lists them.`,
  );
}

/** @throws ExitError usage: there is something that would be mixed with what is restored */
async function requireEmpty(folder: string, force: boolean): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0 || force) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    if (code === "ENOTDIR") throw usageError(`${folder} is a file. Name a folder with --to.`);
    throw error;
  }
  throw usageError(
    `${folder} is not empty. Name another folder, or pass --force to write over what is there.`,
  );
}

function size(bytes: number | null): string {
  return bytes === null ? "? B" : formatBytes(bytes);
}
