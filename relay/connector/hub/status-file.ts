import { rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";
import { hubRunDir } from "./state.ts";

const RunStatus = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  tunnel: z.object({
    running: z.boolean(),
    ready: z.boolean(),
    connections: z.number(),
    restarts: z.number(),
  }),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string().nullable() })),
  backup: z.looseObject({ state: z.string(), lastAt: z.string().nullable() }).nullable(),
});
/** What a running hub has looked at last, for `hotspot hub status` in another process. */
export type RunStatus = z.infer<typeof RunStatus>;

export function writeRunStatus(dir: string, hubId: string, status: RunStatus): void {
  writePrivateFile(statusPath(dir, hubId), `${JSON.stringify(status)}\n`);
}

/** Null when no run has left one. */
export function readRunStatus(dir: string, hubId: string): RunStatus | null {
  const text = readPrivateFile(statusPath(dir, hubId));
  if (text === null) return null;
  const parsed = RunStatus.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

export function removeRunStatus(dir: string, hubId: string): void {
  rmSync(statusPath(dir, hubId), { force: true });
}

function statusPath(dir: string, hubId: string): string {
  return join(hubRunDir(dir, hubId), "status.json");
}
