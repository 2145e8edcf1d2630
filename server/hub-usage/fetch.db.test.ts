import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeEach, expect, test } from "vitest";
import { createTenant, createTestDb, type TestTenant } from "../../db/testing/index.ts";
import { CloudflareStandIn } from "../../e2e/standins/cloudflare/index.ts";
import { createS3, makeBucket } from "../../e2e/standins/cloudflare/testing/bucket.ts";
import { createAnalytics, createBrake, readR2Use } from "../cloudflare/index.ts";
import { getPeriodTotals } from "../ledger/index.ts";
import { ownerContext } from "../testing/api.ts";
import { type FetchOutcome, fetchBucketUse } from "./fetch.ts";
import { getBucketUse } from "./get-bucket-use.ts";

const { db } = await createTestDb();
const standIn = await CloudflareStandIn.start({ zone: "example.org" });
afterAll(() => standIn.stop());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ask = createAnalytics({ token: standIn.token, apiBase: standIn.apiBase, brake: createBrake() });
const told: { level: string; message: string }[] = [];
const log = (level: string) => (_fields: object, message: string) => void told.push({ level, message });
let counted: FetchOutcome[] = [];
let clock = 0;
const deps = {
  db,
  readUse: (place: Parameters<typeof readR2Use>[1], span: Parameters<typeof readR2Use>[2]) =>
    readR2Use(ask, place, span),
  log: { info: log("info"), warn: log("warn"), error: log("error") },
  count: (outcome: FetchOutcome) => void counted.push(outcome),
  now: () => new Date(clock),
};
const today = (daysAgo = 0) => new Date(clock - daysAgo * DAY_MS).toISOString().slice(0, 10);
const hourOf = (daysAgo: number, hour: number) => `${today(daysAgo)}T${String(hour).padStart(2, "0")}:00:00Z`;

beforeEach(async () => {
  clock = Date.now();
  counted = [];
  told.length = 0;
  standIn.clearFaults();
  await db.deleteFrom("hubs").execute();
  await db.deleteFrom("hub_buckets").execute();
});

let serial = 0;
async function makeHub(options: { ageDays?: number; state?: "wanted" | "ready" | "deleted" } = {}) {
  const { ageDays = 0, state = "ready" } = options;
  const tenant = await createTenant(db, { plan: "pro" });
  const name = `hotspot-use-${++serial}`;
  const key = await makeBucket(standIn, name);
  // What is older has no sample of being made just now.
  const { storage } = standIn.world.state;
  if (ageDays > 0)
    storage.splice(0, storage.length, ...storage.filter(({ bucketName }) => bucketName !== name));
  await db
    .insertInto("hub_buckets")
    .values({
      id: `bkt_${serial}`,
      tenant_id: tenant.tenantId,
      cf_account_id: standIn.accountId,
      name,
      state,
      created_at: new Date(clock - ageDays * DAY_MS),
      deleted_at: state === "deleted" ? new Date(clock - DAY_MS) : null,
    })
    .execute();
  await db
    .insertInto("hubs")
    .values({
      id: `hub_${serial}`,
      tenant_id: tenant.tenantId,
      hub_id: "office",
      name: "Office",
      license_id: tenant.licenseId,
      service_url: "http://localhost:8080",
      bucket_id: `bkt_${serial}`,
      health_checks: "[]",
    })
    .execute();
  return { tenant, name, s3: createS3(standIn, key) };
}
const useOf = async (tenant: TestTenant) =>
  (
    await getBucketUse({
      ctx: ownerContext(db, tenant),
      input: { hubId: "office", days: 90 },
      now: new Date(clock),
    })
  ).days;
const totalsOf = ({ tenantId }: TestTenant) =>
  getPeriodTotals(db, { tenantId, from: new Date(clock - 40 * DAY_MS), to: new Date(clock + DAY_MS) });

test("what R2 holds and was asked is the day's row; a later answer replaces it and adds nothing to it", async () => {
  const { tenant, name, s3 } = await makeHub();
  await s3.send(new PutObjectCommand({ Bucket: name, Key: "a", Body: Buffer.alloc(1_500_000) }));
  expect(await fetchBucketUse(deps)).toEqual({ done: 1, failed: 0, lost: 0, left: 0 });
  const [day] = await useOf(tenant);
  expect(day).toEqual({
    day: today(),
    peakBytes: 1_500_000,
    objects: 1,
    writes: 1,
    reads: 0,
    carried: false,
  });
  expect(await totalsOf(tenant)).toMatchObject({ storage: 2, storage_writes: 1, storage_reads: 0 });
  // Within the hour it is not asked for again.
  expect(await fetchBucketUse(deps)).toMatchObject({ done: 0 });
  await s3.send(new PutObjectCommand({ Bucket: name, Key: "b", Body: Buffer.alloc(900_000) }));
  clock += HOUR_MS;
  await fetchBucketUse(deps);
  expect(await totalsOf(tenant)).toMatchObject({ storage: 3, storage_writes: 2 });
});

test("all missed days are asked for; a gap holds what the day before it ended with", async () => {
  const { tenant, name } = await makeHub({ ageDays: 4 });
  standIn.addUsage(name, {
    storage: [
      { hour: hourOf(3, 1), payloadSize: 9_000_000, objectCount: 9 },
      { hour: hourOf(3, 20), payloadSize: 4_000_000, objectCount: 4 },
      { hour: hourOf(0, 0), payloadSize: 6_000_000, objectCount: 6 },
    ],
    operations: [{ hour: hourOf(2, 5), actionType: "GetObject", requests: 7 }],
  });
  expect(await fetchBucketUse(deps)).toEqual({ done: 5, failed: 0, lost: 0, left: 0 });
  const days = await useOf(tenant);
  expect(days.map(({ peakBytes, objects, reads, carried }) => [peakBytes, objects, reads, carried])).toEqual([
    [0, 0, 0, true],
    [9_000_000, 4, 0, false],
    [4_000_000, 4, 7, true],
    [4_000_000, 4, 0, true],
    [6_000_000, 6, 0, false],
  ]);
  expect(await totalsOf(tenant)).toMatchObject({ storage: 23, storage_reads: 7 });
});

test("a bucket that is only wanted is not asked for, a deleted one until it ended", async () => {
  await makeHub({ state: "wanted" });
  const { tenant } = await makeHub({ state: "deleted", ageDays: 2 });
  expect(await fetchBucketUse(deps)).toMatchObject({ done: 2 });
  expect((await useOf(tenant)).map(({ day }) => day)).toEqual([today(2), today(1)]);
});

test("what cannot be read is no zero: nothing is written, it is told and asked for again", async () => {
  const { tenant } = await makeHub({ ageDays: 2 });
  standIn.fail({ path: /graphql/ }, { status: 500 });
  // After a failure the bucket is left alone for the round.
  expect(await fetchBucketUse(deps)).toEqual({ done: 0, failed: 1, lost: 0, left: 3 });
  standIn.world.granted.delete("Account Analytics Read");
  expect(await fetchBucketUse(deps)).toMatchObject({ done: 0, failed: 1 });
  standIn.world.granted.add("Account Analytics Read");
  expect(await useOf(tenant)).toEqual([]);
  expect(counted).toEqual(["failed", "failed"]);
  expect(told.map(({ message }) => message)).toEqual([
    "use of a bucket not read, asking again later",
    "use of a bucket not read, asking again later",
  ]);
  expect(await fetchBucketUse(deps)).toMatchObject({ done: 3, left: 0 });
});

test("a failed question about a known day leaves what is known", async () => {
  const { tenant, name } = await makeHub();
  standIn.addUsage(name, { storage: [{ hour: hourOf(0, 0), payloadSize: 5_000_000, objectCount: 1 }] });
  await fetchBucketUse(deps);
  clock += HOUR_MS;
  if (today() !== new Date().toISOString().slice(0, 10)) clock -= HOUR_MS;
  await db
    .updateTable("hub_bucket_days")
    .set({ fetched_at: new Date(clock - HOUR_MS) })
    .execute();
  standIn.fail({ path: /graphql/ }, { status: 502 });
  expect(await fetchBucketUse(deps)).toMatchObject({ failed: 1 });
  expect(await useOf(tenant)).toMatchObject([{ peakBytes: 5_000_000, carried: false }]);
});

test("a round asks no more than it may, the oldest days first, and the next round goes on", async () => {
  const one = await makeHub({ ageDays: 3 });
  const two = await makeHub({ ageDays: 1 });
  expect(await fetchBucketUse(deps, { questions: 3 })).toMatchObject({ done: 3, left: 3 });
  expect([(await useOf(one.tenant)).length, (await useOf(two.tenant)).length]).toEqual([3, 0]);
  expect(await fetchBucketUse(deps, { questions: 3 })).toMatchObject({ done: 3, left: 0 });
});

test("days that nobody asked for while Cloudflare knew them take over the size before, and are told of as lost", async () => {
  const { tenant } = await makeHub({ ageDays: 33 });
  await db
    .insertInto("hub_bucket_days")
    .values({
      bucket_id: `bkt_${serial}`,
      tenant_id: tenant.tenantId,
      day: today(33),
      peak_bytes: 8_000_000,
      last_bytes: 3_000_000,
      objects: 1,
      class_a: 0,
      class_b: 0,
      sampled_at: new Date(clock - 32 * DAY_MS),
      fetched_at: new Date(clock - 31 * DAY_MS),
    })
    .execute();
  const report = await fetchBucketUse(deps);
  expect(report).toEqual({ done: 31, failed: 0, lost: 2, left: 0 });
  expect(told.filter(({ level }) => level === "error")).toHaveLength(2);
  const days = await useOf(tenant);
  expect(new Set(days.slice(1).map(({ peakBytes }) => peakBytes))).toEqual(new Set([3_000_000]));
});

test("two portals that ask at once write the same", async () => {
  const { tenant, name } = await makeHub({ ageDays: 2 });
  standIn.addUsage(name, { storage: [{ hour: hourOf(2, 1), payloadSize: 2_000_000, objectCount: 1 }] });
  await Promise.all([fetchBucketUse(deps), fetchBucketUse(deps), fetchBucketUse(deps)]);
  expect((await useOf(tenant)).map(({ peakBytes }) => peakBytes)).toEqual([2_000_000, 2_000_000, 2_000_000]);
});

test("another tenant's hub is not found, whatever its bucket", async () => {
  await makeHub();
  const stranger = await createTenant(db, { plan: "pro" });
  await expect(
    getBucketUse({ ctx: ownerContext(db, stranger), input: { hubId: "office", days: 9 } }),
  ).rejects.toMatchObject({ code: "hub_not_found" });
});
