import { HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { workOnHub } from "./provision/work.ts";
import { createHubWorld } from "./testing.ts";

// Other test files share the machine.
vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 20_000 };
const world = await createHubWorld(await createTestDb({ max: 12 }));
const { cloudflare, db } = world;

type Credentials = {
  r2_endpoint: string;
  r2_bucket: string;
  r2_access_key_id: string;
  r2_secret_access_key: string;
};
function s3(given: Credentials): S3Client {
  return new S3Client({
    endpoint: given.r2_endpoint,
    region: "auto",
    forcePathStyle: true,
    credentials: { accessKeyId: given.r2_access_key_id, secretAccessKey: given.r2_secret_access_key },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** Enrolls as the job would have it: the caller waits, somebody works. */
async function enroll(
  hub: Awaited<ReturnType<typeof world.addHub>>,
  wish: { requested_subdomain?: string } = {},
) {
  const answer = hub.self.managedCloudflare.enroll({ ...hub.enrollInput, ...wish });
  await expect.poll(async () => (await world.rowOf(hub.hubPk)).state, patience).not.toBe("off");
  await world.settle(hub.hubPk);
  return answer;
}

const held = (hubPk: string, hostnameIds: string[]) => {
  const { tunnels, records, buckets, tokens } = cloudflare.list();
  return {
    tunnels: tunnels.filter(({ name }) => name === `hotspot-${hubPk}`).length,
    records: records.filter(({ comment }) => hostnameIds.some((id) => comment === `hotspot:${id}`)).length,
    buckets: buckets.length,
    tokens: tokens.length,
  };
};

test("enroll gives tunnel, name, bucket and key; on, off, and nothing is left", async () => {
  const hub = await world.addHub();
  const given = await enroll(hub, { requested_subdomain: "Acme" });
  expect(given.hostname).toBe("acme-1.hubs.example");
  expect(JSON.parse(Buffer.from(given.tunnel_token, "base64").toString())).toMatchObject({
    t: given.tunnel_id,
  });
  await s3(given).send(new HeadBucketCommand({ Bucket: given.r2_bucket }));
  await s3(given).send(
    new PutObjectCommand({ Bucket: given.r2_bucket, Key: `hubs/${hub.hubPk}/data`, Body: "x" }),
  );
  const [tunnel] = cloudflare.list().tunnels;
  expect(tunnel?.config?.ingress).toEqual([
    { hostname: "acme-1.hubs.example", service: "http://localhost:8080" },
    { service: "http_status:404" },
  ]);
  expect(cloudflare.list().records[0]).toMatchObject({
    type: "CNAME",
    name: "acme-1.hubs.example",
    content: `${given.tunnel_id}.cfargotunnel.com`,
    proxied: true,
  });

  const detail = await hub.owner.hubs.get({ hubId: hub.hubId });
  expect(detail).toMatchObject({ state: "on", hostname: given.hostname, hasBackupPassword: true });
  expect(detail.progress.map(({ state }) => state)).toEqual(Array(6).fill("done"));
  expect(JSON.stringify(detail)).not.toContain(given.r2_secret_access_key);
  expect(await hub.self.managedCloudflare.enroll(hub.enrollInput)).toEqual(given);
  expect(await hub.self.managedCloudflare.status({ hub_id: hub.hubId })).toMatchObject({
    enabled: true,
    hostname: given.hostname,
    tunnel_id: given.tunnel_id,
    r2_bucket: given.r2_bucket,
    errors: [],
  });

  expect(await hub.self.managedCloudflare.disable({ hub_id: hub.hubId, delete_bucket: true })).toEqual({
    ok: true,
  });
  await world.settle(hub.hubPk);
  expect(cloudflare.list()).toMatchObject({ tunnels: [], records: [], buckets: [], tokens: [], objects: [] });
  expect(await world.rowOf(hub.hubPk)).toMatchObject({ state: "off", bucket_id: null, tunnel_id: null });
});

test("two at once, and two hubs of one account: a tunnel each, one bucket", async () => {
  const tenant = await createTenant(db, { plan: "pro" });
  const [a, b] = [await world.addHub({ tenant, hubId: "a" }), await world.addHub({ tenant, hubId: "b" })];
  const answers = Promise.all([
    a.self.managedCloudflare.enroll(a.enrollInput),
    a.self.managedCloudflare.enroll(a.enrollInput),
    b.self.managedCloudflare.enroll(b.enrollInput),
  ]);
  await expect.poll(async () => (await world.rowOf(a.hubPk)).state, patience).toBe("provisioning");
  await expect.poll(async () => (await world.rowOf(b.hubPk)).state, patience).toBe("provisioning");
  await Promise.all([
    world.settle(a.hubPk),
    workOnHub(world.work, a.hubPk),
    world.settle(b.hubPk),
    workOnHub(world.work, b.hubPk),
  ]);
  const [first, second, other] = await answers;
  expect(first).toEqual(second);
  expect(other.r2_bucket).toBe(first.r2_bucket);
  expect(other.tunnel_id).not.toBe(first.tunnel_id);
  expect(other.r2_access_key_id).not.toBe(first.r2_access_key_id);
  const list = cloudflare.list();
  expect([list.tunnels.length, list.records.length, list.buckets.length, list.tokens.length]).toEqual([
    2, 2, 1, 2,
  ]);

  // The data of one goes, the other's stays.
  for (const [hub, given] of [
    [a, first],
    [b, other],
  ] as const) {
    const Key = `hubs/${hub.hubPk}/data`;
    await s3(given).send(new PutObjectCommand({ Bucket: given.r2_bucket, Key, Body: "x" }));
  }
  await a.self.managedCloudflare.disable({ hub_id: "a", delete_bucket: true });
  await world.settle(a.hubPk);
  expect(cloudflare.list().objects.map(({ key }) => key)).toEqual([`hubs/${b.hubPk}/data`]);
  await b.self.managedCloudflare.disable({ hub_id: "b", delete_bucket: true });
  await world.settle(b.hubPk);
  expect(cloudflare.list()).toMatchObject({ tunnels: [], records: [], buckets: [], tokens: [] });
});

test("rotation: the new key works before the old one stops, which is when the hub reports it", async () => {
  const hub = await world.addHub();
  const old = await enroll(hub);
  const report = (accessKeyId: string) =>
    hub.self.hubs.report({ hubId: hub.hubId, version: "1", checks: [], accessKeyId, backup: null });
  await report(old.r2_access_key_id);
  const answer = hub.self.managedCloudflare.rotateKeys({ hub_id: hub.hubId });
  await expect
    .poll(() => db.selectFrom("hub_keys").select("id").where("hub_pk", "=", hub.hubPk).execute(), patience)
    .toHaveLength(2);
  await world.settle(hub.hubPk);
  const fresh = { ...old, ...(await answer) };
  expect(fresh.r2_access_key_id).not.toBe(old.r2_access_key_id);
  await s3(old).send(new HeadBucketCommand({ Bucket: old.r2_bucket }));
  await s3(fresh).send(new HeadBucketCommand({ Bucket: old.r2_bucket }));
  expect((await report(old.r2_access_key_id)).accessKeyId).toBe(fresh.r2_access_key_id);
  expect(await hub.self.managedCloudflare.enroll(hub.enrollInput)).toEqual(fresh);

  await report(fresh.r2_access_key_id);
  await world.settle(hub.hubPk);
  await s3(fresh).send(new HeadBucketCommand({ Bucket: old.r2_bucket }));
  await expect(s3(old).send(new HeadBucketCommand({ Bucket: old.r2_bucket }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 401 },
  });
  expect(cloudflare.list().tokens).toHaveLength(1);
  await hub.self.managedCloudflare.disable({ hub_id: hub.hubId, delete_bucket: true });
  await world.settle(hub.hubPk);
});

test("kept for a while: switched on again it finds name, data and password; at the deadline all goes", async () => {
  const hub = await world.addHub();
  const first = await enroll(hub);
  const password = await hub.self.hubs.ownBackupPassword({ hubId: hub.hubId });
  const Key = `${password.prefix}/data`;
  await s3(first).send(new PutObjectCommand({ Bucket: first.r2_bucket, Key, Body: "precious" }));
  await hub.self.managedCloudflare.disable({ hub_id: hub.hubId, retention_days: 7 });
  await world.settle(hub.hubPk);
  expect(held(hub.hubPk, [])).toMatchObject({ tunnels: 0, records: 0, buckets: 1, tokens: 0 });
  const detail = await hub.owner.hubs.get({ hubId: hub.hubId });
  expect(detail.bucket).toMatchObject({ name: first.r2_bucket, state: "retained" });
  expect(Date.parse(detail.bucket!.deleteAfter!)).toBeGreaterThan(Date.now() + 6.9 * 86_400_000);

  const again = await enroll(hub);
  expect(again).toMatchObject({ hostname: first.hostname, r2_bucket: first.r2_bucket });
  expect(again.tunnel_id).not.toBe(first.tunnel_id);
  expect(await hub.self.hubs.ownBackupPassword({ hubId: hub.hubId })).toEqual(password);
  expect(await hub.owner.hubs.backupPassword({ hubId: hub.hubId })).toEqual({ password: password.password });
  expect(cloudflare.list().objects.map(({ key }) => key)).toEqual([Key]);

  await hub.self.managedCloudflare.disable({ hub_id: hub.hubId, retention_days: 7 });
  await world.settle(hub.hubPk);
  await hub.owner.hubs.remove({ hubId: hub.hubId });
  await db
    .updateTable("hubs")
    .set({ disabled_at: new Date(Date.now() - 8 * 86_400_000) })
    .where("id", "=", hub.hubPk)
    .execute();
  await world.settle(hub.hubPk);
  expect(cloudflare.list()).toMatchObject({ tunnels: [], records: [], buckets: [], tokens: [], objects: [] });
});

test("a further name leads through the same tunnel, and goes again", async () => {
  const hub = await world.addHub();
  const given = await enroll(hub, { requested_subdomain: "mainhub" });
  await hub.owner.hubs.addHostname({ hubId: hub.hubId, name: "space", serviceUrl: "http://localhost:9000/" });
  await world.settle(hub.hubPk);
  const detail = await hub.owner.hubs.get({ hubId: hub.hubId });
  expect(detail.hostnames).toMatchObject([
    { host: given.hostname, main: true, ready: true },
    { host: "space-1.hubs.example", main: false, ready: true, serviceUrl: "http://localhost:9000" },
  ]);
  expect(cloudflare.list().tunnels[0]?.config?.ingress).toHaveLength(3);
  await hub.owner.hubs.removeHostname({ hubId: hub.hubId, id: detail.hostnames[1]!.id });
  await world.settle(hub.hubPk);
  expect(cloudflare.list().records).toHaveLength(1);
  expect(cloudflare.list().tunnels[0]?.config?.ingress).toHaveLength(2);
  await hub.self.managedCloudflare.disable({ hub_id: hub.hubId, delete_bucket: true });
  await world.settle(hub.hubPk);
  expect(cloudflare.list().records).toEqual([]);
});

test("registered again with another service, a hub that is on leads there", async () => {
  const hub = await world.addHub();
  const { tunnel_id } = await enroll(hub);
  const ingress = () => cloudflare.list().tunnels.find(({ id }) => id === tunnel_id)?.config?.ingress;
  await hub.owner.hubs.register({ hubId: hub.hubId, serviceUrl: "http://localhost:9000/" });
  await world.settle(hub.hubPk);
  expect(ingress()?.[0]).toMatchObject({ service: "http://localhost:9000" });
  await hub.owner.hubs.register({ hubId: hub.hubId });
  await world.settle(hub.hubPk);
  expect(ingress()?.[0]).toMatchObject({ service: "http://localhost:9000" });
  await hub.owner.hubs.disable({ hubId: hub.hubId });
  await world.settle(hub.hubPk);
});

test("one that is held up is tried again as soon as somebody asks, not only after the pause", async () => {
  const hub = await world.addHub();
  cloudflare.fail({ method: "POST", path: /\/r2\/buckets$/ }, { status: 403, code: 10042 }, 1);
  await hub.owner.hubs.enable({ hubId: hub.hubId });
  await workOnHub(world.work, hub.hubPk);
  expect(await world.rowOf(hub.hubPk)).toMatchObject({ state: "provisioning", failure_code: "r2_off" });
  const waiting = () =>
    db
      .selectFrom("graphile_worker.jobs" as never)
      .select(sql<Date>`run_at`.as("runAt"))
      .where(sql<boolean>`key like ${`%${hub.hubPk}%`} and run_at <= now()`)
      .execute();
  await sql`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`.execute(db);
  expect(await waiting()).toEqual([]);
  // The hub itself asks as often as it is told to; that does not shorten the pause.
  const asked = hub.self.managedCloudflare.enroll(hub.enrollInput);
  await expect(asked).rejects.toThrow(/R2 is not switched on/);
  expect(await waiting()).toEqual([]);
  await hub.owner.hubs.enable({ hubId: hub.hubId });
  expect(await waiting()).toHaveLength(1);
  await world.settle(hub.hubPk);
  expect((await world.rowOf(hub.hubPk)).state).toBe("on");
});

test("a hub that never changes over to its new keys may have three at most", async () => {
  const before = cloudflare.list().tokens.length;
  const tokens = () => cloudflare.list().tokens.length - before;
  const hub = await world.addHub();
  await enroll(hub);
  for (let i = 0; i < 2; i++) {
    await hub.owner.hubs.rotateKeys({ hubId: hub.hubId });
    await world.settle(hub.hubPk);
  }
  expect(tokens()).toBe(3);
  await expect(hub.owner.hubs.rotateKeys({ hubId: hub.hubId })).rejects.toThrow(/has not changed over/);
  const { accessKeyId } = await hub.self.hubs.report({
    hubId: hub.hubId,
    version: "1",
    checks: [],
    accessKeyId: null,
    backup: null,
  });
  await hub.self.hubs.report({ hubId: hub.hubId, version: "1", checks: [], accessKeyId, backup: null });
  await world.settle(hub.hubPk);
  expect(tokens()).toBe(1);
  await hub.owner.hubs.rotateKeys({ hubId: hub.hubId });
  await hub.owner.hubs.disable({ hubId: hub.hubId });
  await world.settle(hub.hubPk);
  expect(tokens()).toBe(0);
});
