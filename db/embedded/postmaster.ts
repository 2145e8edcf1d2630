import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";

/** What a server wrote about itself. @see https://www.postgresql.org/docs/18/storage-file-layout.html */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  /** The eighth line says `ready` once connections are taken. */
  readonly ready: boolean;
}

/** A crashed server may replay its log for a while before it takes connections. */
const ADOPT_TIMEOUT_MS = 30_000;

/** Reads `postmaster.pid` of a cluster; null when there is none, or it is not complete yet. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | null> {
  let text: string;
  try {
    text = await readFile(join(cluster, "postmaster.pid"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 1 || !Number.isInteger(port)) return null;
  return { pid, port, ready: lines[7]?.trim() === "ready" };
}

/**
 * Finds the server that already runs on this cluster. A pid alone proves nothing (it may have been given to another
 * program after a reboot), so the server has to accept our password and name the same data directory.
 */
export async function findRunning(cluster: string, password: string): Promise<PostmasterFile | null> {
  const deadline = Date.now() + ADOPT_TIMEOUT_MS;
  for (;;) {
    const file = await readPostmasterFile(cluster);
    if (!file || !isAlive(file.pid) || !(await isPostgresOf(file.pid, cluster))) return null;
    if (file.ready && (await servesCluster(file.port, password, cluster))) return file;
    if (Date.now() > deadline)
      throw new Error(`Postgres (pid ${file.pid}) runs on ${cluster} and does not answer`);
    // Ours, but starting or shutting down: it ends or becomes ready.
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Whether a process with this id exists (of whichever user). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** False only when the system tells that the process is something else. */
async function isPostgresOf(pid: number, cluster: string): Promise<boolean> {
  if (process.platform !== "linux") return true;
  try {
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").includes(cluster);
  } catch {
    // Gone between the two looks.
    return false;
  }
}

async function servesCluster(port: number, password: string, cluster: string): Promise<boolean> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "postgres",
    password,
    database: "postgres",
    connectionTimeoutMillis: 2000,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]?.data_directory === cluster;
  } catch {
    // Refused or another password: not ready, or not ours. The caller looks again as long as the process lives.
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
