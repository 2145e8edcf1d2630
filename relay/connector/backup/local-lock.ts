import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Between two looks at a lock that somebody else holds, ms. */
const LOOK_EVERY_MS = 100;
/** What it guards takes seconds: a lock older than this is left over, whatever process has its number now, ms. */
const STALE_AFTER_MS = 120_000;

/** Runs `task` while no other process of this machine runs one with the same path. A killed holder is noticed. */
export async function withLocalLock<T>(path: string, task: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  while (!take(path)) {
    if (isLeftOver(path)) rmSync(path, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  try {
    return await task();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isLeftOver(path: string): boolean {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_AFTER_MS) return true;
    const pid = Number(readFileSync(path, "utf8"));
    // Just made, and not written yet.
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Gone meanwhile, or its holder is.
    if (code === "ENOENT" || code === "ESRCH") return true;
    // The holder is another user's.
    if (code === "EPERM") return false;
    throw error;
  }
}
