import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test, vi } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { fetchBucketUse } from "../hub-usage/fetch.ts";
import { r2EndpointOf } from "./managed-cloudflare.ts";
import { reconcileHubs } from "./reconcile/reconcile.ts";
import { createHubWorld } from "./testing.ts";

vi.setConfig({ testTimeout: 60_000 });
const world = await createHubWorld(await createTestDb({ max: 12 }), { jurisdiction: "eu" });
const { cloudflare, db, managed } = world;

test("the S3 address of a bucket is that of its jurisdiction", () => {
  const bucket = { cf_account_id: "acc", jurisdiction: "default" };
  expect(r2EndpointOf(bucket)).toBe("https://acc.r2.cloudflarestorage.com");
  expect(r2EndpointOf({ ...bucket, jurisdiction: "eu" })).toBe("https://acc.eu.r2.cloudflarestorage.com");
});

test("a bucket of the EU is made, kept in order, opened, counted, emptied and deleted there, also when new ones are made elsewhere", async () => {
  const hub = await world.addHub();
  const asked = hub.self.managedCloudflare.enroll(hub.enrollInput);
  await expect.poll(async () => (await world.rowOf(hub.hubPk)).state, { timeout: 20_000 }).not.toBe("off");
  await world.settle(hub.hubPk);
  const given = await asked;
  const [bucket] = cloudflare.list().buckets;
  // Without the header the rules would have been set on a bucket that is not there.
  expect(bucket).toMatchObject({
    name: given.r2_bucket,
    jurisdiction: "eu",
    lifecycle: [{ id: "hotspot-unfinished-uploads" }],
  });
  const [token] = cloudflare.list().tokens;
  const resource = `com.cloudflare.edge.r2.bucket.${cloudflare.accountId}_eu_${given.r2_bucket}`;
  expect(token!.policies.map(({ resources }) => Object.keys(resources))).toEqual([[resource]]);

  expect(given.r2_endpoint).toBe(cloudflare.r2Endpoint);
  const s3 = new S3Client({
    ...{ endpoint: given.r2_endpoint, region: "auto", forcePathStyle: true },
    credentials: { accessKeyId: given.r2_access_key_id, secretAccessKey: given.r2_secret_access_key },
    ...{ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" },
  });
  const Body = "x".repeat(5_000_000);
  await s3.send(new PutObjectCommand({ Bucket: given.r2_bucket, Key: `hubs/${hub.hubPk}/data`, Body }));
  s3.destroy();

  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const report = await fetchBucketUse({ db, readUse: managed.readUse, log, count: () => undefined });
  expect(report).toMatchObject({ done: 1, failed: 0 });
  const [day] = await db.selectFrom("hub_bucket_days").selectAll().execute();
  expect(Number(day!.peak_bytes)).toBeGreaterThanOrEqual(5_000_000);

  // The operator makes new ones elsewhere from now on: this one stays where it is.
  Object.assign(managed, { jurisdiction: "default" });
  await managed.buckets.create({ name: "hotspot-00000000000000000000", jurisdiction: "eu" }, null);
  await reconcileHubs(world.work);
  expect(cloudflare.list().buckets.map(({ name }) => name)).toEqual([given.r2_bucket]);

  await hub.self.managedCloudflare.disable({ hub_id: hub.hubId, delete_bucket: true });
  await world.settle(hub.hubPk);
  expect(cloudflare.list()).toMatchObject({ buckets: [], tokens: [], objects: [] });
});
