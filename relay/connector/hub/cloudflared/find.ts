import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/**
 * Where cloudflared is.
 *
 * @param wanted a path or a name; null: `cloudflared`
 * @param env its PATH is searched for a name, on Windows with the endings of PATHEXT
 * @returns null when there is no such program
 */
export function findCloudflared(
  wanted: string | null,
  env: Record<string, string | undefined>,
  cwd: string,
): string | null {
  const name = wanted ?? "cloudflared";
  const endings = process.platform === "win32" ? ["", ...(env.PATHEXT ?? ".EXE;.CMD").split(";")] : [""];
  const hasFolder = isAbsolute(name) || /[\\/]/.test(name);
  const folders = hasFolder
    ? [""]
    : (env.PATH ?? env.Path ?? "").split(delimiter).filter((dir) => dir !== "");
  for (const folder of folders) {
    for (const ending of endings) {
      const path = hasFolder
        ? resolve(cwd, `${name}${ending}`)
        : join(resolve(cwd, folder), `${name}${ending}`);
      if (isProgram(path)) return path;
    }
  }
  return null;
}

/** What to do where there is none. */
export function cloudflaredAdvice(wanted: string | null): string {
  const where =
    wanted === null ? "cloudflared is not installed, or not in PATH" : `There is no program ${wanted}`;
  return `${where}. Install it (https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/), or say where it is with --cloudflared.`;
}

function isProgram(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run by this user: the next folder may have one.
    return false;
  }
}
