import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, lstat, mkdtemp, readdir, rm, stat, statfs } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { BackupError } from "./failure.ts";
import type { HubSnapshot } from "./report.ts";
import type { Repository, RunOptions } from "./repository.ts";

/** Room beyond the files themselves: folders, and what a file system keeps for itself. */
const SPARE = 1.05;
/** A file whose time differs by no more is the same; some file systems know only coarse times, ms. */
const SAME_TIME_MS = 2;

/** What a drill has found. */
export interface DrillReport {
  readonly snapshotId: string;
  readonly takenAt: string;
  /** Restored. */
  readonly files: number;
  readonly bytes: number;
  /** Byte for byte what this machine has now. */
  readonly equal: number;
  /** Changed on this machine since the snapshot, or no longer there: nothing to compare with. */
  readonly changed: number;
  readonly gone: number;
  /** Unchanged since, but not the same: the backup is bad. Up to ten. */
  readonly different: readonly string[];
  /** In the snapshot, but not restored. Up to ten. */
  readonly missing: readonly string[];
  readonly ok: boolean;
}

export interface DrillOptions extends RunOptions {
  /** Folder for the temporary one. */
  readonly tempDir: string;
  /** Only so many files, picked at random; null: all. Not with a tool that does not list them. */
  readonly sample: number | null;
  readonly random?: () => number;
}

/** As many names are told. */
const NAMED = 10;

/**
 * Restores a snapshot into a temporary folder, compares each file with the machine's own by hash, and removes it again.
 * @throws BackupError
 */
export async function drill(
  repository: Repository,
  snapshot: HubSnapshot,
  options: DrillOptions,
): Promise<DrillReport> {
  const { tempDir, sample, signal, onProgress } = options;
  await repository.open(signal);
  await repository.check(signal);
  const listed = await repository.files(snapshot.snapshotId, signal);
  const wanted =
    listed === null || sample === null ? listed : pick(listed, sample, options.random ?? Math.random);
  const bytes = wanted?.reduce((sum, file) => sum + file.bytes, 0) ?? snapshot.bytes ?? 0;
  await requireSpace(tempDir, bytes);
  const folder = await mkdtemp(join(tempDir, "hotspot-drill-"));
  try {
    const only = wanted === listed ? [] : (wanted ?? []).map(({ path }) => path);
    await repository.restore(snapshot.snapshotId, folder, only, { signal, onProgress });
    const tally = { files: 0, bytes: 0, equal: 0, changed: 0, gone: 0 };
    const different: string[] = [];
    const seen = new Set<string>();
    for await (const restored of filesBelow(folder)) {
      signal?.throwIfAborted();
      const path = originalPath(relative(folder, restored));
      seen.add(path);
      tally.files++;
      tally.bytes += (await stat(restored)).size;
      const verdict = await compare(restored, path, Date.parse(snapshot.takenAt));
      if (verdict === "different") different.push(path);
      else tally[verdict]++;
    }
    const missing = (wanted ?? []).map(({ path }) => path).filter((path) => !seen.has(path));
    return {
      snapshotId: snapshot.snapshotId,
      takenAt: snapshot.takenAt,
      ...tally,
      different: different.slice(0, NAMED),
      missing: missing.slice(0, NAMED),
      ok: different.length === 0 && missing.length === 0 && tally.files > 0,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws BackupError no_space */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes * SPARE) return;
  const megabytes = (value: number) => `${Math.ceil(value / 1e6)} MB`;
  throw new BackupError(
    "no_space",
    `${folder} has ${megabytes(free)} free, and ${megabytes(bytes * SPARE)} are needed. Make room, or name another folder in TMPDIR.`,
  );
}

async function compare(
  restored: string,
  path: string,
  takenAt: number,
): Promise<"equal" | "changed" | "gone" | "different"> {
  try {
    const [then, now] = await Promise.all([stat(restored), lstat(path)]);
    const isSame =
      now.isFile() && now.size === then.size && Math.abs(now.mtimeMs - then.mtimeMs) <= SAME_TIME_MS;
    if (!isSame) return "changed";
    const [hashThen, hashNow] = await Promise.all([hashOf(restored), hashOf(path)]);
    if (hashThen === hashNow) return "equal";
    // Written to after the snapshot by something that sets times back.
    return now.ctimeMs > takenAt ? "changed" : "different";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "gone";
    throw error;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Every file below a folder; what is in a folder without rights for its owner is reached too, and can be removed. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) {
      await chmod(path, 0o600);
      yield path;
    }
  }
}

/** Where a restored file comes from; under Windows the drive is the first folder. */
function originalPath(restored: string): string {
  if (process.platform !== "win32") return `/${restored}`;
  const [drive, ...rest] = restored.split(sep);
  return `${drive}:\\${rest.join("\\")}`;
}

/** @returns `count` of them at random, or all of fewer */
function pick<T>(items: readonly T[], count: number, random: () => number): T[] {
  const left = [...items];
  const picked: T[] = [];
  while (picked.length < count && left.length > 0) {
    picked.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return picked;
}
