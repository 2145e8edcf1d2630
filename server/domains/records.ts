import type { ApiConfig } from "../config.ts";
import { PROOF_LABEL } from "./host.ts";

/** What the owner of a host sets in its DNS. */
export interface WantedRecords {
  readonly proof: { readonly name: string; readonly value: string };
  /** The value is where the name has to lead. */
  readonly route: { readonly name: string; readonly value: string };
}

export function wantedRecords(
  domain: { host: string; slug: string; proof_token: string },
  config: Pick<ApiConfig, "endpointsBaseDomain">,
): WantedRecords {
  return {
    proof: {
      name: `${PROOF_LABEL}.${domain.host}`,
      value: `hotspot-verification=${domain.proof_token}`,
    },
    route: { name: domain.host, value: `${domain.slug}.${config.endpointsBaseDomain}` },
  };
}
