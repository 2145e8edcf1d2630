import type { Db } from "../../db/client.ts";
import { permissionsOfRole } from "../context.ts";
import { askDatabase } from "../database-away.ts";
import { findMembership } from "../tenants/index.ts";
import type { Auth } from "./auth.ts";
import type { EnsureTenant } from "./ensure-tenant.ts";
import type { PortalSession, TenantRole } from "./types.ts";

export interface ResolvedSession {
  readonly session: PortalSession | null;
  /** Cookies to pass on: the session's end moves with its use, and an ended one is cleared. */
  readonly setCookies: readonly string[];
}

const roles: readonly TenantRole[] = ["owner", "admin", "member"];
const nobody: ResolvedSession = { session: null, setCookies: [] };

/**
 * Who asks, from the session cookie or a bearer token of the device login. Costs nothing when neither is there.
 *
 * @param headers of the request
 */
export async function resolveSession(
  deps: { auth: Auth; db: Db; ensureTenant: EnsureTenant },
  headers: Headers,
): Promise<ResolvedSession> {
  const { auth, db, ensureTenant } = deps;
  const relevant = new Headers();
  for (const name of ["cookie", "authorization", "user-agent"]) {
    const value = headers.get(name);
    if (value !== null) relevant.set(name, value);
  }
  if (!relevant.has("cookie") && !relevant.has("authorization")) return nobody;

  const asked = auth.api.getSession({ headers: relevant, returnHeaders: true });
  const { headers: answered, response } = await asked.catch(async (error: unknown) => {
    // better-auth says that it failed, and not why: when the database is away, that is the answer.
    await askDatabase(db);
    throw error;
  });
  const setCookies = answered.getSetCookie();
  if (!response?.user.emailVerified) return { session: null, setCookies };
  const { user, session } = response;
  const tenantId = session.activeOrganizationId ?? (await ensureTenant(user));
  // Read at every request: a member who was removed, or whose role changed, is so at once.
  const membership =
    (await findMembership(db, { userId: user.id, tenantId })) ??
    (await findMembership(db, { userId: user.id, tenantId: await ensureTenant(user) }));
  if (!membership) throw new Error("a user without a tenant after making one");

  return {
    setCookies,
    session: {
      user: { id: user.id, name: user.name, email: user.email, emailVerified: user.emailVerified },
      tenant: {
        id: membership.tenantId,
        name: membership.tenantName,
        role: strongestRole(membership.role),
        permissions: permissionsOfRole(membership.role),
      },
      expiresAt: session.expiresAt,
    },
  };
}

/** better-auth joins several roles by commas; the strongest is shown. */
function strongestRole(role: string): TenantRole {
  const held = role.split(",").map((name) => name.trim());
  return roles.find((name) => held.includes(name)) ?? "member";
}
