import { spawn } from "node:child_process";
import { once } from "node:events";
import type { CloudflareStandIn } from "../index.ts";

export interface Cloudflared {
  readonly pid: number;
  /** Exit code; null when a signal ended it. */
  readonly exit: Promise<number | null>;
  output(): string;
  /** @returns the exit code */
  stop(): Promise<number | null>;
}

/** Runs the stand-in of cloudflared with these arguments. */
export function startCloudflared(standIn: CloudflareStandIn, args: readonly string[]): Cloudflared {
  const child = spawn(standIn.cloudflaredPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const exit = once(child, "close").then(([code]) => code as number | null);
  return {
    pid: child.pid!,
    exit,
    output: () => output,
    stop() {
      child.kill("SIGTERM");
      return exit;
    },
  };
}
