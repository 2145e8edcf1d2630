import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** In which order a watchdog ends what is left: programs that use the database go before it. */
export type Stage = "programs" | "database";

/** Tells a process of its own what to end if this process dies without stopping (kill -9, out of memory). */
export interface Watchdog {
  readonly pid: number;
  add(pid: number, stage: Stage): void;
  /** It has ended: its pid may soon belong to something else. */
  remove(pid: number): void;
  /** All was stopped in order; the watchdog ends without touching anything. */
  dismiss(): Promise<void>;
}

/**
 * Starts the watchdog. It hears of our end by its stdin being closed, which the kernel does however we end.
 *
 * @param files removed by it in that case, e.g. `dev.json`
 */
export async function startWatchdog(bun: string, files: readonly string[]): Promise<Watchdog> {
  const child = spawn(bun, [fileURLToPath(new URL("watchdog-main.ts", import.meta.url)), ...files], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  await once(child, "spawn");
  const { stdin } = child;
  // It was killed: there is nothing to tell any more, and the run goes on without it.
  stdin.on("error", () => undefined);
  return {
    pid: child.pid!,
    add: (pid, stage) => stdin.write(`add ${pid} ${stage}\n`),
    remove: (pid) => stdin.write(`remove ${pid}\n`),
    async dismiss() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      stdin.end("dismiss\n");
      await exited;
    },
  };
}
