/** Failures that waiting alone does not cure: somebody has to do something. They are still tried again, slowly. */
const permanent = new Set(["hostname_foreign", "cloudflare_permission", "r2_off", "cloudflare_limit"]);

export function isPermanent(code: string | null): boolean {
  return code !== null && permanent.has(code);
}
