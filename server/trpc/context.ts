import type { Db } from "../../db/client.ts";
import type { Billing } from "../billing/index.ts";
import type { ChangeHub } from "../change-hub.ts";
import type { ApiConfig } from "../config.ts";
import type { DomainDeps } from "../domains/index.ts";
import { slugOfHost } from "../endpoints/index.ts";
import type { HubDeps } from "../hubs/index.ts";
import type { Limiter } from "../limits/index.ts";
import { secretsEqual } from "../secrets.ts";

/** The little of a logger that procedures need; pino fits. */
export interface ApiLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What lives as long as the process. */
export interface ApiDeps {
  readonly db: Db;
  readonly config: ApiConfig;
  readonly log: ApiLog;
  readonly limiter: Limiter;
  readonly changes: ChangeHub;
  readonly billing: Billing;
  readonly domains: DomainDeps;
  readonly hubs: HubDeps;
}

/** A signed-in user, as the portal resolved the session cookie. Membership and role are read anew by each procedure. */
export interface SessionIdentity {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  /** The tenant the user switched to; null: the first one they joined. */
  readonly activeTenantId: string | null;
}

/** What is known of one request before any procedure runs. */
export interface ApiContext extends ApiDeps {
  readonly requestId: string;
  /** As our own ingress saw it; never from a header that a client may write. */
  readonly clientAddress: string;
  readonly session: SessionIdentity | null;
  /** Token of `Authorization: Bearer`; null when there is none or it is the internal secret. */
  readonly bearer: string | null;
  /** The caller showed RELAY_INTERNAL_SECRET. */
  readonly internal: boolean;
  /** The slug that the Host header names; null on the portal's own host. */
  readonly hostSlug: string | null;
}

export interface ContextInput {
  readonly deps: ApiDeps;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly session: SessionIdentity | null;
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** Value of the Host header. */
  readonly host?: string | undefined;
}

/** Makes the context of a request from plain values, whatever transport it came by. */
export function createContext(input: ContextInput): ApiContext {
  const { deps, requestId, clientAddress, session } = input;
  const token = /^bearer +(\S+)$/i.exec(input.authorization?.trim() ?? "")?.[1] ?? null;
  const internal = token !== null && secretsEqual(token, deps.config.relayInternalSecret);
  return {
    ...deps,
    requestId,
    clientAddress,
    session,
    bearer: internal ? null : token,
    internal,
    hostSlug: slugOfHost(input.host, deps.config.endpointsBaseDomain),
  };
}
