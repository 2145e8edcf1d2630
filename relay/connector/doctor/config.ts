import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { credentialsPath } from "../options/config-dir.ts";
import { configFilePaths } from "../options/config-file.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";

/** The directory can be written, and what is secret in it is the user's only. */
export function checkConfigDir(dir: string): Finding {
  const check = "config-dir";
  const probe = join(dir, `.doctor-${process.pid}`);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(probe, "x", { flag: "wx" });
    rmSync(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") {
      return fault(check, `The disk of ${dir} is full (${code}).`, "Free some space.");
    }
    return fault(
      check,
      `${dir} cannot be written (${code}), so device id and login cannot be kept.`,
      "Give it to your user, or set HOTSPOT_CONFIG_DIR to a directory of yours.",
    );
  }
  return ok(check, `${dir} can be written.`);
}

/** Files that may hold a key are read by nobody else. Windows has no such modes. */
export function checkSecrets(dir: string, files: { explicit?: string; cwd: string }): Finding {
  const check = "secrets";
  const paths = [credentialsPath(dir), ...configFilePaths({ ...files, dir })];
  const open = paths.filter((path) => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    return process.platform !== "win32" && (mode & 0o077) !== 0 && mayHoldKey(path);
  });
  if (open.length === 0) return ok(check, "No key lies open to other users of this machine.");
  return warning(
    check,
    `${open.join(" and ")} can be read by other users of this machine.`,
    `chmod 600 ${open.join(" ")}`,
  );
}

function mayHoldKey(path: string): boolean {
  return /hs_(lic|api)_/.test(readText(path));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not even we can read it: no other user can either.
    return "";
  }
}
