import type { Db } from "../../db/client.ts";
import { permissionsOfRole } from "../context.ts";
import { type Auth, clientAddressHeader } from "./auth.ts";
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
  deps: {
    auth: Auth;
    db: Db;
    ensureTenant: (user: { id: string; name: string; email: string }) => Promise<string>;
  },
  headers: Headers,
): Promise<ResolvedSession> {
  const { auth, db, ensureTenant } = deps;
  if (!headers.has("cookie") && !headers.has("authorization")) return nobody;
  const relevant = new Headers();
  for (const name of ["cookie", "authorization", "user-agent"]) {
    const value = headers.get(name);
    if (value !== null) relevant.set(name, value);
  }
  relevant.delete(clientAddressHeader);
  const { headers: answered, response } = await auth.api.getSession({
    headers: relevant,
    returnHeaders: true,
  });
  const setCookies = answered.getSetCookie();
  if (!response?.user.emailVerified) return { session: null, setCookies };
  const { user, session } = response;

  const find = (tenantId: string | null | undefined) =>
    tenantId
      ? db
          .selectFrom("member")
          .innerJoin("organization", "organization.id", "member.organizationId")
          .select(["organization.id", "organization.name", "member.role"])
          .where("member.userId", "=", user.id)
          .where("member.organizationId", "=", tenantId)
          .executeTakeFirst()
      : undefined;
  // The tenant of the session may be gone, or its membership: then the user's own.
  const tenant = (await find(session.activeOrganizationId)) ?? (await find(await ensureTenant(user)));
  if (!tenant) throw new Error("a user without a tenant after making one");

  return {
    setCookies,
    session: {
      user: { id: user.id, name: user.name, email: user.email, emailVerified: user.emailVerified },
      tenant: {
        id: tenant.id,
        name: tenant.name,
        role: highestRole(tenant.role),
        permissions: permissionsOfRole(tenant.role),
      },
      expiresAt: session.expiresAt,
    },
  };
}

/** better-auth joins several roles by commas; the strongest is shown. */
function highestRole(role: string): TenantRole {
  const held = role.split(",").map((name) => name.trim());
  return roles.find((name) => held.includes(name)) ?? "member";
}
