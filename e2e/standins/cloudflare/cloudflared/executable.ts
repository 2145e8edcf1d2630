import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Writes `<folder>/cloudflared`, which runs the stand-in against that edge. @returns its path */
export async function writeExecutable(folder: string, edge: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "cloudflared");
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  const run = [process.execPath, program].map(quoted).join(" ");
  // `exec`: signals and exit codes are the program's own.
  await writeFile(path, `#!/bin/sh\nCLOUDFLARED_STANDIN_EDGE=${edge} exec ${run} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
