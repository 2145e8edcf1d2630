import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { usageError } from "../exit.ts";
import { readIfPresent } from "../options/config-dir.ts";

/**
 * Writes a file that only this user may read. Whoever reads it sees the old text or the new one, whole, also when the
 * machine stops in between.
 */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${randomBytes(6).toString("hex")}.new`;
  const file = openSync(next, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/**
 * The text of a file with secrets; null when it is not there.
 * @throws ExitError usage: others on this machine may read or change it (Windows has no such modes)
 */
export function readPrivateFile(path: string): string | null {
  const text = readIfPresent(path);
  if (text === null) return null;
  refuseOpenFile(path);
  return text;
}

/** @throws ExitError usage: others on this machine may read or change it */
export function refuseOpenFile(path: string): void {
  if (process.platform === "win32") return;
  const open = lstatSync(path).mode & 0o077;
  if (open === 0) return;
  throw usageError(
    `${path} holds secrets and other users of this machine can ${(open & 0o044) !== 0 ? "read" : "change"} it. Run \`chmod 600 ${path}\`; if somebody may have read it, rotate the keys in the portal.`,
  );
}
