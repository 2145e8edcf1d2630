import { type MigrationResultSet, Migrator, NO_MIGRATIONS } from "kysely/migration";
import { createDb, type Db } from "./client.ts";
import { migrations } from "./migrations/index.ts";

const migratorOf = (db: Db) => new Migrator({ db, provider: { getMigrations: async () => migrations } });

/**
 * Brings the schema up to date. Safe to call from several processes at once: one works, the others wait for its lock.
 * @returns names of the migrations that ran, oldest first
 */
export async function migrateToLatest(db: Db): Promise<string[]> {
  return namesOf(await migratorOf(db).migrateToLatest());
}

/** Takes back the newest migration, or with `all` every one. */
export async function migrateDown(db: Db, all = false): Promise<string[]> {
  const migrator = migratorOf(db);
  return namesOf(all ? await migrator.migrateTo(NO_MIGRATIONS) : await migrator.migrateDown());
}

/** Every known migration with the time it ran; undefined: not yet. */
export async function migrationStatus(db: Db): Promise<{ name: string; executedAt: Date | undefined }[]> {
  const known = await migratorOf(db).getMigrations();
  return known.map(({ name, executedAt }) => ({ name, executedAt }));
}

function namesOf({ error, results }: MigrationResultSet): string[] {
  const failed = results?.find((result) => result.status === "Error");
  if (error) throw new Error(`migration ${failed?.migrationName ?? ""} failed`, { cause: error });
  return results?.map((result) => result.migrationName) ?? [];
}

/** `node db/migrate.ts up|down [all]|status`, with DATABASE_URL. */
async function main([command = "up", scope]: string[]): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("DATABASE_URL is not set: expected postgres://user:password@host:port/database");
  const db = createDb(url, { max: 1, applicationName: "hotspot-migrate" });
  try {
    if (command === "up") report("up", await migrateToLatest(db));
    else if (command === "down") report("down", await migrateDown(db, scope === "all"));
    else if (command === "status") {
      for (const { name, executedAt } of await migrationStatus(db)) {
        console.log(`${name}  ${executedAt?.toISOString() ?? "pending"}`);
      }
    } else throw new Error(`unknown command ${command}: expected up, down or status`);
  } finally {
    await db.destroy();
  }
}

function report(direction: string, names: string[]): void {
  console.log(names.length === 0 ? "nothing to do" : names.map((name) => `${direction} ${name}`).join("\n"));
}

// Only as a program: inside a bundle the started file has another name.
if (process.argv[1]?.endsWith("db/migrate.ts")) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? [error.message, error.cause].filter(Boolean).join(": ") : error);
    process.exitCode = 1;
  });
}
