import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { createAccessKey, createEndpoint } from "../../db/testing/index.ts";
import { announce } from "../fixtures/change-events.ts";
import { promised } from "../fixtures/promised.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { expectOurError } from "./error-answer.ts";
import { connect, type LabTenant, makeTenant, tunnelLab } from "./lab.ts";

const lab = await tunnelLab();
const { db } = lab.world;

const ask = (tenant: LabTenant, credential: string | null, path = "/v1/models") =>
  rawRequest(lab.port, [
    `GET ${path} HTTP/1.1`,
    `Host: ${tenant.host}`,
    ...(credential ? [credential.includes(":") ? credential : `Authorization: Bearer ${credential}`] : []),
  ]);

async function guardedTenant(): Promise<LabTenant> {
  const tenant = await makeTenant(lab.world, { requireAccessKey: true });
  await connect(lab.world, tenant, { to: lab.upstream.url });
  lab.upstream.on("/v1/models", (_req, res) => res.end("models"));
  return tenant;
}

/** The one row of the request log for this path, once it is written. */
const logged = (tenant: LabTenant, path: string) =>
  vi.waitFor(
    async () => {
      const rows = await db
        .selectFrom("request_log")
        .selectAll()
        .where("endpoint_id", "=", tenant.endpointId)
        .where("path", "=", path)
        .execute();
      expect(rows).toHaveLength(1);
      return rows[0]!;
    },
    { timeout: 30_000, interval: 50 },
  );

describe("an endpoint that wants an access key", () => {
  test("missing, wrong, revoked, expired, another tenant's or another endpoint's: 401, and the upstream hears nothing", async () => {
    const tenant = await guardedTenant();
    const stranger = await makeTenant(lab.world);
    const sibling = await createAccessKey(db, tenant, {
      endpointId: (await createEndpoint(db, tenant)).endpointId,
    });
    const past = new Date(Date.now() - 1_000);
    const secrets: Record<string, string | null> = {
      missing: null,
      "not ours": "sk-proj-something",
      "never made": `hs_key_${randomBytes(24).toString("hex")}`,
      revoked: (await createAccessKey(db, tenant, { revokedAt: past })).secret,
      expired: (await createAccessKey(db, tenant, { expiresAt: past })).secret,
      "another tenant's": (await createAccessKey(db, stranger)).secret,
      "another endpoint's": sibling.secret,
      "another tenant's endpoint token": stranger.endpointToken,
      "the license key": tenant.licenseKey,
    };
    const before = lab.upstream.seen.length;
    for (const [what, secret] of Object.entries(secrets)) {
      const answer = await ask(tenant, secret);
      expect([what, answer.status]).toEqual([what, 401]);
      expectOurError(answer, 401, "invalid_access_key");
      if (secret) expect(answer.body.toString()).not.toContain(secret);
    }
    expect(lab.upstream.seen.length).toBe(before);
  });

  test.each([["Authorization: Bearer %"], ["x-api-key: %"], ["api-key: %"]])(
    "the right key in `%s` passes, reaches the upstream as it was, and is named in the request log",
    async (form) => {
      const tenant = await guardedTenant();
      const key = await createAccessKey(db, tenant, { endpointId: tenant.endpointId });
      const path = `/keyed-${form.slice(0, 5).toLowerCase()}`;
      lab.upstream.on(path, (req, res) => res.end(JSON.stringify(req.headers)));
      const answer = await ask(tenant, form.replace("%", key.secret), `${path}?private=1`);
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toContain(key.secret);
      const row = await logged(tenant, path);
      expect(row).toMatchObject({
        access_key_id: key.accessKeyId,
        tenant_id: tenant.tenantId,
        method: "GET",
        status: 200,
        bytes_in: 0,
        bytes_out: answer.body.length,
        error_code: null,
      });
      expect(row.duration_ms).toBeGreaterThanOrEqual(0);
    },
  );

  test("a key that is revoked stops working within 2 s", async () => {
    const tenant = await guardedTenant();
    const key = await createAccessKey(db, tenant);
    expect((await ask(tenant, key.secret)).status).toBe(200);
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable("access_keys")
        .set({ revoked_at: new Date() })
        .where("id", "=", key.accessKeyId)
        .execute();
      await announce(tx, { type: "access_key", tenantId: tenant.tenantId });
    });
    await vi.waitFor(async () => expect((await ask(tenant, key.secret)).status).toBe(401), promised(2_000));
  });

  test("the endpoint token opens it too; after a rotation the old one is refused at once, the new one is taken", async () => {
    const tenant = await guardedTenant();
    expect((await ask(tenant, tenant.endpointToken)).status).toBe(200);
    const fresh = `hs_ep_${randomBytes(24).toString("hex")}`;
    await rotate(tenant, fresh);
    await vi.waitFor(
      async () => expect((await ask(tenant, tenant.endpointToken)).status).toBe(401),
      promised(2_000),
    );
    expect((await ask(tenant, fresh)).status).toBe(200);
  });
});

describe("an endpoint that wants no key", () => {
  test("a valid key is attributed, anything else passes untouched", async () => {
    const key = await createAccessKey(db, lab.tenant);
    lab.upstream.on("/open", (req, res) => res.end(req.headers.authorization));
    lab.upstream.on("/open-attributed", (_req, res) => res.end());
    expect((await ask(lab.tenant, "sk-anything", "/open")).body.toString()).toBe("Bearer sk-anything");
    await ask(lab.tenant, key.secret, "/open-attributed");
    expect((await logged(lab.tenant, "/open-attributed")).access_key_id).toBe(key.accessKeyId);
    expect((await logged(lab.tenant, "/open")).access_key_id).toBeNull();
  });

  test("an endpoint token that is not the current one is refused all the same", async () => {
    const tenant = await makeTenant(lab.world);
    await connect(lab.world, tenant, { to: lab.upstream.url });
    lab.upstream.on("/rotated", (_req, res) => res.end("ok"));
    expect((await ask(tenant, tenant.endpointToken, "/rotated")).status).toBe(200);
    await rotate(tenant, `hs_ep_${randomBytes(24).toString("hex")}`);
    await vi.waitFor(
      async () => expect((await ask(tenant, tenant.endpointToken, "/rotated")).status).toBe(401),
      promised(2_000),
    );
    expect((await ask(tenant, null, "/rotated")).status).toBe(200);
  });
});

test("what was counted is written before the relay ends: every row, and when a key was last used", async () => {
  const tenant = await guardedTenant();
  const key = await createAccessKey(db, tenant);
  for (let n = 0; n < 25; n++) await ask(tenant, key.secret, "/v1/models");
  lab.world.relay.process.kill("SIGTERM");
  expect(await lab.world.relay.process.exited).toBe(0);
  const rows = await db
    .selectFrom("request_log")
    .select("id")
    .where("access_key_id", "=", key.accessKeyId)
    .execute();
  expect(rows).toHaveLength(25);
  const { last_used_at } = await db
    .selectFrom("access_keys")
    .select("last_used_at")
    .where("id", "=", key.accessKeyId)
    .executeTakeFirstOrThrow();
  expect(last_used_at?.getTime()).toBeGreaterThan(Date.now() - 60_000);
});

async function rotate(tenant: LabTenant, fresh: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable("endpoints")
      .set({ token_hash: createHash("sha256").update(fresh).digest("hex"), token_rotated_at: new Date() })
      .where("id", "=", tenant.endpointId)
      .execute();
    const { endpointId, slug, tenantId } = tenant;
    await announce(tx, { type: "endpoint", endpointId, slug, tenantId });
  });
}
