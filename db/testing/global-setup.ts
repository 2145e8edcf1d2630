import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { createDb } from "../client.ts";
import { startEmbeddedPostgres } from "../embedded/index.ts";
import { migrateToLatest } from "../migrate.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Connection string whose database is only used to make others. */
    databaseServerUrl: string;
    /** Migrated and otherwise empty; copied once per test file. */
    templateDatabase: string;
  }
}

/** Once per run: a Postgres (DATABASE_URL_TEST, or an embedded one in a temporary directory) and a migrated template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.DATABASE_URL_TEST;
  const dataDir = given ? null : await mkdtemp(join(tmpdir(), "hotspot-test-"));
  const embedded = dataDir ? await startEmbeddedPostgres({ dataDir, volatile: true }) : null;
  const serverUrl = given ?? embedded!.url;
  // Several test projects may share one server.
  const template = `hotspot_template_${process.pid}_${randomBytes(4).toString("hex")}`;
  await onServer(serverUrl, `create database ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${template}`;
  const db = createDb(url.href, { max: 1 });
  await migrateToLatest(db);
  await db.destroy();
  // The tables that portals make when they start: code under test may add jobs without one.
  await runMigrations({ connectionString: url.href });
  project.provide("databaseServerUrl", serverUrl);
  project.provide("templateDatabase", template);
  return async () => {
    if (!embedded) return onServer(serverUrl, `drop database if exists ${template}`);
    await embedded.stop();
    await rm(dataDir!, { recursive: true, force: true });
  };
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
