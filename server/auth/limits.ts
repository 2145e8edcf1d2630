import { type Kysely, sql } from "kysely";
import type { Database } from "../../db/schema/index.ts";

/** At most `max` in `windowSeconds`, counted from the first. */
export interface Limit {
  readonly windowSeconds: number;
  readonly max: number;
}

/**
 * Limits per path and client address (IPv6: per /64). Wide enough for an office behind one address, far too small for
 * trying passwords or codes. Paths that are not listed have `otherwise`.
 */
export const addressLimits = {
  "/sign-in/email": { windowSeconds: 60, max: 20 },
  "/sign-up/email": { windowSeconds: 3_600, max: 40 },
  "/request-password-reset": { windowSeconds: 600, max: 20 },
  "/send-verification-email": { windowSeconds: 600, max: 20 },
  "/reset-password": { windowSeconds: 600, max: 20 },
  "/verify-email": { windowSeconds: 600, max: 60 },
  "/device": { windowSeconds: 600, max: 40 },
  "/device/code": { windowSeconds: 600, max: 40 },
  // A program polls every five seconds; several people may sign in behind one address.
  "/device/token": { windowSeconds: 60, max: 120 },
} as const satisfies Record<string, Limit>;
export const otherwise: Limit = { windowSeconds: 60, max: 300 };

/** Limits per account, whatever the address, so that turning addresses does not help. */
export const accountLimits = {
  /** Passwords tried for one account from one address. */
  signInFromAddress: { windowSeconds: 900, max: 10 },
  /**
   * Passwords tried for one account from anywhere, browsers that signed in before not counted: strangers cannot lock
   * the owner out.
   */
  signInFromAnywhere: { windowSeconds: 3_600, max: 100 },
  /** The same for a browser that signed in before. */
  signInFromKnownBrowser: { windowSeconds: 900, max: 20 },
  /** Mails to one account asked for from one address. */
  mailFromAddress: { windowSeconds: 3_600, max: 6 },
  /** Mails to one account asked for from anywhere. */
  mailFromAnywhere: { windowSeconds: 3_600, max: 30 },
} as const satisfies Record<string, Limit>;

export type Consumed = { allowed: true } | { allowed: false; retryAfterSeconds: number };

/**
 * Counts one event in a fixed window and tells whether it was within the limit, in one statement, so that parallel
 * requests cannot slip through together. Refused events do not prolong the window.
 */
export async function consumeLimit(db: Kysely<Database>, key: string, limit: Limit): Promise<Consumed> {
  const now = Date.now();
  const oldest = now - limit.windowSeconds * 1_000;
  const { rows } = await sql<{ count: number; lastRequest: number }>`
    insert into "rateLimit" ("id", "key", "count", "lastRequest")
    values (gen_random_uuid()::text, ${key}, 1, ${now})
    on conflict ("key") do update set
      "count" = case when "rateLimit"."lastRequest" <= ${oldest} then 1
        else least("rateLimit"."count" + 1, 1000000000) end,
      "lastRequest" = case when "rateLimit"."lastRequest" <= ${oldest} then excluded."lastRequest"
        else "rateLimit"."lastRequest" end
    returning "count", "lastRequest"`.execute(db);
  const { count, lastRequest } = rows[0]!;
  if (count <= limit.max) return { allowed: true };
  const retryAfterSeconds = Math.ceil((lastRequest + limit.windowSeconds * 1_000 - now) / 1_000);
  return { allowed: false, retryAfterSeconds: Math.max(1, retryAfterSeconds) };
}

/** Forgets windows that ended; the longest is an hour. @returns rows removed */
export async function deleteOldLimits(db: Kysely<Database>): Promise<number> {
  const result = await db
    .deleteFrom("rateLimit")
    .where("lastRequest", "<", Date.now() - 3_600_000)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/**
 * One name for all spellings of a mailbox: case, `+tag` everywhere, dots at Google. Only a key for limits; the address
 * that people typed is the one that is stored and written to.
 */
export function accountKey(email: string): string {
  const address = email.trim().toLowerCase();
  const at = address.lastIndexOf("@");
  if (at < 1) return address;
  const domain = address.slice(at + 1).replace(/^googlemail\.com$/, "gmail.com");
  const name = address.slice(0, at).replace(/(?<=.)\+.*$/, "");
  return `${domain === "gmail.com" ? name.replaceAll(".", "") : name}@${domain}`;
}
