import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../processes/run.ts";

/** What executables are made for, as `platform-arch`. */
export const targets = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "windows-x64"] as const;
export type Target = (typeof targets)[number];

/** The target that this machine runs; null on others. */
export function nativeTarget(): Target | null {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  return targets.find((target) => target === `${platform}-${process.arch}`) ?? null;
}

export interface Executable {
  target: Target;
  path: string;
  bytes: number;
  sha256: string;
}

/**
 * Makes one self-contained executable of the connector. Bun fetches the runtime of another platform from the package
 * registry. With bytecode the program starts in half the time. The executable reads neither `.env` nor `bunfig.toml`
 * from where it is started: what a folder holds must not change the program.
 *
 * @throws CommandError with what Bun said
 */
export async function buildExecutable(root: string, target: Target, outDir: string): Promise<Executable> {
  await mkdir(outDir, { recursive: true });
  const path = join(outDir, `hotspot-${target}${target.startsWith("windows") ? ".exe" : ""}`);
  await run(
    join(root, "node_modules", ".bin", "bun"),
    [
      ...["build", "--compile", "--minify", "--bytecode"],
      ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig"],
      ...["--define", `HOTSPOT_COMMIT=${JSON.stringify(await currentCommit(root))}`],
      ...[`--target=bun-${target}`, join(root, "relay", "connector", "main.ts"), "--outfile", path],
    ],
    { cwd: root },
  );
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { target, path, bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}

/** The commit of the source, `unknown` outside a clone. */
async function currentCommit(root: string): Promise<string> {
  try {
    return (await run("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root })).trim();
  } catch {
    // No git, or an archive of the source: the version has to do.
    return "unknown";
  }
}
