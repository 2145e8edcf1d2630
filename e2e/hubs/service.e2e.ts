import { randomBytes } from "node:crypto";
import { HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { portalWorld } from "../portal/portal-world.ts";
import { CloudflareStandIn } from "../standins/cloudflare/index.ts";

// The four routes of the service through a real portal, whose jobs do the work.
const cloudflare = await CloudflareStandIn.start({ zone: "hubs.example", propagationMs: 200 });
afterAll(() => cloudflare.stop());
const world = await portalWorld({
  relay: false,
  portalEnv: { ...cloudflare.env, SEALING_KEYS: `test:${randomBytes(32).toString("base64")}` },
});
let account: Account;
let accountId: string;
const patience = { timeout: 30_000, interval: 100 };

beforeAll(async () => {
  account = await signUp(world.portalUrl, world.mailbox);
  await world.db.updateTable("tenant_settings").set({ plan: "pro" }).execute();
  await world.db.updateTable("licenses").set({ plan: "pro" }).execute();
});

async function register(hubId: string): Promise<string> {
  const answer = await account.call("POST", "/api/hubs", { hubId });
  expect(answer.status).toBe(200);
  const body = (await answer.json()) as { accountId: string; hubToken: string };
  accountId = body.accountId;
  return body.hubToken;
}

/** Asks the service as a hub does. */
async function ask(token: string, method: string, path: string, body?: object) {
  const answer = await fetch(`${world.portalUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
}
const service = "/v1/managed-cloudflare";

function store(given: Record<string, string>): S3Client {
  return new S3Client({
    endpoint: given.r2_endpoint!,
    region: "auto",
    forcePathStyle: true,
    credentials: { accessKeyId: given.r2_access_key_id!, secretAccessKey: given.r2_secret_access_key! },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

test("a hub enrolls, reports, rotates its keys and is switched off; Cloudflare holds nothing afterwards", async () => {
  const token = await register("office");
  const input = { account_id: accountId, hub_id: "office", requested_subdomain: "acme" };
  const [first, second] = await Promise.all([
    ask(token, "POST", `${service}/enroll`, input),
    ask(token, "POST", `${service}/enroll`, input),
  ]);
  expect(first).toMatchObject({ status: 200, body: { hostname: "acme-1.hubs.example" } });
  expect(second).toEqual(first);
  expect(Object.keys(first.body).sort()).toEqual([
    "hostname",
    "r2_access_key_id",
    "r2_bucket",
    "r2_endpoint",
    "r2_secret_access_key",
    "tunnel_id",
    "tunnel_token",
  ]);
  const Bucket: string = first.body.r2_bucket!;
  await store(first.body).send(new HeadBucketCommand({ Bucket }));
  const own = await ask(token, "POST", "/api/hubs/own-backup-password", { hubId: "office" });
  const Key = `${own.body.prefix}/config`;
  await store(first.body).send(new PutObjectCommand({ Bucket, Key, Body: "x" }));

  const report = (accessKeyId: string) =>
    ask(token, "POST", "/api/hubs/report", {
      hubId: "office",
      version: "1.0.0",
      checks: [{ name: "tunnel", ok: true, message: null }],
      accessKeyId,
      backup: null,
    });
  expect(await report(first.body.r2_access_key_id!)).toMatchObject({
    status: 200,
    body: { state: "on", health: "ready", tunnelId: first.body.tunnel_id },
  });
  expect(await ask(token, "GET", `${service}/status?hub_id=office`)).toMatchObject({
    status: 200,
    body: { enabled: true, hostname: "acme-1.hubs.example", r2_bucket: Bucket, errors: [] },
  });

  const rotated = await ask(token, "POST", `${service}/rotate-keys`, { hub_id: "office" });
  expect(rotated.status).toBe(200);
  expect(cloudflare.list().tokens).toHaveLength(2);
  await store({ ...first.body, ...rotated.body }).send(new HeadBucketCommand({ Bucket }));
  await report(rotated.body.r2_access_key_id!);
  await expect
    .poll(() => cloudflare.list().tokens.map(({ id }) => id), patience)
    .toEqual([rotated.body.r2_access_key_id]);
  await expect(store(first.body).send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 401 },
  });

  expect(await ask(token, "POST", `${service}/disable`, { hub_id: "office", delete_bucket: true })).toEqual({
    status: 200,
    body: { ok: true },
  });
  await expect
    .poll(() => cloudflare.list(), patience)
    .toMatchObject({ tunnels: [], connections: [], records: [], buckets: [], tokens: [], objects: [] });
});

test("another hub's id, another account's id and no token are told apart only as far as they may be", async () => {
  const token = await register("home");
  const enroll = (bearer: string, body: object) => ask(bearer, "POST", `${service}/enroll`, body);
  const notFound = { status: 404, body: { error: { code: "hub_not_found" } } };
  expect(await enroll(token, { account_id: accountId, hub_id: "office" })).toMatchObject(notFound);
  expect(await enroll(token, { account_id: "ten_other", hub_id: "home" })).toMatchObject(notFound);
  expect(await ask(token, "GET", `${service}/status?hub_id=office`)).toMatchObject(notFound);
  expect(await ask(token, "POST", `${service}/rotate-keys`, { hub_id: "office" })).toMatchObject(notFound);
  expect(await ask(token, "POST", `${service}/disable`, { hub_id: "office" })).toMatchObject(notFound);
  expect(await enroll("hs_hub_unknown", { account_id: accountId, hub_id: "home" })).toMatchObject({
    status: 401,
    body: { error: { code: "invalid_hub_token" } },
  });
  expect(
    await enroll(token, { account_id: accountId, hub_id: "home", requested_subdomain: "admin" }),
  ).toMatchObject({
    status: 409,
    body: { error: { code: "hostname_reserved", field: "requested_subdomain" } },
  });
  await world.db.updateTable("tenant_settings").set({ billing_state: "unpaid" }).execute();
  expect(await enroll(token, { account_id: accountId, hub_id: "home" })).toMatchObject({
    status: 402,
    body: { error: { code: "payment_required" } },
  });
  await world.db.updateTable("tenant_settings").set({ billing_state: "ok" }).execute();
  await world.db.updateTable("licenses").set({ plan: "free" }).execute();
  expect(await enroll(token, { account_id: accountId, hub_id: "home" })).toMatchObject({
    status: 403,
    body: { error: { code: "plan_limit" } },
  });
  expect(cloudflare.list()).toMatchObject({ tunnels: [], records: [], buckets: [], tokens: [] });
});

test("metrics tell of the calls, and neither they nor the log hold a token of Cloudflare's", async () => {
  const metrics = await (await fetch(`http://127.0.0.1:${world.portal.adminPort}/metrics`)).text();
  expect(metrics).toMatch(/hotspot_cloudflare_calls_total\{operation="tunnels.create",outcome="ok"\} 1/);
  expect(metrics).toContain("hotspot_managed_cloudflare_ready 1");
  expect(metrics + world.portal.process.stderr.join("\n")).not.toContain(cloudflare.token);
});
