import { setPriority } from "node:os";
import { root, toolEnv } from "../../fixtures/clone.ts";
import { ManagedProcess } from "../../fixtures/managed-process.ts";
import type { AbusePlan, AbuseResult } from "../programs/abuser-main.ts";
import type { BesidePlan, BesideResult } from "../programs/beside-main.ts";

/** An abuser at work; it ends by itself. Low: it gets only the CPU that nobody else wants, as if it had a machine of its own. */
export function abuse(plan: AbusePlan, priority: "low" | "normal" = "low"): Promise<AbuseResult> {
  return resultOf("abuser-main.ts", plan, plan.seconds, priority);
}

/** Asks for the other tenant's endpoint and says how long the answers took. */
export function askBeside(plan: BesidePlan): Promise<BesideResult> {
  return resultOf("beside-main.ts", plan, plan.seconds, "normal");
}

/** Places in the kernel's queue, as `nice` counts them. */
const NORMAL = 0;
const LAST = 19;

/** As if it had a machine of its own: only the CPU that nobody else wants. */
export function yieldCpu(pid: number): void {
  setPriority(pid, LAST);
}

/** Beside the relay, though its parent has yielded. Takes root; else it stays where it is, and its times are worse. */
export function raise(pid: number): void {
  try {
    setPriority(pid, NORMAL);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SYSTEM_ERROR") throw error;
  }
}

async function resultOf<R>(
  file: string,
  plan: unknown,
  seconds: number,
  priority: "low" | "normal",
): Promise<R> {
  const child = new ManagedProcess(file, "node", [`e2e/chaos/programs/${file}`, JSON.stringify(plan)], {
    cwd: root,
    env: toolEnv(),
  });
  if (priority === "low") yieldCpu(child.pid);
  else raise(child.pid);
  try {
    const said = await child.line(
      "its result",
      (line) => line.startsWith("{") && line,
      seconds * 1_000 + 30_000,
    );
    return JSON.parse(said) as R;
  } finally {
    await child.stop();
  }
}
