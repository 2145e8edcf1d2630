import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { StartError } from "../local/settings.ts";
import { buildExecutable, nativeTarget, type Target, targets } from "./build.ts";
import { measureStart } from "./measure.ts";

/**
 * `npm run executables [-- --out dir] [--target linux-x64 …]`: the connector as one file for each platform, with its
 * size and hash, and for this machine's own how fast it starts. A target that cannot be built does not stop the others.
 *
 * @returns exit code
 */
export async function buildExecutables(root: string, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { out: { type: "string" }, target: { type: "string", multiple: true } },
  });
  const outDir = values.out
    ? resolve(values.out)
    : join(root, "node_modules", ".cache", "hotspot", "executables");
  const wanted = (values.target ?? targets).map(readTarget);
  let failed = 0;
  for (const target of wanted) {
    try {
      const { path, bytes, sha256 } = await buildExecutable(root, target, outDir);
      console.log(`${path}\n  ${(bytes / 1e6).toFixed(1)} MB  sha256 ${sha256}`);
      if (target !== nativeTarget()) continue;
      const { versionMs, firstRequestMs } = await measureStart(path);
      console.log(
        `  start: ${versionMs.toFixed(0)} ms to --version, ${firstRequestMs.toFixed(0)} ms to the first request served`,
      );
    } catch (error) {
      failed++;
      console.error(`${target}: not built. ${(error as Error).message}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

function readTarget(name: string): Target {
  const target = targets.find((known) => known === name);
  if (!target) throw new StartError(`unknown target ${name}: expected ${targets.join(", ")}`);
  return target;
}
