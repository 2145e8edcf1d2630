import { spawn } from "node:child_process";

export interface CommandResult {
  /** 127 when there is no such program. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; a test hands in its own. */
export type RunCommand = (program: string, args: string[]) => Promise<CommandResult>;

/** With the environment given: its PATH is where programs are looked for. */
export function createRunCommand(env: Record<string, string | undefined>): RunCommand {
  return (program, args) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        env: env as NodeJS.ProcessEnv,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (chunk) => {
        stdout += chunk;
      });
      child.stderr.on("data", (chunk) => {
        stderr += chunk;
      });
      child.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") reject(error);
        else resolve({ code: 127, stdout: "", stderr: `${program}: not found` });
      });
      child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
}
