import type { OpenApiMeta, OpenApiMethod } from "trpc-to-openapi";

/** Groups of the API document, in its order. */
export const tags = [
  "Endpoints",
  "Domains",
  "Hubs",
  "Managed Cloudflare",
  "Connectors",
  "TCP tunnels",
  "Requests",
  "Usage",
  "Budgets",
  "Access keys",
  "License",
  "Account",
  "Billing",
  "Abuse",
  "Relay-internal",
] as const;

/** The REST face of a procedure. Paths are exact; a literal path stands in its router before one with a parameter. */
export function rest(
  method: OpenApiMethod,
  path: `/api/${string}` | `/v1/managed-cloudflare/${string}`,
  options: {
    tag: (typeof tags)[number];
    summary: string;
    description?: string;
    /** False: no bearer token needed. So with machine routes, whose credential may stand in the body. */
    protect?: boolean;
  },
): OpenApiMeta {
  const { tag, summary, description, protect = true } = options;
  return { openapi: { method, path, tags: [tag], summary, description, protect } };
}
