import { authenticateApiKey } from "../api-keys/index.ts";
import { licensePermissions, permissionsOfRole, type RequestContext } from "../context.ts";
import { DomainError } from "../errors.ts";
import { authenticateHub, type HubCaller } from "../hubs/index.ts";
import { authenticateLicense } from "../licenses/index.ts";
import type { MachineCredential } from "../schemas.ts";
import { hashSecret, secretPrefixes } from "../secrets.ts";
import { findMembership } from "../tenants/index.ts";
import type { ApiContext } from "./context.ts";

/** The caller of a procedure: what verbs take, and the device when a license was shown. */
export interface Caller {
  readonly ctx: RequestContext;
  readonly device: { devicePk: string; deviceId: string } | null;
}

/** A caller who is signed in or sends an API key. @throws DomainError unauthorized */
export async function authenticateMember(api: ApiContext): Promise<Caller> {
  if (api.bearer?.startsWith(secretPrefixes.apiKey)) return byApiKey(api, api.bearer);
  if (api.bearer !== null) throw unauthorized("this bearer token is not an API key");
  if (api.session) return bySession(api);
  throw unauthorized("sign in, or send an API key as a bearer token");
}

/**
 * A caller of a machine route: a license key with a device id in the body counts before anything else that came along,
 * so that a browser's session never stands in for a wrong key.
 *
 * @throws DomainError unauthorized, forbidden/license_inactive, limit/device_limit
 */
export async function authenticateMachine(api: ApiContext, credential: MachineCredential): Promise<Caller> {
  const { licenseKey, deviceId, ...about } = credential;
  if (licenseKey === undefined) {
    if (api.bearer === null && api.session === null) {
      throw unauthorized("send licenseKey and deviceId, or an API key as a bearer token", "licenseKey");
    }
    return authenticateMember(api);
  }
  if (deviceId === undefined) {
    throw new DomainError("invalid", "invalid_input", "deviceId: required with licenseKey", {
      field: "deviceId",
    });
  }
  return countingFailures(api, async () => {
    const identity = await authenticateLicense(api.db, {
      licenseKey,
      deviceId,
      ...about,
      requestId: api.requestId,
    });
    const { tenantId, devicePk } = identity;
    return { ctx: contextOf(api, tenantId, null, licensePermissions), device: { devicePk, deviceId } };
  });
}

/** A hub that shows its token. @throws DomainError unauthorized/invalid_hub_token */
export function authenticateHubOf(api: ApiContext): Promise<HubCaller> {
  return countingFailures(api, () =>
    authenticateHub(api.db, { token: api.bearer, requestId: api.requestId }),
  );
}

/** What a credential counts as at a door before it has been checked: its hash, never itself. */
export function credentialKey(api: ApiContext, credential: MachineCredential): string | undefined {
  const secret = credential.licenseKey ?? api.bearer;
  if (secret !== null && secret !== undefined) return hashSecret(secret).slice(0, 32);
  return api.session?.userId;
}

function byApiKey(api: ApiContext, secret: string): Promise<Caller> {
  return countingFailures(api, async () => {
    const { tenantId, userId, permissions } = await authenticateApiKey(api.db, secret);
    return { ctx: contextOf(api, tenantId, userId, permissions), device: null };
  });
}

async function bySession(api: ApiContext): Promise<Caller> {
  const session = api.session!;
  const membership = await findMembership(api.db, {
    userId: session.userId,
    tenantId: session.activeTenantId,
  });
  if (!membership)
    throw new DomainError("forbidden", "no_tenant", "you belong to no account: verify your address first");
  const { tenantId, role } = membership;
  return { ctx: contextOf(api, tenantId, session.userId, permissionsOfRole(role)), device: null };
}

function contextOf(
  api: ApiContext,
  tenantId: string,
  userId: string | null,
  permissions: RequestContext["permissions"],
): RequestContext {
  return { tenantId, userId, permissions, requestId: api.requestId, db: api.db };
}

/** An address that shows many wrong keys is refused before the next one is looked at. */
async function countingFailures<T>(api: ApiContext, attempt: () => Promise<T>): Promise<T> {
  await api.limiter.check("credential_failure", api.clientAddress);
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof DomainError && error.kind === "unauthorized") {
      await api.limiter.consume("credential_failure", { address: api.clientAddress });
    }
    throw error;
  }
}

function unauthorized(message: string, field?: string): DomainError {
  return new DomainError("unauthorized", "unauthorized", message, field === undefined ? {} : { field });
}
