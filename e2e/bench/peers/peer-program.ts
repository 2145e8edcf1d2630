import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ManagedProcess } from "../../fixtures/managed-process.ts";
import { Absent } from "../absent.ts";
import type { Bench } from "../part.ts";

/** The path of a program: in the folder for peers, then on PATH. @throws Absent when it is in neither */
export function findProgram(name: string, peersDir: string | null, path = process.env.PATH ?? ""): string {
  for (const dir of [...(peersDir ? [peersDir] : []), ...path.split(delimiter)]) {
    const file = join(dir, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here: the next one.
    }
  }
  throw new Absent(`${name} is not on this machine (PATH or HOTSPOT_BENCH_PEERS)`);
}

/** Starts one end of a peer; it is stopped with the part. */
export async function startPeerProgram(
  bench: Bench,
  name: string,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ManagedProcess> {
  const child = new ManagedProcess(name, command, [...args], {
    cwd: bench.dir,
    env: { PATH: process.env.PATH ?? "", HOME: bench.dir, ...env },
  });
  await bench.resources.keep(() => child.stop(3_000));
  return child;
}
