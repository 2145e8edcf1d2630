import { createHmac, timingSafeEqual } from "node:crypto";
import { accountKey } from "./limits.ts";

/**
 * A cookie that a browser gets when it signs in: its tries for that account have a limit of their own, so that nobody
 * can lock an owner out by trying wrong passwords from elsewhere. It grants nothing.
 *
 * @see https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
 */
export interface KnownBrowsers {
  /** `Set-Cookie` value to send after a sign-in. */
  cookieFor(email: string): string;
  /** The cookie's value when it belongs to this account, else null. */
  recognise(cookieHeader: string | null, email: string): string | null;
}

const maxAgeSeconds = 365 * 86_400;

/** @param secure true when the portal is served over https: then the cookie has the `__Host-` prefix */
export function createKnownBrowsers(secret: string, secure: boolean): KnownBrowsers {
  const name = `${secure ? "__Host-" : ""}hotspot.known_browser`;
  const valueFor = (email: string) =>
    createHmac("sha256", secret)
      .update(`known browser of ${accountKey(email)}`)
      .digest("base64url");
  return {
    cookieFor: (email) =>
      `${name}=${valueFor(email)}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`,
    recognise(cookieHeader, email) {
      const found = cookieHeader
        ?.split(/; */)
        .find((cookie) => cookie.startsWith(`${name}=`))
        ?.slice(name.length + 1);
      const expected = Buffer.from(valueFor(email));
      const given = Buffer.from(found ?? "");
      return given.length === expected.length && timingSafeEqual(given, expected) ? given.toString() : null;
    },
  };
}
