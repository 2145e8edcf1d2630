import { generateOpenApiDocument, type OpenAPIObject } from "trpc-to-openapi";
import * as z from "zod";
import type { ApiConfig } from "../../config.ts";
import { tags } from "../rest-meta.ts";
import { appRouter } from "../root.ts";
import { usageExportOperation, usageExportRoute } from "./usage-export.ts";

const description = `Manage endpoints, connectors and keys.

Routes that a person or a program uses take \`Authorization: Bearer hs_api_…\` or the portal's session. Machine routes also
take \`licenseKey\` and \`deviceId\` in the body. Relay-internal routes take \`Authorization: Bearer\` and
RELAY_INTERNAL_SECRET. Every error has the form
\`{"error": {"code", "message", "requestId", "field"?, "details"?}}\`; \`code\` is stable.`;

const ErrorBody = z.object({
  error: z.object({
    code: z.string().describe("Stable, for programs"),
    message: z.string().describe("For people"),
    requestId: z.string().describe("Also in our logs"),
    field: z.string().optional().describe("The input that is wrong"),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** The OpenAPI 3.1 document of the REST API, made from the procedures. */
export function openApiDocument(config: Pick<ApiConfig, "portalUrl">): OpenAPIObject {
  const document = generateOpenApiDocument(appRouter, {
    title: "Hotspot API",
    version: "1.0.0",
    description,
    baseUrl: config.portalUrl,
    tags: [...tags],
    securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    defs: { Error: ErrorBody },
  });
  const paths = { ...document.paths, [usageExportRoute.path]: { get: usageExportOperation() } };
  return withOwnErrors({ ...document, paths } as OpenAPIObject);
}

/** The library describes its own error body, one schema per status; ours is one for all. */
function withOwnErrors(document: OpenAPIObject): OpenAPIObject {
  const error = { $ref: "#/components/schemas/Error" };
  for (const item of Object.values(document.paths ?? {})) {
    for (const method of ["get", "post", "patch", "put", "delete"] as const) {
      const responses = item[method]?.responses as Record<string, { content?: object }> | undefined;
      if (!responses) continue;
      responses["429"] ??= { description: "Too many requests; Retry-After says when to try again" } as object;
      for (const [status, response] of Object.entries(responses)) {
        if (Number(status) >= 400) response.content = { "application/json": { schema: error } };
      }
    }
  }
  const schemas = document.components?.schemas ?? {};
  for (const name of Object.keys(schemas)) if (name.startsWith("error.")) delete schemas[name];
  return document;
}
