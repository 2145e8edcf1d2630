import { createHash, randomBytes } from "node:crypto";
import type { Db } from "../client.ts";
import type { PlanName } from "../schema/index.ts";

/** Rows for tests, written straight into the tables, so that a test of one verb does not need the others. */

const hash = (secret: string) => createHash("sha256").update(secret).digest("hex");
const random = () => randomBytes(8).toString("hex");

export interface TestTenant {
  readonly tenantId: string;
  readonly userId: string;
  readonly email: string;
  readonly licenseId: string;
  /** The key itself: only its hash is stored. */
  readonly licenseKey: string;
}

/** A tenant with an owner, settings and an active license with a key. */
export async function createTenant(
  db: Db,
  options: { plan?: PlanName; deviceLimit?: number; role?: string; name?: string } = {},
): Promise<TestTenant> {
  const id = random();
  const now = new Date();
  const tenant: TestTenant = {
    tenantId: `ten_${id}`,
    userId: `usr_${id}`,
    email: `owner-${id}@example.test`,
    licenseId: `lic_${id}`,
    licenseKey: `hs_lic_${id}${id}${id}`,
  };
  const plan = options.plan ?? "free";
  await db
    .insertInto("user")
    .values({ id: tenant.userId, name: `Owner ${id}`, email: tenant.email, emailVerified: true, image: null })
    .execute();
  await db
    .insertInto("organization")
    .values({
      id: tenant.tenantId,
      name: options.name ?? `Tenant ${id}`,
      slug: `t-${id}`,
      logo: null,
      createdAt: now,
      metadata: null,
    })
    .execute();
  await db
    .insertInto("member")
    .values({
      id: `mem_${id}`,
      organizationId: tenant.tenantId,
      userId: tenant.userId,
      role: options.role ?? "owner",
      createdAt: now,
    })
    .execute();
  await db.insertInto("tenant_settings").values({ tenant_id: tenant.tenantId, plan }).execute();
  await db
    .insertInto("licenses")
    .values({
      id: tenant.licenseId,
      tenant_id: tenant.tenantId,
      plan,
      key_hash: hash(tenant.licenseKey),
      key_hint: `hs_lic_…${tenant.licenseKey.slice(-4)}`,
      key_issued_at: now,
      device_limit: options.deviceLimit ?? 3,
    })
    .execute();
  return tenant;
}

export interface TestEndpoint {
  readonly endpointId: string;
  readonly slug: string;
  readonly endpointToken: string;
}

/** An active endpoint of the tenant. */
export async function createEndpoint(
  db: Db,
  tenant: TestTenant,
  options: { slug?: string; requireAccessKey?: boolean; upstreamBaseUrl?: string } = {},
): Promise<TestEndpoint> {
  const id = random();
  const endpointToken = `hs_ep_${id}${id}${id}`;
  const slug = options.slug ?? `e-${id}`;
  await db
    .insertInto("endpoints")
    .values({
      id: `ep_${id}`,
      tenant_id: tenant.tenantId,
      license_id: tenant.licenseId,
      slug,
      token_hash: hash(endpointToken),
      token_hint: `hs_ep_…${endpointToken.slice(-4)}`,
      require_access_key: options.requireAccessKey ?? false,
      upstream_base_url: options.upstreamBaseUrl ?? null,
    })
    .execute();
  return { endpointId: `ep_${id}`, slug, endpointToken };
}

/** A connector row; online as of now when asked for. */
export async function createConnector(
  db: Db,
  tenant: TestTenant,
  endpoint: TestEndpoint,
  options: { online?: boolean; relayId?: string; devicePk?: string } = {},
): Promise<{ connectorId: string }> {
  const connectorId = `con_${random()}`;
  const now = new Date();
  await db
    .insertInto("connectors")
    .values({
      id: connectorId,
      tenant_id: tenant.tenantId,
      endpoint_id: endpoint.endpointId,
      device_pk: options.devicePk ?? null,
      expires_at: new Date(now.getTime() + 86_400_000),
      status: options.online ? "online" : "offline",
      relay_id: options.relayId ?? (options.online ? "relay-test" : null),
      connected_at: options.online ? now : null,
      last_seen_at: options.online ? now : null,
    })
    .execute();
  return { connectorId };
}

/** An access key, for one endpoint or (without one) for all of the tenant. */
export async function createAccessKey(
  db: Db,
  tenant: TestTenant,
  options: { endpointId?: string; expiresAt?: Date; revokedAt?: Date } = {},
): Promise<{ accessKeyId: string; secret: string }> {
  const id = random();
  const secret = `hs_key_${id}${id}${id}`;
  await db
    .insertInto("access_keys")
    .values({
      id: `key_${id}`,
      tenant_id: tenant.tenantId,
      endpoint_id: options.endpointId ?? null,
      name: `key ${id}`,
      secret_hash: hash(secret),
      hint: `hs_key_…${secret.slice(-4)}`,
      expires_at: options.expiresAt ?? null,
      revoked_at: options.revokedAt ?? null,
    })
    .execute();
  return { accessKeyId: `key_${id}`, secret };
}
