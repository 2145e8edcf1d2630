// Makes the demo tenant of a local run, or mends it: what is kept in demo.json stays as it is where the database still
// agrees. Started by ensure.ts, on Bun, with the portal's environment.
import { randomBytes } from "node:crypto";
import { createDb, type Db } from "../../../db/client.ts";
import { createAuth } from "../../auth/auth.ts";
import { createEnsureTenant } from "../../auth/ensure-tenant.ts";
import type { ApiConfig } from "../../config.ts";
import type { RequestContext } from "../../context.ts";
import { registerEndpoint } from "../../endpoints/index.ts";
import { type PortalEnv, readPortalEnv } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import { issueLicenseKey } from "../../licenses/index.ts";
import { createLog } from "../../log.ts";
import { plans } from "../../plans.ts";
import { hashSecret } from "../../secrets.ts";
import { writePrivateJson } from "../local/private-json.ts";
import { type DemoTenant, demoPath, readKeptDemo } from "./state.ts";

/** Large enough that somebody who tries things out does not meet a limit of the free plan first. */
const PLAN = "team";
const SLUG = "acme";
const EMAIL = "demo@example.com";

const env = readPortalEnv(process.env);
const db = createDb(env.databaseUrl, { max: 3, applicationName: "hotspot-demo" });
try {
  const kept = await readKeptDemo(env.dataDir);
  await writePrivateJson(demoPath(env.dataDir), await makeDemoTenant(env, db, kept));
} finally {
  await db.destroy();
}

async function makeDemoTenant(env: PortalEnv, db: Db, kept: DemoTenant | null): Promise<DemoTenant> {
  const user = (await findUser(db, kept)) ?? (await makeUser(env, db));
  const tenantId = await createEnsureTenant(db)({ id: user.id });
  // Given by its operator: no word from Stripe takes it away.
  await db
    .updateTable("tenant_settings")
    .set({ plan: PLAN, plan_source: "operator" })
    .where("tenant_id", "=", tenantId)
    .execute();
  await db
    .updateTable("licenses")
    .set({ plan: PLAN, device_limit: plans[PLAN].devices })
    .where("tenant_id", "=", tenantId)
    .execute();
  const ctx: RequestContext = { tenantId, userId: user.id, permissions: ["*"], requestId: "demo", db };
  return {
    email: user.email,
    password: user.password,
    licenseKey: (await keptKey(ctx, kept)) ?? (await issueLicenseKey({ ctx })).licenseKey,
    deviceId: kept?.deviceId ?? `demo-${randomBytes(4).toString("hex")}`,
    ...((await keptEndpoint(ctx, kept)) ?? (await makeEndpoint(env, ctx))),
  };
}

async function findUser(db: Db, kept: DemoTenant | null) {
  if (!kept) return null;
  const row = await db.selectFrom("user").select("id").where("email", "=", kept.email).executeTakeFirst();
  return row ? { id: row.id, email: kept.email, password: kept.password } : null;
}

/** An account as sign-up makes it, its address verified, without a mail. */
async function makeUser(env: PortalEnv, db: Db) {
  const auth = createAuth({
    db,
    log: createLog({ process: "demo", level: env.logLevel }),
    mailer: { kind: "mailbox", send: async () => "sent", close() {} },
    portalUrl: env.portalUrl,
    secret: env.authSecret,
    ensureTenant: createEnsureTenant(db),
    runInBackground: (work) => void work,
  });
  const { internalAdapter, password: hasher } = await auth.$context;
  // Taken when a data directory was thrown away and the database was not.
  const taken = await internalAdapter.findUserByEmail(EMAIL);
  const email = taken ? EMAIL.replace("@", `-${randomBytes(3).toString("hex")}@`) : EMAIL;
  const password = randomBytes(12).toString("base64url");
  const user = await internalAdapter.createUser(
    { email, name: "Demo", emailVerified: true },
    { method: "email-password" },
  );
  await internalAdapter.linkAccount({
    userId: user.id,
    accountId: user.id,
    providerId: "credential",
    password: await hasher.hash(password),
  });
  return { id: user.id, email, password };
}

async function keptKey({ db, tenantId }: RequestContext, kept: DemoTenant | null): Promise<string | null> {
  if (!kept) return null;
  const row = await db
    .selectFrom("licenses")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("key_hash", "=", hashSecret(kept.licenseKey))
    .where("status", "=", "active")
    .executeTakeFirst();
  return row ? kept.licenseKey : null;
}

async function keptEndpoint({ db, tenantId }: RequestContext, kept: DemoTenant | null) {
  if (!kept) return null;
  const row = await db
    .selectFrom("endpoints")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("slug", "=", kept.slug)
    .where("released_at", "is", null)
    .executeTakeFirst();
  return row ? { slug: kept.slug, endpointToken: kept.endpointToken } : null;
}

async function makeEndpoint(env: PortalEnv, ctx: RequestContext) {
  for (const slug of [SLUG, `${SLUG}-${randomBytes(3).toString("hex")}`]) {
    try {
      const { endpointToken } = await registerEndpoint({ ctx, input: { slug }, config: apiConfigOf(env) });
      return { slug, endpointToken };
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== "conflict") throw error;
    }
  }
  throw new Error("no name is free for the demo endpoint");
}

function apiConfigOf({ endpoints, portalUrl, relay }: PortalEnv): ApiConfig {
  return {
    endpointsBaseDomain: endpoints.baseDomain,
    endpointsPublicScheme: endpoints.scheme,
    endpointsPublicPort: endpoints.port,
    portalUrl,
    relayWsUrl: relay.wsUrl,
    relayInternalSecret: relay.internalSecret,
    relayConnectorSigningSecret: relay.connectorSigningSecret,
    relayConnectorTtlSeconds: relay.connectorTtlSeconds,
    reservedSlugs: endpoints.reservedSlugs,
    brandNames: endpoints.brandNames,
    allowPrivateUpstreams: false,
    tcpPorts: relay.tcpPorts,
  };
}
