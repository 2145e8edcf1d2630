import { createHmac } from "node:crypto";

/**
 * The form of a session token that a program may keep and send as `Authorization: Bearer …`: token and signature,
 * the same as in the session cookie.
 */
export function signSessionToken(token: string, secret: string): string {
  return encodeURIComponent(`${token}.${createHmac("sha256", secret).update(token).digest("base64")}`);
}
