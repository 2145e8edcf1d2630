import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type BucketAccess, resticRepository } from "./access.ts";
import type { BackupSummary } from "./tool.ts";

const Notes = z.object({
  /** Processes whose run has not ended. Of one that is gone, what it has uploaded is in no index yet. */
  running: z.array(z.int().positive()).default([]),
  /** By the first letters of a snapshot's id: older tools do not keep the size with it. */
  sizes: z
    .record(z.string(), z.object({ files: z.number().nullable(), bytes: z.number().nullable() }))
    .default({}),
});
type Notes = z.infer<typeof Notes>;

/** As many sizes are remembered; a report names up to a thousand snapshots. */
const KEPT_SIZES = 1_000;
/** Letters of a snapshot's id that restic prints after a backup. */
const ID_LETTERS = 8;

/**
 * What this machine remembers of a repository between runs, even after kill -9. Nothing is lost without it but time.
 */
export class RepositoryNotes {
  readonly #path: string;
  /** Beside the notes. */
  readonly lockPath: string;

  constructor(cacheDir: string, bucket: BucketAccess) {
    const name = createHash("sha256").update(resticRepository(bucket)).digest("hex").slice(0, 32);
    this.#path = join(cacheDir, `${name}.json`);
    this.lockPath = join(cacheDir, `${name}.lock`);
  }

  /** A run has ended in the middle. One at a time in this process: another one of its own has, too. */
  get interrupted(): boolean {
    return this.#read().running.some((pid) => pid === process.pid || !isAlive(pid));
  }

  begin(): void {
    this.#change({ running: [...this.#others(), process.pid] });
  }

  end({ snapshotId, files, bytes }: BackupSummary): void {
    const sizes = { ...this.#read().sizes };
    if (snapshotId !== null) sizes[snapshotId.slice(0, ID_LETTERS)] = { files, bytes };
    this.#change({
      running: this.#others(),
      sizes: Object.fromEntries(Object.entries(sizes).slice(-KEPT_SIZES)),
    });
  }

  adopted(): void {
    this.#change({ running: this.#others().filter(isAlive) });
  }

  sizeOf(snapshotId: string): { files: number | null; bytes: number | null } | undefined {
    return this.#read().sizes[snapshotId.slice(0, ID_LETTERS)];
  }

  #others(): number[] {
    return this.#read().running.filter((pid) => pid !== process.pid);
  }

  #read(): Notes {
    try {
      return Notes.parse(JSON.parse(readFileSync(this.#path, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return Notes.parse({});
      // Damaged: the worst case is assumed.
      if (error instanceof SyntaxError || error instanceof z.ZodError)
        return Notes.parse({ running: [process.pid] });
      throw error;
    }
  }

  #change(change: Partial<Notes>): void {
    mkdirSync(join(this.#path, ".."), { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ ...this.#read(), ...change });
    const fresh = `${this.#path}.${process.pid}`;
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, this.#path);
  }
}

/** Whether there is a process with that number; another one by now is taken for it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EPERM") return true;
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}
