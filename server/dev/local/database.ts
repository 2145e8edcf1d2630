import { join } from "node:path";
import { createDb, type Db } from "../../../db/client.ts";
import { startEmbeddedPostgres } from "../../../db/embedded/index.ts";
import { migrateToLatest } from "../../../db/migrate.ts";
import { say } from "./console.ts";
import { type LocalSettings, StartError } from "./settings.ts";

export interface LocalDatabase {
  readonly url: string;
  /** Of the embedded server; null for one that was given. */
  readonly pid: number | null;
  readonly db: Db;
  stop(): Promise<void>;
}

/**
 * Opens the database of a local run, starting the embedded server unless one is given, and brings its schema up to date.
 *
 * @param onServer hears the pid of a server that was started here
 */
export async function openDatabase(
  settings: LocalSettings,
  onServer: (pid: number) => void,
): Promise<LocalDatabase> {
  const embedded = settings.databaseUrl
    ? null
    : await startEmbeddedPostgres({ dataDir: join(settings.dataDir, "postgres") });
  if (embedded) onServer(embedded.pid);
  const url = embedded?.url ?? settings.databaseUrl!;
  const db = createDb(url, { max: 2, applicationName: "hotspot-start" });
  try {
    const ran = await migrateToLatest(db);
    if (ran.length > 0) say(`Database: ${ran.length} migrations applied`);
  } catch (error) {
    await db.destroy();
    await embedded?.stop();
    if (embedded) throw error;
    throw new StartError(`The database of DATABASE_URL cannot be used: ${reasonOf(error)}`);
  }
  return {
    url,
    pid: embedded?.pid ?? null,
    db,
    async stop() {
      await db.destroy();
      await embedded?.stop();
    },
  };
}

/** The innermost cause: what Postgres or the network said. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error.cause ? reasonOf(error.cause) : error.message;
}
