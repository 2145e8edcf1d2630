import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { BackupError } from "./failure.ts";
import type { Invocation } from "./tool.ts";

/** Of stderr, to say why it failed, bytes. */
const KEPT_STDERR = 8_000;
/** A list of snapshots is far from it; more would be a fault, characters. */
const MAX_STDOUT = 64 * 1024 * 1024;
/** Asked to stop, it removes its lock; then it is ended, ms. */
const KILL_AFTER_MS = 10_000;

export interface RunToolOptions {
  /** Aborted: it is asked to stop, then made to. */
  readonly signal?: AbortSignal;
  /** Each line of stdout, which is then not kept. */
  onOutput?(line: string): void;
  /** Each line of stderr; true: end it, the rest would be in vain. */
  onError?(line: string): boolean;
  /** Removed from what it says, wherever it may appear. */
  readonly secrets: readonly string[];
}

export interface ToolResult {
  /** -1 when a signal ended it. */
  readonly code: number;
  /** Empty when lines were given to `onOutput`. */
  readonly stdout: string;
  /** Its end. */
  readonly stderr: string;
}

/**
 * Runs a backup tool to its end. It dies soon after this process does: the pipes of its output are then closed.
 * @throws BackupError stopped, tool_missing
 */
export async function runTool(
  program: string,
  { args, env }: Invocation,
  { signal, onOutput, onError, secrets }: RunToolOptions,
): Promise<ToolResult> {
  if (signal?.aborted) throw new BackupError("stopped", "It was stopped.");
  const child = spawn(program, args, {
    env: env as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const clean = (text: string) =>
    secrets.reduce((kept, secret) => (secret === "" ? kept : kept.replaceAll(secret, "***")), text);
  let force: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    // SIGINT is what both tools clean up after.
    child.kill(process.platform === "win32" ? "SIGTERM" : "SIGINT");
    force ??= setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  };
  let stdout = "";
  let stderr = "";
  const read = [
    readLines(child.stdout, (line) => {
      if (onOutput !== undefined) onOutput(line);
      else if (stdout.length < MAX_STDOUT) stdout += `${line}\n`;
    }),
    readLines(child.stderr, (line) => {
      const text = clean(line);
      stderr = `${stderr}${text}\n`.slice(-KEPT_STDERR);
      // Asked politely, it would try as long to remove its lock; the next run does that.
      if (onError?.(text) === true) child.kill("SIGKILL");
    }),
  ];
  signal?.addEventListener("abort", end, { once: true });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit) => resolve(exit ?? -1));
    });
    await Promise.all(read);
    if (signal?.aborted) throw new BackupError("stopped", "It was stopped.");
    return { code, stdout, stderr };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new BackupError("tool_missing", `${program} is not there any more. Install it again.`);
    }
    throw error;
  } finally {
    clearTimeout(force);
    signal?.removeEventListener("abort", end);
  }
}

function readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stream });
    lines.on("line", take);
    lines.once("close", resolve);
  });
}
