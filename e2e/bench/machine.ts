import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

/** Where figures come from: they mean nothing without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly bun: string;
  readonly nginx: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    // What follows the numbers is the name of a build.
    kernel: release().split("-")[0] ?? "",
    node: process.version,
    bun: versionOf("bun --version"),
    nginx: versionOf("nginx -v 2>&1").replace(/^nginx version: nginx\//, ""),
  };
}

/** Mean number of processes that wanted a CPU in the last minute. Above 0.3 before a run, somebody else is at work. */
export function loadAverage(): number {
  return loadavg()[0]!;
}

/** Files and sockets that a child of this process may have open. Linux: /proc/self/limits. */
export function openFileLimit(): { soft: number; hard: number } {
  const line = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  const read = (text: string | undefined) => (text === "unlimited" ? 1_048_576 : Number(text));
  return { soft: read(line?.[1]), hard: read(line?.[2]) };
}

function versionOf(command: string): string {
  try {
    return execFileSync("sh", ["-c", `PATH=$PATH:/usr/sbin; ${command}`], { encoding: "utf8" }).trim();
  } catch {
    return "not present";
  }
}
