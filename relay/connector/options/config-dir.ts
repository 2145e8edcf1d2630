import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { usageError } from "../exit.ts";

type Env = Record<string, string | undefined>;

/** Where the connector keeps its files: HOTSPOT_CONFIG_DIR, else ~/.config/hotspot (XDG_CONFIG_HOME is respected). */
export function configDir(env: Env): string {
  if (env.HOTSPOT_CONFIG_DIR) return env.HOTSPOT_CONFIG_DIR;
  return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "hotspot");
}

/** Text of a file, null when it is not there. */
export function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw usageError(`${path} cannot be read (${code}). Make it readable, or move it away.`);
  }
}

/** The device's own name: made once, then the same for every run with this directory. */
export function loadDeviceId(dir: string): string {
  const path = join(dir, "device-id");
  const known = readIfPresent(path)?.trim();
  if (known) return known;
  const made = `dev-${randomUUID()}`;
  try {
    writePrivate(dir, path, `${made}\n`, known === undefined ? "wx" : "w");
  } catch (error) {
    // Another start was first: its name counts.
    const winner = readIfPresent(path)?.trim();
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && winner) return winner;
    throw usageError(
      `${path} cannot be written. Pass --device-id, or set HOTSPOT_CONFIG_DIR to a directory of yours.`,
    );
  }
  return made;
}

const Credentials = z.object({ portal: z.string(), apiKey: z.string() });
/** What `hotspot login` stored: a key that is for one portal only. */
export type Credentials = z.infer<typeof Credentials>;

/** The stored login, null without one. */
export function loadCredentials(dir: string): Credentials | null {
  const path = credentialsPath(dir);
  const text = readIfPresent(path);
  if (text === null) return null;
  try {
    return Credentials.parse(JSON.parse(text));
  } catch {
    throw usageError(`${path} is damaged. Run \`hotspot login\` again.`);
  }
}

/** Stores a login, readable by this user only. @returns the path */
export function saveCredentials(dir: string, credentials: Credentials): string {
  const path = credentialsPath(dir);
  // A new file, so that an old one's wider permissions do not stay.
  rmSync(path, { force: true });
  writePrivate(dir, path, `${JSON.stringify(credentials, null, 2)}\n`, "wx");
  return path;
}

export function credentialsPath(dir: string): string {
  return join(dir, "credentials.json");
}

function writePrivate(dir: string, path: string, text: string, flag: "w" | "wx"): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600, flag });
}
