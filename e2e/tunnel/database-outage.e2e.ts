import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { createDb } from "../../db/client.ts";
import { startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";
import { createAccessKey } from "../../db/testing/index.ts";
import { freePort } from "../fixtures/free-port.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { startUpstream } from "../standins/upstream.ts";
import { connect, makeTenant } from "./lab.ts";
import { relayWorld } from "./relay-world.ts";

// A server of its own: the one that the tests share must not stop.
const dataDir = await mkdtemp(join(tmpdir(), "hotspot-outage-"));
const port = await freePort();
const startPostgres = () => startEmbeddedPostgres({ dataDir, volatile: true, port });
let postgres = await startPostgres();
const db = createDb(postgres.url, { onConnectionError: () => undefined });
await migrateToLatest(db);
// Registered first, so it runs last: the relay ends before its database.
afterAll(async () => {
  await db.destroy();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
});
const world = await relayWorld({ database: { db, url: postgres.url } });

test("Postgres stops for a while: known tenants and keys see nothing, and the request log is complete afterwards", async () => {
  const upstream = await startUpstream();
  const tenant = await makeTenant(world, { requireAccessKey: true });
  const key = await createAccessKey(db, tenant);
  await connect(world, tenant, { to: upstream.url });
  upstream.on("/known", (_req, res) => res.end("served"));
  let asked = 0;
  const ask = async () => {
    asked++;
    return await rawRequest(world.relay.port, [
      "GET /known HTTP/1.1",
      `Host: ${tenant.host}`,
      `Authorization: Bearer ${key.secret}`,
    ]);
  };
  expect((await ask()).status).toBe(200);

  await postgres.stop();
  const during = [];
  for (let n = 0; n < 50; n++) during.push((await ask()).status);
  expect(during).toEqual(Array(50).fill(200));
  // The relay has tried to write its log and failed; it serves on.
  await world.relay.process.line("its trouble with the log", (line) =>
    /"level":"?(warn|error|40|50)/.test(line),
  );
  expect((await ask()).status).toBe(200);
  const unknown = await rawRequest(world.relay.port, [
    "GET / HTTP/1.1",
    `Host: never-seen.localhost:${world.relay.port}`,
  ]);
  expect([503, 404]).toContain(unknown.status);

  postgres = await startPostgres();
  expect((await ask()).status).toBe(200);
  await vi.waitFor(
    async () => {
      const rows = await db
        .selectFrom("request_log")
        .select(["status", "access_key_id"])
        .where("endpoint_id", "=", tenant.endpointId)
        .execute();
      expect(rows).toHaveLength(asked);
      expect(new Set(rows.map((row) => `${row.status} ${row.access_key_id}`))).toEqual(
        new Set([`200 ${key.accessKeyId}`]),
      );
    },
    { timeout: 30_000, interval: 100 },
  );
  await upstream.stop();
});
