import type { AuthHandler } from "./handler.ts";
import type { AuthActions, AuthErrorCode, AuthRefusal, AuthResult, DeviceLogin } from "./types.ts";

/** What better-auth and our handler say, in the words of the pages. */
const refusals: Readonly<Record<string, Omit<AuthRefusal, "ok" | "message"> & { message?: string }>> = {
  INVALID_EMAIL_OR_PASSWORD: { code: "invalid_credentials", message: "E-mail address or password is wrong." },
  EMAIL_NOT_VERIFIED: {
    code: "email_not_verified",
    field: "email",
    message: "Confirm your e-mail address first. We have sent you the mail again.",
  },
  INVALID_EMAIL: { code: "invalid_email", field: "email", message: "This is not an e-mail address." },
  INVALID_NAME: { code: "invalid_name", field: "name" },
  PASSWORD_TOO_SHORT: {
    code: "password_too_short",
    field: "password",
    message: "The password is too short.",
  },
  PASSWORD_TOO_LONG: { code: "password_too_long", field: "password", message: "The password is too long." },
  INVALID_PASSWORD: {
    code: "invalid_credentials",
    field: "password",
    message: "This password cannot be used.",
  },
  INVALID_TOKEN: { code: "invalid_token", field: "token", message: "This link does not work any more." },
  TOKEN_EXPIRED: {
    code: "expired_token",
    field: "token",
    message: "This link is too old. Ask for a new one.",
  },
  USER_NOT_FOUND: { code: "invalid_token", field: "token", message: "This link does not work any more." },
  UNAUTHORIZED: { code: "unauthorized", message: "Sign in first." },
};

/** The device routes answer in the shape of RFC 8628 and tell their cases apart by text. */
function deviceRefusal(error: string, description: string): AuthRefusal | null {
  if (error === "expired_token") {
    return refuse("expired_device_code", "This code is too old. Start the login again.", "userCode");
  }
  if (error === "device_code_already_processed" || /already processed/i.test(description)) {
    return refuse("device_code_used", "This code was used already.", "userCode");
  }
  if (error === "unauthorized") return refuse("unauthorized", "Sign in first.");
  if (error === "invalid_request" || error === "access_denied") {
    return refuse("invalid_device_code", "There is no such code. Check the letters.", "userCode");
  }
  return null;
}

/**
 * The auth actions of one page request.
 *
 * @param request the page's request: its cookies say who acts
 */
export function createAuthActions(deps: {
  handler: AuthHandler;
  portalUrl: string;
  request: Request;
  clientAddress: string;
}): AuthActions {
  const { handler, portalUrl, request, clientAddress } = deps;
  const call = (method: "GET" | "POST", path: string, input: Record<string, string> = {}) => {
    const url = new URL(`/api/auth${path}`, portalUrl);
    // The page's own request has passed the origin check; better-auth makes its own.
    const headers = new Headers({ origin: portalUrl, accept: "application/json" });
    for (const name of ["cookie", "user-agent"]) {
      const value = request.headers.get(name);
      if (value) headers.set(name, value);
    }
    if (method === "GET") {
      for (const [name, value] of Object.entries(input)) url.searchParams.set(name, value);
      return handler(new Request(url, { headers }), clientAddress);
    }
    headers.set("content-type", "application/json");
    return handler(new Request(url, { method, headers, body: JSON.stringify(input) }), clientAddress);
  };
  const act = async (...args: Parameters<typeof call>): Promise<AuthResult> => {
    const response = await call(...args);
    return response.ok ? accept(response) : refuseBy(response);
  };

  return {
    signUp: ({ name, email, password }) => act("POST", "/sign-up/email", { name, email, password }),
    signIn: ({ email, password }) => act("POST", "/sign-in/email", { email, password }),
    signOut: () => act("POST", "/sign-out"),
    resendVerification: ({ email }) => act("POST", "/send-verification-email", { email }),
    verifyEmail: ({ token }) => act("GET", "/verify-email", { token }),
    requestPasswordReset: ({ email }) => act("POST", "/request-password-reset", { email }),
    resetPassword: ({ token, password }) => act("POST", "/reset-password", { token, newPassword: password }),
    approveDevice: ({ userCode }) => act("POST", "/device/approve", { userCode }),
    denyDevice: ({ userCode }) => act("POST", "/device/deny", { userCode }),
    async findDevice({ userCode }) {
      const response = await call("GET", "/device", { user_code: userCode });
      if (!response.ok) return refuseBy(response);
      const found = (await response.json()) as { status: DeviceLogin["status"]; client_id?: string };
      // Without a client id the code belongs to somebody else's login.
      if (!found.client_id)
        return refuse("invalid_device_code", "There is no such code. Check the letters.", "userCode");
      return { ok: true, device: { userCode, status: found.status, clientId: found.client_id } };
    },
  };
}

function accept(response: Response): AuthResult {
  const headers = new Headers();
  for (const cookie of response.headers.getSetCookie()) headers.append("set-cookie", cookie);
  return { ok: true, headers };
}

async function refuseBy(response: Response): Promise<AuthRefusal> {
  if (response.status === 429) {
    const retryAfterSeconds = Number(response.headers.get("retry-after") ?? 60);
    return { ...refuse("rate_limited", "Too many tries. Wait a little, then try again."), retryAfterSeconds };
  }
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const message = typeof body.message === "string" ? body.message : "";
  const known = typeof body.code === "string" ? refusals[body.code] : undefined;
  if (known) return { ok: false, ...known, message: known.message ?? message };
  if (typeof body.error === "string") {
    const refused = deviceRefusal(body.error, String(body.error_description ?? ""));
    if (refused) return refused;
  }
  if (response.status < 500) return refuse("invalid_input", message || "Check what you have typed.");
  return refuse("internal", "Something went wrong on our side. Try again.");
}

function refuse(code: AuthErrorCode, message: string, field?: AuthRefusal["field"]): AuthRefusal {
  return { ok: false, code, message, ...(field ? { field } : {}) };
}
