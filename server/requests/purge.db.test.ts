import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeEach, expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { createRequestArchive } from "./archive.ts";
import { purgeRequests, recordRequests } from "./index.ts";
import { recordAsBlocks } from "./testing.ts";

const { db } = await createTestDb();
const now = new Date(Date.UTC(2026, 10, 20, 12));
const daysAgo = (days: number, minutes = 0) => new Date(now.getTime() - days * 86_400_000 + minutes * 60_000);

/** A bucket at the wire: keeps what is put, and can be told to fail. */
const bucket = {
  objects: new Map<string, { body: Buffer; headers: Record<string, unknown> }>(),
  failing: false,
  puts: 0,
};
const server = createServer(async (req, res) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  bucket.puts += 1;
  if (bucket.failing) {
    res.writeHead(403, { "content-type": "application/xml" });
    return res.end("<Error><Code>AccessDenied</Code><Message>denied by the stand-in</Message></Error>");
  }
  bucket.objects.set(req.url!.split("?")[0]!, { body: Buffer.concat(chunks), headers: req.headers });
  return res.writeHead(200, { etag: '"x"' }).end();
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
const archive = createRequestArchive({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  bucket: "logs",
  accessKeyId: "AKIATEST",
  secretAccessKey: "secret",
  region: "auto",
});
afterAll(async () => {
  archive.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});
beforeEach(async () => {
  await db.deleteFrom("requests").execute();
  await db.deleteFrom("request_blocks").execute();
  bucket.objects.clear();
  bucket.failing = false;
});

let count = 0;
async function addRows(plan: "free" | "pro", times: Date[], record = recordRequests) {
  const tenant = await createTenant(db, { plan });
  const endpoint = await createEndpoint(db, tenant);
  const rows = times.map((started_at) => ({
    id: `req_${String(++count).padStart(6, "0")}`,
    tenant_id: tenant.tenantId,
    endpoint_id: endpoint.endpointId,
    relay_id: "relay-a",
    started_at,
    method: "GET",
    path: "/v1/models",
    status: 200,
    bytes_in: 0,
    bytes_out: 3_000_000_000,
    duration_ms: 1,
    client_address: "203.0.113.5",
  }));
  await record(db, rows);
  return { tenant, ids: rows.map(({ id }) => id) };
}
const left = async () =>
  (await db.selectFrom("request_log").select("id").orderBy("id").execute()).map(({ id }) => id);

test("rows are kept as long as the plan of their tenant says, then deleted", async () => {
  const free = await addRows("free", [daysAgo(8), daysAgo(6)]);
  const pro = await addRows("pro", [daysAgo(31), daysAgo(8)]);
  expect(await purgeRequests(db, { archive: null, now })).toBe(2);
  expect(await left()).toEqual([free.ids[1], pro.ids[1]]);
});

test("rows of a tenant that is gone do not stay for ever", async () => {
  const { tenant } = await addRows("pro", [daysAgo(8)]);
  await db.deleteFrom("organization").where("id", "=", tenant.tenantId).execute();
  expect(await purgeRequests(db, { archive: null, now })).toBe(1);
});

test("with an archive, each tenant's day becomes an object of gzip JSON lines before it is deleted", async () => {
  const { tenant, ids } = await addRows("free", [daysAgo(9), daysAgo(9, 1), daysAgo(8)]);
  expect(await purgeRequests(db, { archive, now })).toBe(3);
  expect([...bucket.objects.keys()]).toEqual([
    `/logs/requests/${tenant.tenantId}/2026-11-11/${ids[0]}.jsonl.gz`,
    `/logs/requests/${tenant.tenantId}/2026-11-12/${ids[2]}.jsonl.gz`,
  ]);
  const { body, headers } = [...bucket.objects.values()][0]!;
  const lines = gunzipSync(body)
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map((row: { id: string }) => row.id)).toEqual(ids.slice(0, 2));
  expect(lines[0]).toMatchObject({
    path: "/v1/models",
    bytes_out: 3_000_000_000,
    started_at: daysAgo(9).toISOString(),
  });
  expect(Object.keys(headers).filter((name) => name.includes("checksum"))).toEqual([]);
  expect(await left()).toEqual([]);
});

test("nothing is deleted that could not be stored, and the next run makes up for it without a second object", async () => {
  const { ids } = await addRows("free", [daysAgo(9), daysAgo(9, 1)]);
  bucket.failing = true;
  await expect(purgeRequests(db, { archive, now })).rejects.toThrow("denied by the stand-in");
  expect(await left()).toEqual(ids);

  // As after a crash between store and delete: stored, and still in the log.
  bucket.failing = false;
  const stopAfterStore = {
    store: async (batch: Parameters<typeof archive.store>[0]) => {
      await archive.store(batch);
      throw new Error("crashed here");
    },
  };
  await expect(purgeRequests(db, { archive: stopAfterStore, now })).rejects.toThrow("crashed here");
  expect(await left()).toEqual(ids);
  expect(await purgeRequests(db, { archive, now })).toBe(2);
  expect(bucket.objects.size).toBe(1);
});

test("more rows than a batch holds are taken out batch by batch", async () => {
  await addRows(
    "free",
    Array.from({ length: 25 }, (_, index) => daysAgo(9, index)),
  );
  expect(await purgeRequests(db, { archive, now, rowsPerBatch: 10 })).toBe(25);
  expect(bucket.objects.size).toBe(3);
  expect(await left()).toEqual([]);
});

test("blocks go when all that they hold is past; an archive gets their rows, and after a crash no second object", async () => {
  const seconds = (time: Date, count: number) => new Date(time.getTime() + count * 1_000);
  const [old, edge] = [daysAgo(9), daysAgo(7)];
  // The second comes to be past while its neighbour in the same minute is not.
  const times = [
    seconds(old, 5),
    seconds(old, 1),
    daysAgo(9, 1),
    seconds(edge, -70),
    seconds(edge, -1),
    seconds(edge, 1),
  ];
  const { tenant, ids } = await addRows("free", times, recordAsBlocks);
  const rows = await addRows("free", [daysAgo(9), daysAgo(6)]);
  const stopAfterStore = {
    store: async (batch: Parameters<typeof archive.store>[0]) => {
      await archive.store(batch);
      if (batch.tenantId === tenant.tenantId) throw new Error("crashed here");
    },
  };
  await expect(purgeRequests(db, { archive: stopAfterStore, now })).rejects.toThrow("crashed here");
  expect(await left()).toHaveLength(ids.length + rows.ids.length - (bucket.objects.size - 1));

  await purgeRequests(db, { archive, now: seconds(now, 20), rowsPerBatch: 2 });
  expect(await left()).toEqual([ids[5], rows.ids[1]]);
  const [key, object] = [...bucket.objects].find(([name]) => name.includes(tenant.tenantId))!;
  expect(key).toContain(`/2026-11-11/${ids[0]}.jsonl.gz`);
  const lines = gunzipSync(object.body).toString("utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      id: ids[0],
      started_at: times[0]!.toISOString(),
      bytes_out: 3_000_000_000,
      path: "/v1/models",
      model: null,
    },
    { id: ids[1] },
  ]);
  const stored = [...bucket.objects.values()].flatMap(({ body }) =>
    gunzipSync(body)
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: string }).id),
  );
  expect(stored.sort()).toEqual([...ids.slice(0, 5), rows.ids[0]].sort());
});
