/**
 * The door from the app to the server: what a loader or action finds in `context`. Types only, so that no server code
 * can reach the browser or be copied into the app's bundle; the instances are made in `server/portal`.
 */
import type { AppRouter } from "../../server/trpc/root.ts";

/** The procedures, called in-process as the request's caller: `await context.api.endpoints.list()`. */
export type Api = ReturnType<AppRouter["createCaller"]>;

/** Role of a user within their tenant, as better-auth's organization plugin names them. */
export type TenantRole = "owner" | "admin" | "member";

/** Who is signed in. Times out after 30 minutes without a request. */
export interface PortalSession {
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly email: string;
    readonly emailVerified: boolean;
  };
  readonly tenant: {
    readonly id: string;
    readonly name: string;
    readonly role: TenantRole;
    readonly permissions: readonly string[];
  };
  readonly expiresAt: Date;
}

/** Why an auth action was refused. Stable: pages choose their words by it. */
export type AuthErrorCode =
  | "invalid_credentials"
  | "email_not_verified"
  | "invalid_email"
  | "invalid_name"
  | "password_too_short"
  | "password_too_long"
  | "invalid_token"
  | "expired_token"
  | "invalid_device_code"
  | "expired_device_code"
  | "device_code_used"
  | "unauthorized"
  | "rate_limited"
  | "internal";

/**
 * Answer of an auth action. On success pass `headers` (Set-Cookie) on to the response:
 * `redirect("/endpoints", { headers: result.headers })`.
 */
export type AuthResult =
  | { readonly ok: true; readonly headers: Headers }
  | {
      readonly ok: false;
      readonly code: AuthErrorCode;
      /** A sentence to show. */
      readonly message: string;
      /** The input it belongs to, when it belongs to one. */
      readonly field?: "name" | "email" | "password" | "token" | "userCode";
      /** With `rate_limited`: seconds until another try makes sense. */
      readonly retryAfterSeconds?: number;
    };

/** A `hotspot login` waiting to be confirmed on /device. */
export interface DeviceLogin {
  readonly userCode: string;
  readonly status: "pending" | "approved" | "denied";
  /** The program that asks, e.g. `hotspot-cli`. */
  readonly clientId: string;
}

/**
 * Sign-up, sign-in and so on for pages. Nobody learns from them whether an address has an account: `signUp`,
 * `resendVerification` and `requestPasswordReset` answer the same, in the same time, for known and unknown ones.
 */
export interface AuthActions {
  /** Mails a verification link (or, to an address that has an account, a notice). Does not sign in. */
  signUp(input: { name: string; email: string; password: string }): Promise<AuthResult>;
  /** Unverified address with the right password: `email_not_verified`, and the mail is sent again. */
  signIn(input: { email: string; password: string }): Promise<AuthResult>;
  signOut(): Promise<AuthResult>;
  resendVerification(input: { email: string }): Promise<AuthResult>;
  /**
   * Redeems the token of the mail's link `/verify-email?token=…`, makes the tenant and signs in.
   * A second use is harmless: ok, without signing in.
   */
  verifyEmail(input: { token: string }): Promise<AuthResult>;
  requestPasswordReset(input: { email: string }): Promise<AuthResult>;
  /** Redeems the token of `/reset-password?token=…`, once; every session of the user ends. */
  resetPassword(input: { token: string; password: string }): Promise<AuthResult>;
  /** Looks a code up and ties it to the signed-in user; call it before `approveDevice` or `denyDevice`. */
  findDevice(input: {
    userCode: string;
  }): Promise<(AuthResult & { ok: false }) | { ok: true; device: DeviceLogin }>;
  approveDevice(input: { userCode: string }): Promise<AuthResult>;
  denyDevice(input: { userCode: string }): Promise<AuthResult>;
}

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
  readonly integrations: {
    readonly mail: "smtp" | "mailbox";
    readonly billing: "off" | "stripe";
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
     * @throws DomainError not_found/endpoint_not_found when the slug is not the session tenant's,
     *   unauthorized/unauthorized without a session, precondition/relay_unreachable when the relay does not answer
     */
    tryRequest(request: TryRequest): Promise<Response>;
    /** Logs an unexpected error under the request id. */
    reportError(error: unknown): void;
  }
}
