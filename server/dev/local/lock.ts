import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "../processes/is-running.ts";
import { StartError } from "./settings.ts";

/** How long the watchdog of a killed run may need to stop what that left behind. */
const CLEANUP_TIMEOUT_MS = 20_000;

interface Holder {
  pid: number;
  /** Differs for another process that was given the same pid later; null where the system does not tell. */
  born: string | null;
  watchdog?: { pid: number; born: string | null };
}

export interface DataDirLock {
  readonly path: string;
  /** Remembered so that the next start can wait for it, should this run be killed. */
  setWatchdog(pid: number): Promise<void>;
  release(): Promise<void>;
}

/**
 * Makes sure that one run at a time uses a data directory. A lock whose holder is dead is taken over, after its watchdog
 * has cleaned up.
 *
 * @throws StartError when another run holds it
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = join(dataDir, "lock.json");
  const mine: Holder = { pid: process.pid, born: await birthOf(process.pid) };
  const deadline = Date.now() + CLEANUP_TIMEOUT_MS;
  while (!(await claim(path, mine))) {
    const holder = await readHolder(path);
    if (!holder) continue;
    if (await isSame(holder)) {
      throw new StartError(
        `Hotspot already runs on ${dataDir} (process ${holder.pid}). Stop it first, or give this one another directory ` +
          "and other ports: HOTSPOT_DATA_DIR, PORT, RELAY_PORT.",
      );
    }
    if (holder.watchdog && (await isSame(holder.watchdog)) && Date.now() < deadline) await delay(50);
    else await rm(path, { force: true });
  }
  return {
    path,
    async setWatchdog(pid) {
      await writeFile(path, JSON.stringify({ ...mine, watchdog: { pid, born: await birthOf(pid) } }));
    },
    release: () => rm(path, { force: true }),
  };
}

async function claim(path: string, holder: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Null when it is gone, or not completely written at this moment. */
async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") {
      await delay(20);
      return null;
    }
    throw error;
  }
}

async function isSame({ pid, born }: { pid: number; born: string | null }): Promise<boolean> {
  return isRunning(pid) && born === (await birthOf(pid));
}

/** Start time of a process in clock ticks since boot, with the boot's id; Linux only. */
async function birthOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return null;
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    // The name in parentheses may hold spaces; field 3 follows it, and the start time is field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${boot.trim()}:${fields[19]}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
