import { type BetterAuthOptions, betterAuth } from "better-auth";
import { createAuthMiddleware } from "better-auth/api";
import { bearer, deviceAuthorization, organization } from "better-auth/plugins";
import type { Db } from "../../db/client.ts";
import { seatLimitOf } from "../billing/index.ts";
import type { Logger } from "../log.ts";
import type { Mailer } from "../mail/index.ts";
import { signSessionToken } from "./bearer-token.ts";
import type { EnsureTenant } from "./ensure-tenant.ts";
import { addressLimits, consumeLimit, otherwise } from "./limits.ts";

/** Seconds without a request after which a session ends. */
export const sessionSeconds = 30 * 60;
/** Seconds between two writes of a session's end: sliding, but not one UPDATE per request. */
const sessionUpdateSeconds = 60;
const verificationHours = 24;
const resetHours = 1;
export const passwordLength = { min: 10, max: 128 } as const;
/** Programs that may ask for a login by device code. */
export const deviceClientIds: readonly string[] = ["hotspot-cli"];
/** Our ingress writes the client's address here, and removes what came from outside under this name. */
export const clientAddressHeader = "x-hotspot-client-address";

export interface AuthDeps {
  readonly db: Db;
  readonly log: Logger;
  readonly mailer: Mailer;
  /** Origin of the portal; https makes cookies `__Host-`. */
  readonly portalUrl: string;
  readonly secret: string;
  readonly ensureTenant: EnsureTenant;
  /** Takes work that goes on after the answer, such as mail. */
  readonly runInBackground: (work: Promise<unknown>) => void;
}

/**
 * The better-auth instance: accounts with e-mail and password, verified addresses, organizations as tenants, device
 * login for the command line. It is reached through `createAuthHandler` only, which limits paths, bodies and rates.
 */
export function createAuth(deps: AuthDeps) {
  const { mailer, portalUrl, runInBackground } = deps;
  const secure = portalUrl.startsWith("https://");
  const pageUrl = (path: string, query: Record<string, string> = {}) => {
    const url = new URL(path, portalUrl);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  };
  const mailVerification = (user: { name: string; email: string }, token: string) =>
    mailer.send(user.email, {
      kind: "verify_email",
      name: user.name,
      url: pageUrl("/verify-email", { token }),
      validHours: verificationHours,
    });

  return betterAuth({
    appName: "Hotspot",
    baseURL: portalUrl,
    basePath: "/api/auth",
    secret: deps.secret,
    database: { db: deps.db, type: "postgres" },
    trustedOrigins: [portalUrl],
    telemetry: { enabled: false },
    logger: loggerOver(deps.log),
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      resetPasswordTokenExpiresIn: resetHours * 3_600,
      revokeSessionsOnPasswordReset: true,
      async sendResetPassword({ user, token }) {
        await mailer.send(user.email, {
          kind: "reset_password",
          name: user.name,
          url: pageUrl("/reset-password", { token }),
          validHours: resetHours,
        });
      },
      async onPasswordReset({ user }) {
        const resetUrl = pageUrl("/forgot-password");
        runInBackground(mailer.send(user.email, { kind: "password_changed", name: user.name, resetUrl }));
      },
      async onExistingUserSignUp({ user }) {
        await mailer.send(user.email, {
          kind: "already_registered",
          name: user.name,
          signInUrl: pageUrl("/sign-in"),
          resetUrl: pageUrl("/forgot-password"),
        });
      },
    },
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: true,
      autoSignInAfterVerification: true,
      expiresIn: verificationHours * 3_600,
      async sendVerificationEmail({ user, token }) {
        // Not awaited: an answer must not take longer because there was an account to write to.
        runInBackground(mailVerification(user, token));
      },
      async afterEmailVerification(user) {
        await deps.ensureTenant(user);
      },
    },
    session: { expiresIn: sessionSeconds, updateAge: sessionUpdateSeconds },
    verification: { storeIdentifier: "hashed" },
    user: { changeEmail: { enabled: false }, deleteUser: { enabled: false } },
    databaseHooks: {
      session: {
        create: {
          async before(session) {
            // Also repairs an account whose tenant could not be made when it was verified.
            const activeOrganizationId = await deps.ensureTenant({ id: session.userId });
            return { data: { ...session, activeOrganizationId } };
          },
        },
      },
    },
    rateLimit: {
      enabled: true,
      window: otherwise.windowSeconds,
      max: otherwise.max,
      customRules: Object.fromEntries(
        Object.entries(addressLimits).map(([path, { windowSeconds, max }]) => [
          path,
          { window: windowSeconds, max },
        ]),
      ),
      customStorage: {
        async consume(key, rule) {
          const result = await consumeLimit(deps.db, key, { windowSeconds: rule.window, max: rule.max });
          return { allowed: result.allowed, retryAfter: result.allowed ? null : result.retryAfterSeconds };
        },
      },
    },
    advanced: {
      // `__Host-` keeps tenant hosts under a shared parent from setting our cookies; it needs Secure, Path=/ and no Domain.
      cookiePrefix: secure ? "__Host-hotspot" : "hotspot",
      useSecureCookies: false,
      defaultCookieAttributes: { secure, httpOnly: true, sameSite: "lax", path: "/" },
      // The default believes X-Forwarded-For from anybody.
      ipAddress: { ipAddressHeaders: [clientAddressHeader], ipv6Subnet: 64 },
      backgroundTasks: { handler: runInBackground },
    },
    hooks: {
      after: createAuthMiddleware(async (ctx) => {
        if (ctx.path !== "/device/token") return;
        const answer = ctx.context.returned;
        if (!isTokenAnswer(answer)) return;
        // The bearer plugin takes signed tokens only: what stands in the database opens nothing.
        return ctx.json({ ...answer, access_token: signSessionToken(answer.access_token, deps.secret) });
      }),
    },
    plugins: [
      organization({
        allowUserToCreateOrganization: false,
        creatorRole: "owner",
        membershipLimit: (_user, { id }) => seatLimitOf(deps.db, id),
      }),
      deviceAuthorization({
        verificationUri: "/device",
        expiresIn: "15m",
        interval: "5s",
        validateClient: (clientId) => deviceClientIds.includes(clientId),
      }),
      bearer({ requireSignature: true }),
    ],
  } satisfies BetterAuthOptions);
}

export type Auth = ReturnType<typeof createAuth>;

function isTokenAnswer(value: unknown): value is { access_token: string } {
  return (
    typeof value === "object" && value !== null && typeof Reflect.get(value, "access_token") === "string"
  );
}

/** Its info level names e-mail addresses, so only warnings and errors are kept. */
function loggerOver(log: Logger): BetterAuthOptions["logger"] {
  const child = log.child({ area: "auth" });
  return {
    level: "warn",
    disableColors: true,
    log(level, message, ...rest) {
      const error = rest.find((item) => item instanceof Error);
      child[level === "error" ? "error" : "warn"](error ? { error } : {}, message);
    },
  };
}
