import { readdirSync, readFileSync } from "node:fs";
import { createRunCommand } from "../service/run-command.ts";

/** A process of this machine. */
export interface RunningProcess {
  pid: number;
  commandLine: string;
  /** When it was started, in the system's own words: a number that is used again is told apart by it. */
  startedAt: string;
}

/** The processes of this machine, as far as this user may see their command lines. */
export function listProcesses(env: Record<string, string | undefined>): Promise<RunningProcess[]> {
  if (process.platform === "linux") return Promise.resolve(listOfProc());
  return process.platform === "win32" ? listOfWindows(env) : listOfPs(env);
}

/** The one with this number; null when it is gone. */
export async function findProcess(
  pid: number,
  env: Record<string, string | undefined>,
): Promise<RunningProcess | null> {
  return (await listProcesses(env)).find((running) => running.pid === pid) ?? null;
}

/** By the file system, since a small container has no `ps`. */
function listOfProc(): RunningProcess[] {
  const found: RunningProcess[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The name in brackets may hold spaces: counted is from behind it, where field 3 begins.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [state] = fields;
      // A zombie has ended; only its number is kept until somebody asks how.
      if (state === "Z") continue;
      found.push({ pid: Number(name), commandLine, startedAt: fields[19] ?? "" });
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
  return found;
}

/** macOS and other systems with a `ps` of POSIX. */
async function listOfPs(env: Record<string, string | undefined>): Promise<RunningProcess[]> {
  const { code, stdout, stderr } = await createRunCommand({ ...env, LC_ALL: "C" })("ps", [
    ...["-A", "-ww", "-o", "pid=,lstart=,command="],
  ]);
  if (code !== 0) throw new Error(`ps failed: ${stderr.trim()}`);
  return readPs(stdout);
}

/** Lines like `  501 Mon Jan  2 15:04:05 2006 /usr/bin/x --y`. */
export function readPs(text: string): RunningProcess[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s+(.*)$/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), startedAt: match[2]!, commandLine: match[3]! }];
  });
}

async function listOfWindows(env: Record<string, string | undefined>): Promise<RunningProcess[]> {
  const query =
    "Get-CimInstance Win32_Process | Select-Object ProcessId,CommandLine,@{n='Started';e={$_.CreationDate.Ticks}} | ConvertTo-Json -Compress";
  const { code, stdout, stderr } = await createRunCommand(env)("powershell", [
    ...["-NoProfile", "-NonInteractive", "-Command", query],
  ]);
  if (code !== 0) throw new Error(`the processes could not be listed: ${stderr.trim()}`);
  return readCim(stdout);
}

/** What PowerShell makes of processes; those of others have no command line. */
export function readCim(text: string): RunningProcess[] {
  const rows: unknown = JSON.parse(text);
  return (Array.isArray(rows) ? rows : [rows]).flatMap((row) => {
    const { ProcessId, CommandLine, Started } = row as Record<string, unknown>;
    if (typeof ProcessId !== "number" || typeof CommandLine !== "string") return [];
    return [{ pid: ProcessId, commandLine: CommandLine, startedAt: String(Started) }];
  });
}
