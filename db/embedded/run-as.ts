import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How to start a Postgres program: Postgres refuses to run as root, so as root it runs as the user `postgres`. */
export interface RunAs {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Words put before the program; empty unless it needs help to reach its files. */
  readonly prefix: readonly string[];
}

/**
 * Decides as whom Postgres runs, and makes the system user `postgres` when we are root and there is none.
 *
 * A clone below a closed home directory (`/root` is 0700) cannot be reached by that user; then `setpriv` (util-linux)
 * starts it with the one capability that lets it pass closed directories.
 *
 * @param paths directories and files that Postgres must reach
 */
export async function chooseUser(paths: readonly string[]): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { uid: undefined, gid: undefined, prefix: [] };
  const { uid, gid } = (await findPostgresUser()) ?? (await makePostgresUser());
  const reachable = (await Promise.all(paths.map(isOpenToOthers))).every(Boolean);
  if (reachable) return { uid, gid, prefix: [] };
  const capability = "+dac_override";
  const prefix = [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--clear-groups",
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
    // access(2) asks as the real user and drops capabilities for it, unless this is set; initdb finds its programs by it.
    "--securebits=+no_setuid_fixup",
  ];
  return { uid: undefined, gid: undefined, prefix };
}

/** Owner of the cluster's files under this choice; undefined when they stay ours. */
export async function fileOwner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await findPostgresUser()) ?? (await makePostgresUser());
}

async function findPostgresUser(): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", "postgres"]), run("id", ["-g", "postgres"])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    // `id` exits 1 for an unknown user: that is the answer, not a failure.
    return null;
  }
}

async function makePostgresUser(): Promise<{ uid: number; gid: number }> {
  await run("useradd", ["--system", "--user-group", "--no-create-home", "postgres"]);
  const user = await findPostgresUser();
  if (!user)
    throw new Error("could not make the system user postgres: set DATABASE_URL, or do not run as root");
  return user;
}

async function isOpenToOthers(path: string): Promise<boolean> {
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    if (((await stat(parent)).mode & 0o001) === 0) return false;
    if (parent === dirname(parent)) return true;
  }
}
