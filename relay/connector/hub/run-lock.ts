import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ExitCode, ExitError } from "../exit.ts";
import { findProcess } from "./processes.ts";
import { hubRunDir } from "./state.ts";

const Holder = z.object({ pid: z.number(), startedAt: z.string() });
type Holder = z.infer<typeof Holder>;

/** Says which process runs a hub. */
export interface RunLock {
  release(): void;
}

type Env = Record<string, string | undefined>;

/**
 * Makes this process the one that runs the hub: two would stop each other's cloudflared. A process that was ended by
 * force holds nothing any more.
 * @throws ExitError usage: another process runs it
 */
export async function takeRunLock(dir: string, hubId: string, env: Env): Promise<RunLock> {
  const path = lockPath(dir, hubId);
  mkdirSync(hubRunDir(dir, hubId), { recursive: true, mode: 0o700 });
  const self = await findProcess(process.pid, env);
  const own: Holder = { pid: process.pid, startedAt: self?.startedAt ?? "" };
  for (;;) {
    if (create(path, own)) return { release: () => releaseIfOwn(path, own) };
    const holder = await runningHolder(dir, hubId, env);
    if (holder !== null) {
      throw new ExitError(
        ExitCode.usage,
        `The hub ${hubId} runs already, as process ${holder}. Stop that one first, or leave it to it.`,
      );
    }
    rmSync(path, { force: true });
  }
}

/** The number of the process that runs a hub now; null when none does. */
export async function runningHolder(dir: string, hubId: string, env: Env): Promise<number | null> {
  const holder = read(lockPath(dir, hubId));
  if (holder === null || holder.pid === process.pid) return null;
  const running = await findProcess(holder.pid, env);
  return running?.startedAt === holder.startedAt ? holder.pid : null;
}

function lockPath(dir: string, hubId: string): string {
  return join(hubRunDir(dir, hubId), "run.json");
}

/** Whole or not at all, and only where there is none: a link does both. */
function create(path: string, own: Holder): boolean {
  const next = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(next, JSON.stringify(own), { mode: 0o600, flag: "wx" });
  try {
    linkSync(next, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(next);
  }
}

function releaseIfOwn(path: string, own: Holder): void {
  const holder = read(path);
  if (holder?.pid === own.pid && holder.startedAt === own.startedAt) rmSync(path, { force: true });
}

function read(path: string): Holder | null {
  try {
    return Holder.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    // Not there, or not ours: nobody runs it.
    return null;
  }
}
