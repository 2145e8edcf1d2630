import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, inject } from "vitest";
import { createDb, type Db } from "../client.ts";

/** A database of one's own. */
export interface TestDb {
  readonly db: Db;
  readonly url: string;
}

/**
 * Makes a migrated, empty database for the calling test file and drops it after the file's tests. Call it at the top of
 * the file: `const { db } = await createTestDb()`.
 *
 * @param options.max connections of the pool; races in tests need several
 */
export async function createTestDb(options: { max?: number } = {}): Promise<TestDb> {
  const serverUrl = inject("databaseServerUrl");
  const name = `hotspot_test_${randomBytes(6).toString("hex")}`;
  await copyTemplate(serverUrl, name);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  // Dropping the database with force ends idle connections; that is no news.
  const db = createDb(url.href, { max: options.max ?? 5, onConnectionError: () => undefined });
  afterAll(async () => {
    await db.destroy();
    await onServer(serverUrl, `drop database if exists ${name} with (force)`);
  });
  return { db, url: url.href };
}

async function copyTemplate(serverUrl: string, name: string): Promise<void> {
  const template = inject("templateDatabase");
  for (let attempt = 1; ; attempt++) {
    try {
      return await onServer(serverUrl, `create database ${name} template ${template}`);
    } catch (error) {
      // 55006: another test file is copying the template at this moment.
      if ((error as { code?: string }).code !== "55006" || attempt === 100) throw error;
      await new Promise((done) => setTimeout(done, 20 + Math.random() * 50));
    }
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
