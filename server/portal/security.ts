import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PortalEnv } from "../env.ts";

/** A fresh nonce for one page. */
export function createNonce(): string {
  return randomBytes(16).toString("base64url");
}

/**
 * Headers of every answer on the portal's host. Scripts run only with the nonce of this page; styles may be inline,
 * because dialogs and menus of the component library write <style> elements and style attributes by script.
 *
 * @param https the portal is served over https: then browsers are told to stay there
 * @param formTargets origins that a form of ours may lead on to; browsers hold redirects after a form to the policy too
 */
export function setSecurityHeaders(
  response: ServerResponse,
  nonce: string,
  options: { https: boolean; formTargets: readonly string[] },
): void {
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    ["form-action 'self'", ...options.formTargets].join(" "),
    "frame-src 'self'",
    "frame-ancestors 'none'",
  ];
  response.setHeader("Content-Security-Policy", policy.join("; "));
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Referrer-Policy", "strict-origin-when-cross-origin");
  response.setHeader("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  if (options.https) response.setHeader("Strict-Transport-Security", "max-age=31536000");
}

/** Where the buttons of the billing pages lead: Stripe's own pages, or those of the stand-in. */
export function stripePageOrigins(billing: PortalEnv["billing"]): readonly string[] {
  if (billing.kind === "off") return [];
  if (billing.apiBase !== null) return [new URL(billing.apiBase).origin];
  return ["https://checkout.stripe.com", "https://billing.stripe.com", "https://invoice.stripe.com"];
}

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request may change something: a browser must say that it comes from a page of ours, exactly. Programs send
 * no Origin and no cookie and are not asked.
 *
 * @returns why not, or null
 */
export function refuseForeignOrigin(request: IncomingMessage, portalOrigin: string): string | null {
  if (safeMethods.has(request.method ?? "")) return null;
  const { origin, referer, cookie, host } = request.headers;
  const claimed = origin ?? (cookie ? originOf(referer) : undefined);
  if (claimed === undefined) return cookie ? "a request with cookies must say its origin" : null;
  if (claimed === portalOrigin) return null;
  // The same local portal under its other name, e.g. 127.0.0.1 for localhost: another cookie jar, but no other site.
  if (host && claimed === `http://${host}` && /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host))
    return null;
  return "this origin may not call the portal";
}

function originOf(url: string | undefined): string | undefined {
  return url && URL.canParse(url) ? new URL(url).origin : undefined;
}

/**
 * Whether two hosts share a registrable domain, told without the public suffix list: the same last two labels, or one
 * inside the other. Then a tenant's page can flood the portal's cookies, so production start warns.
 */
export function sharesRegistrableDomain(one: string, other: string): boolean {
  const lastTwo = (host: string) => host.split(".").slice(-2).join(".");
  return (
    one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`) || lastTwo(one) === lastTwo(other)
  );
}
