import { rm, stat } from "node:fs/promises";
import { isHandedOver } from "./done.ts";
import { listJournals, listSegments } from "./reader.ts";

/**
 * Deletes what is in Postgres and older than it is kept: single segments of the journal that is being written, whole
 * journals of others.
 * @param live the journal of this process: all before `seq` is in Postgres
 * @returns bytes freed
 */
export async function sweepJournals(
  root: string,
  live: { readonly dir: string; readonly seq: number },
  before: Date,
): Promise<number> {
  let freed = 0;
  for (const { dir } of await listJournals(root)) {
    const isLive = dir === live.dir;
    if (!isLive && !(await isHandedOver(dir))) continue;
    const segments = await listSegments(dir);
    let left = segments.length;
    for (const [n, { path }] of segments.entries()) {
      const after = segments[n + 1]?.firstSeq;
      if (isLive && (after === undefined || after > live.seq)) continue;
      const { mtime, size } = await stat(path);
      if (mtime >= before) continue;
      await rm(path);
      freed += size;
      left--;
    }
    if (!isLive && left === 0) await rm(dir, { recursive: true });
  }
  return freed;
}
