import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

/** A program that ended with something other than 0; the message ends with the last lines it wrote. */
export class CommandError extends Error {
  readonly output: string;

  constructor(command: string, outcome: string, output: string) {
    super(`${command} ended with ${outcome}:\n${output.trim().split("\n").slice(-40).join("\n")}`);
    this.name = "CommandError";
    this.output = output;
  }
}

/**
 * Runs a program to its end.
 *
 * @param options.inBackground it gets what other programs leave of the processors
 * @returns what it wrote, stdout and stderr as they came
 * @throws CommandError when it does not end with 0; an AbortError when the signal ended it
 */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal; inBackground?: boolean },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const { inBackground, ...spawning } = options;
    const child = spawn(program, args, { ...spawning, stdio: ["ignore", "pipe", "pipe"] });
    if (inBackground && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let output = "";
    const collect = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new CommandError([program, ...args].join(" "), signal ?? `code ${code}`, output));
    });
  });
}
