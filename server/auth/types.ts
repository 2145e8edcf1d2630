import type { Permission } from "../context.ts";

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
    readonly permissions: readonly Permission[];
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
  | "invalid_input"
  | "rate_limited"
  | "internal";

/** A refused auth action. */
export interface AuthRefusal {
  readonly ok: false;
  readonly code: AuthErrorCode;
  /** A sentence to show. */
  readonly message: string;
  /** The input it belongs to, when it belongs to one. */
  readonly field?: "name" | "email" | "password" | "token" | "userCode";
  /** With `rate_limited`: seconds until another try makes sense. */
  readonly retryAfterSeconds?: number;
}

/**
 * Answer of an auth action. On success pass `headers` (Set-Cookie) on to the response:
 * `redirect("/endpoints", { headers: result.headers })`.
 */
export type AuthResult = { readonly ok: true; readonly headers: Headers } | AuthRefusal;

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
  findDevice(input: { userCode: string }): Promise<{ ok: true; device: DeviceLogin } | AuthRefusal>;
  approveDevice(input: { userCode: string }): Promise<AuthResult>;
  denyDevice(input: { userCode: string }): Promise<AuthResult>;
}
