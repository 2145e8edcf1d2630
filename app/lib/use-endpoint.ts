import { useOutletContext } from "@remix-run/react";
import type { EndpointDetail } from "./api-types.ts";
import type { LiveState } from "./use-live-endpoint.ts";

/** What the endpoint's layout hands to its pages. */
export interface EndpointContext {
  endpoint: EndpointDetail;
  live: LiveState;
  portalUrl: string;
}

/** The endpoint whose page this is, with its connectors as they are now. */
export function useEndpoint(): EndpointContext {
  return useOutletContext<EndpointContext>();
}
