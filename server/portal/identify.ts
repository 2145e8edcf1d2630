import type { IncomingMessage } from "node:http";
import type { Db } from "../../db/client.ts";
import { type Auth, type EnsureTenant, type PortalSession, resolveSession } from "../auth/index.ts";
import type { RequestInfo } from "./request-info.ts";

export interface Identified {
  readonly session: PortalSession | null;
  readonly setCookies: readonly string[];
  /** Authorization header for procedures; absent when it was a session's token and has done its work. */
  readonly authorization: string | undefined;
}

/**
 * Who makes a request: a browser by its cookie, a program by the bearer token of a device login. Keys of ours (`hs_…`)
 * are left to the procedures, and then no cookie counts.
 */
export async function identify(
  deps: { auth: Auth; db: Db; ensureTenant: EnsureTenant },
  request: IncomingMessage,
  info: RequestInfo,
): Promise<Identified> {
  const { authorization, cookie } = request.headers;
  const headers = new Headers();
  // A session token has a signature behind a dot; our keys and the internal secret have none.
  const isSessionToken = authorization !== undefined && /^bearer +[^.\s]+(?:\.|%2e)\S+$/i.test(authorization);
  if (isSessionToken) headers.set("authorization", authorization);
  else if (authorization === undefined && cookie !== undefined) headers.set("cookie", cookie);
  const { session, setCookies } = await resolveSession(deps, headers);
  if (session) info.tenantId = session.tenant.id;
  return {
    session,
    setCookies: isSessionToken ? [] : setCookies,
    authorization: isSessionToken && session ? undefined : authorization,
  };
}
