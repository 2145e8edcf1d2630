import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, expect, test } from "vitest";
import { createDb } from "../client.ts";
import { startEmbeddedPostgres } from "./index.ts";
import { isAlive } from "./postmaster.ts";

const dataDir = await mkdtemp(join(tmpdir(), "hotspot-embedded-"));
afterAll(() => rm(dataDir, { recursive: true, force: true }));
const start = () => startEmbeddedPostgres({ dataDir, volatile: true });

async function withDb<T>(url: string, work: (db: ReturnType<typeof createDb>) => Promise<T>): Promise<T> {
  const db = createDb(url, { max: 1, onConnectionError: () => undefined });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

test("data survive a stop, a leftover server is adopted, a stale pid file is no obstacle", async () => {
  const first = await start();
  await withDb(first.url, (db) => sql`create table kept as select 42 as n`.execute(db));

  // As after the starter was killed: the server runs on, and the next start takes it over.
  const second = await start();
  expect(second).toMatchObject({ pid: first.pid, port: first.port, url: first.url, adopted: true });
  await second.stop();
  expect(isAlive(first.pid)).toBe(false);
  await first.stop();

  // As after a crash of the machine: a pid file whose number now belongs to somebody else (us).
  const pidFile = join(dataDir, "cluster", "postmaster.pid");
  await writeFile(
    pidFile,
    `${process.pid}\n${join(dataDir, "cluster")}\n1\n${first.port}\n\n127.0.0.1\n\nready\n`,
  );
  const third = await start();
  expect(third.adopted).toBe(false);
  const { rows } = await withDb(third.url, (db) => sql<{ n: number }>`select n from kept`.execute(db));
  expect(rows).toEqual([{ n: 42 }]);
  await third.stop();
  await third.stop();
});

test("two servers run side by side on ports of their own, on the loopback only", async () => {
  const otherDir = await mkdtemp(join(tmpdir(), "hotspot-embedded-"));
  const [one, two] = [await start(), await startEmbeddedPostgres({ dataDir: otherDir, volatile: true })];
  try {
    expect(one.port).not.toBe(two.port);
    const listen = await withDb(two.url, (db) =>
      sql<{ listen_addresses: string }>`show listen_addresses`.execute(db),
    );
    expect(listen.rows).toEqual([{ listen_addresses: "127.0.0.1" }]);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
    await rm(otherDir, { recursive: true, force: true });
  }
});

test("a cluster that cannot start says why, with the server's own words", async () => {
  const brokenDir = await mkdtemp(join(tmpdir(), "hotspot-embedded-"));
  const running = await startEmbeddedPostgres({ dataDir: brokenDir, volatile: true });
  await running.stop();
  const conf = join(brokenDir, "cluster", "postgresql.conf");
  await writeFile(conf, `${await readFile(conf, "utf8")}\nno_such_setting = 1\n`);
  await expect(startEmbeddedPostgres({ dataDir: brokenDir })).rejects.toThrow(/no_such_setting/);
  await rm(brokenDir, { recursive: true, force: true });
});
