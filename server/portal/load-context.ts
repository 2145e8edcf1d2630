import type { AppLoadContext } from "@remix-run/node";
import { type AuthHandler, createAuthActions, type PortalSession, passwordLength } from "../auth/index.ts";
import { publicUrlFor } from "../endpoints/index.ts";
import type { PortalEnv } from "../env.ts";
import { type ApiDeps, createContext, type SessionIdentity } from "../trpc/context.ts";
import { createCaller } from "../trpc/root.ts";
import type { RequestInfo } from "./request-info.ts";
import { sendTryRequest } from "./try-request.ts";

/** What procedures want to know of a session. */
export function identityOf(session: PortalSession | null): SessionIdentity | null {
  if (!session) return null;
  const { user, tenant } = session;
  return { userId: user.id, name: user.name, email: user.email, activeTenantId: tenant.id };
}

/** What pages may know of the configuration. */
export function appConfigOf(
  env: PortalEnv,
  { config: api, billing }: Pick<ApiDeps, "config" | "billing">,
): AppLoadContext["config"] {
  const { mail, portalUrl } = env;
  return {
    baseDomain: env.endpoints.baseDomain,
    portalUrl,
    publicUrlFor: (slug) => publicUrlFor(api, slug),
    mailboxUrl: mail.kind === "mailbox" && mail.page ? `${portalUrl}/mailbox` : null,
    passwordLength,
    integrations: { mail: mail.kind, billing: billing.mode, storage: env.storage.kind },
  };
}

/** The load context of one page request: everything that pages may ask of the server. */
export function createLoadContext(
  deps: { env: PortalEnv; api: ApiDeps; authHandler: AuthHandler },
  page: { request: Request; info: RequestInfo; session: PortalSession | null; nonce: string },
): AppLoadContext {
  const { env, api: apiDeps, authHandler } = deps;
  const { request, info, session, nonce } = page;
  const { requestId, clientAddress } = info;
  const config = appConfigOf(env, apiDeps);
  const api = createCaller(
    createContext({ deps: apiDeps, requestId, clientAddress, session: identityOf(session) }),
  );
  return {
    api,
    session,
    config,
    requestId,
    cspNonce: nonce,
    auth: createAuthActions({ handler: authHandler, portalUrl: env.portalUrl, request, clientAddress }),
    async tryRequest({ slug, ...rest }) {
      // Not found for every slug that is not the session tenant's.
      const endpoint = await api.endpoints.get({ slug });
      const publicHost = new URL(endpoint.publicBaseUrl).host;
      return sendTryRequest({ relay: env.relay, publicHost, clientAddress }, rest);
    },
    reportError: (error) => info.log.error({ err: error }, "page failed"),
  };
}
