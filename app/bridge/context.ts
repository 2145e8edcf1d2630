/**
 * The door from the app to the server: what a loader or action finds in `context`. Types only, so that no server code
 * can reach the browser or be copied into the app's bundle; the instances are made in `server/portal`.
 */
import type { AuthActions, PortalSession } from "../../server/auth/types.ts";
import type { ApiCaller } from "../../server/trpc/root.ts";

/** The procedures, called in-process as the request's caller: `await context.api.endpoints.list()`. */
export type Api = ApiCaller;

export type {
  AuthActions,
  AuthErrorCode,
  AuthRefusal,
  AuthResult,
  DeviceLogin,
  PortalSession,
  TenantRole,
} from "../../server/auth/types.ts";

/** What pages may know of the configuration. All of it may reach the browser. */
export interface AppConfig {
  /** e.g. `localhost`, `example.com`. */
  readonly baseDomain: string;
  /** Origin of this portal, no trailing slash. */
  readonly portalUrl: string;
  /** Public address of an endpoint, no trailing slash: `http://acme.localhost:8789`. */
  publicUrlFor(slug: string): string;
  /** The local mailbox page, when mail is captured instead of sent and the page is switched on. */
  readonly mailboxUrl: string | null;
  /** Characters. */
  readonly passwordLength: { readonly min: number; readonly max: number };
  readonly integrations: {
    readonly mail: "smtp" | "mailbox";
    /** What stands behind the account's money: nothing, something to try it against, Stripe's sandbox, or Stripe. */
    readonly billing: "off" | "stand_in" | "test" | "live";
    readonly storage: "off" | "s3";
  };
}

/** One request to an endpoint on behalf of its owner. */
export interface TryRequest {
  slug: string;
  method: string;
  /** Path with query, starting with `/`. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** The page's own `request.signal`: leaving the page ends the request at the upstream too. */
  signal: AbortSignal;
}

declare module "@remix-run/node" {
  // Loaders give Dates and Maps as they are (turbo-stream), so the types say so.
  interface Future {
    v3_singleFetch: true;
  }

  interface AppLoadContext {
    readonly api: Api;
    readonly session: PortalSession | null;
    readonly auth: AuthActions;
    readonly config: AppConfig;
    /** For `<Scripts nonce>` and the like on the server; read it by `useNonce()` of `app/bridge/nonce.ts`. */
    readonly cspNonce: string;
    /** Same id as in the logs and in error bodies: show it with unexpected errors. */
    readonly requestId: string;
    /**
     * Sends a request through the public way (relay, link, connector), its access-key check skipped, and streams
     * the answer. Anything the relay answers, errors included, is a Response.
     *
     * Cookies that the endpoint sets are left out: they are not for the portal's host. Its content is the tenant's:
     * never show it as HTML.
     *
     * @throws TRPCError NOT_FOUND when the slug is not the session tenant's, UNAUTHORIZED without a session
     * @throws DomainError invalid/invalid_request for a method, path or header that HTTP does not know,
     *   precondition/relay_unreachable when the relay does not answer
     */
    tryRequest(request: TryRequest): Promise<Response>;
    /** Logs an unexpected error under the request id. */
    reportError(error: unknown): void;
  }
}
