import type { OpenApiMethod } from "trpc-to-openapi";
import { appRouter } from "../root.ts";
import { usageExportRoute } from "./usage-export.ts";

interface Route {
  readonly method: OpenApiMethod;
  /** `/api/endpoints/{slug}`. */
  readonly path: string;
  /** `endpoints.get`. */
  readonly procedure: string;
}

/** Every REST route, in the order in which they are tried. */
export const restRoutes: readonly Route[] = Object.entries(
  appRouter._def.procedures as unknown as Record<
    string,
    { _def: { meta?: { openapi?: { method: OpenApiMethod; path: string } } } }
  >,
).flatMap(([procedure, { _def }]) => {
  const openapi = _def.meta?.openapi;
  return openapi ? [{ method: openapi.method, path: openapi.path, procedure }] : [];
});

const patterns = [...restRoutes, usageExportRoute].map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}/?$`, "i"),
}));

/** Methods that a path takes; none: it is not of the REST API. */
export function allowedMethods(path: string): OpenApiMethod[] {
  return [...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}
