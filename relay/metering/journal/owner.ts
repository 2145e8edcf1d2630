import { readFile, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import * as z from "zod";

const ownerSchema = z.object({
  relayId: z.string(),
  host: z.string(),
  pid: z.int(),
  openedAt: z.string(),
  /** The number after the last record, once the journal was closed. */
  nextSeq: z.int().optional(),
});
export type Owner = z.infer<typeof ownerSchema>;

/** A journal whose owner does not show itself for this long is anybody's, ms. */
const SILENT_MS = 30_000;
/** How often an owner shows itself, ms. */
export const SHOW_MS = 5_000;

export function newOwner(relayId: string): Owner {
  return { relayId, host: hostname(), pid: process.pid, openedAt: new Date().toISOString() };
}

const fileOf = (dir: string) => join(dir, "owner.json");

export async function writeOwner(dir: string, owner: Owner): Promise<void> {
  await writeFile(fileOf(dir), `${JSON.stringify(owner)}\n`);
}

/** Null when the file is not there or cannot be understood: a full disk may have left it empty. */
export async function readOwner(dir: string): Promise<Owner | null> {
  let text: string;
  try {
    text = await readFile(fileOf(dir), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    // Who it was is a nicety; that nobody is there is seen by the file's age.
    return null;
  }
}

/** Says that the owner lives. */
export async function showOwner(dir: string): Promise<void> {
  const now = new Date();
  await utimes(fileOf(dir), now, now);
}

/** Whether nobody writes this journal any more. */
export async function isAbandoned(dir: string): Promise<boolean> {
  const owner = await readOwner(dir);
  if (owner?.nextSeq !== undefined) return true;
  if (owner !== null && owner.host === hostname() && !processExists(owner.pid)) return true;
  // Another machine or container, or a process number that was given out again.
  const seen = await stat(owner === null ? dir : fileOf(dir));
  return Date.now() - seen.mtimeMs > SILENT_MS;
}

/** Our own number on a journal that is not ours was that of an earlier process. */
function processExists(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
