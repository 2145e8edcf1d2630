import { join } from "node:path";
import { createDb, type Db } from "../../db/client.ts";
import { startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";

/** A migrated Postgres, which writes the request log on the CPUs under test. */
export interface Database {
  readonly url: string;
  readonly db: Db;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startDatabase(dir: string): Promise<Database> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, "postgres") });
  const db = createDb(postgres.url, { max: 3 });
  await migrateToLatest(db);
  return {
    url: postgres.url,
    db,
    pid: postgres.pid,
    async stop() {
      await db.destroy();
      await postgres.stop();
    },
  };
}
