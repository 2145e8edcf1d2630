import { EnvError } from "./env-schema.ts";
import { portalVariables } from "./env-variables.ts";
import type { SealingKey } from "./sealing.ts";

/** The Cloudflare account that hubs get their tunnels, host names and buckets from. */
export type ManagedCloudflareEnv =
  | { readonly kind: "off" }
  | {
      readonly kind: "on";
      readonly token: string;
      readonly accountId: string;
      readonly zoneId: string;
      /** Host names are made one label under it. */
      readonly domain: string;
      /** Of buckets that are made from now on; each keeps its own. */
      readonly jurisdiction: string;
      /** null: Cloudflare decides. */
      readonly location: string | null;
      /** Origin of R2's S3 API; null: Cloudflare's own, by account and jurisdiction. */
      readonly r2Endpoint: string | null;
      readonly apiBase: string;
    };

interface Values {
  readonly MANAGED_CF_API_TOKEN?: string | undefined;
  readonly MANAGED_CF_ACCOUNT_ID?: string | undefined;
  readonly MANAGED_CF_ZONE_ID?: string | undefined;
  readonly MANAGED_CF_DOMAIN?: string | undefined;
  readonly MANAGED_CF_JURISDICTION: string;
  readonly MANAGED_CF_LOCATION?: string | undefined;
  readonly MANAGED_CF_R2_ENDPOINT?: string | undefined;
  readonly CLOUDFLARE_API_BASE: string;
  readonly ENDPOINTS_BASE_DOMAIN: string;
  readonly SEALING_KEYS: readonly SealingKey[] | null;
}

const required = [
  "MANAGED_CF_API_TOKEN",
  "MANAGED_CF_ACCOUNT_ID",
  "MANAGED_CF_ZONE_ID",
  "MANAGED_CF_DOMAIN",
] as const;

/** Off when nothing of it is set; @throws EnvError when a part is missing, or its domain is that of the endpoints. */
export function readManagedCloudflare(values: Values): ManagedCloudflareEnv {
  const missing: (typeof required)[number][] = required.filter((name) => !values[name]);
  if (missing.length === required.length) return { kind: "off" };
  const problems = [...missing, ...(values.SEALING_KEYS ? [] : (["SEALING_KEYS"] as const))].map(
    (name) =>
      `${name} is not set; with the other MANAGED_CF_ variables, expected ${portalVariables[name].expected}`,
  );
  // An endpoint could claim the name of a hub there, and a hub that of an endpoint.
  if (values.MANAGED_CF_DOMAIN === values.ENDPOINTS_BASE_DOMAIN) {
    problems.push(
      `MANAGED_CF_DOMAIN is ${JSON.stringify(values.MANAGED_CF_DOMAIN)}; expected another domain than ENDPOINTS_BASE_DOMAIN`,
    );
  }
  if (problems.length > 0) throw new EnvError(problems);
  return {
    kind: "on",
    token: values.MANAGED_CF_API_TOKEN!,
    accountId: values.MANAGED_CF_ACCOUNT_ID!,
    zoneId: values.MANAGED_CF_ZONE_ID!,
    domain: values.MANAGED_CF_DOMAIN!,
    jurisdiction: values.MANAGED_CF_JURISDICTION,
    location: values.MANAGED_CF_LOCATION ?? null,
    r2Endpoint: values.MANAGED_CF_R2_ENDPOINT ?? null,
    apiBase: values.CLOUDFLARE_API_BASE,
  };
}
