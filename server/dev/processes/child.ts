import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** One of the programs of a local run. */
export interface ChildSpec<Ready> {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Everything it writes is appended here. */
  readonly logPath: string;
  /** Reads a line of stdout: what it tells when it is the ready line, else null. */
  readonly readReady: (line: string) => Ready | null;
  readonly readyTimeoutMs: number;
  /** Hears each line of stderr as well, for what the console should show. */
  readonly onErrorLine?: (line: string) => void;
}

export interface Child<Ready> {
  readonly name: string;
  readonly pid: number;
  readonly ready: Ready;
  /** Resolves when it has ended, with why: `code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL when it has not ended in time. Idempotent. */
  stop(timeoutMs: number): Promise<void>;
}

/** A program did not start; the message says why and ends with what it wrote last. */
export class ProgramError extends Error {}

/** How much of what it wrote last goes into the message of a failed start. */
const TAIL_LINES = 20;

/**
 * Starts a program in a process group of its own (so that Ctrl-C reaches the supervisor only, which then stops all in
 * order) and waits for its ready line.
 *
 * @param onSpawn hears the pid before readiness, so that a watchdog can know it
 * @param signal ends the wait: the program is stopped and the promise rejects
 * @throws ProgramError with the last lines of its output when it ends or says nothing in time
 */
export async function startChild<Ready>(
  spec: ChildSpec<Ready>,
  onSpawn: (pid: number, ended: Promise<string>) => void,
  signal: AbortSignal,
): Promise<Child<Ready>> {
  signal.throwIfAborted();
  const child = spawn(spec.program, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
  });
  if (child.pid === undefined) throw new ProgramError(`The ${spec.name} cannot be started: ${await ended}`);
  onSpawn(child.pid, ended);

  const tail: string[] = [];
  const log = createWriteStream(spec.logPath, { flags: "a", mode: 0o600 });
  const remember = (line: string) => {
    log.write(`${line}\n`);
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
  };
  const closed = new Promise((resolve) => child.once("close", resolve));
  closed.then(() => log.end());
  eachLine(child.stderr!, (line) => {
    remember(line);
    spec.onErrorLine?.(line);
  });

  const { promise: readiness, resolve: becomeReady } = Promise.withResolvers<Ready>();
  eachLine(child.stdout!, (line) => {
    remember(line);
    const ready = spec.readReady(line);
    if (ready !== null) becomeReady(ready);
  });
  const stop = (timeoutMs: number) => stopChild(child, ended, timeoutMs);
  const giveUp = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => giveUp.resolve(`no ready line in ${spec.readyTimeoutMs / 1000} s`),
    spec.readyTimeoutMs,
  );
  const onAbort = () => giveUp.resolve("it was stopped");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const outcome = await Promise.race([
      readiness.then((ready) => ({ ready })),
      ended.then((why) => ({ failure: `it ended with ${why}` })),
      giveUp.promise.then((failure) => ({ failure })),
    ]);
    if ("ready" in outcome) return { name: spec.name, pid: child.pid, ready: outcome.ready, ended, stop };
    await stop(2000);
    await closed;
    const lines = tail.map((line) => `  ${line}`).join("\n");
    throw new ProgramError(`The ${spec.name} did not start: ${outcome.failure}\n${lines}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

async function stopChild(child: ChildProcess, ended: Promise<string>, timeoutMs: number) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => killGroup(child.pid!), timeoutMs);
  await ended;
  clearTimeout(timer);
}

/** The whole group: what the program started itself must not stay either. */
function killGroup(pid: number) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function eachLine(stream: Readable, onLine: (line: string) => void) {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
}
