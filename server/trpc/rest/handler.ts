import type { IncomingMessage, ServerResponse } from "node:http";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { createOpenApiNodeHttpHandler } from "trpc-to-openapi";
import { databaseAway, isDatabaseAway } from "../../database-away.ts";
import { DomainError } from "../../errors.ts";
import { type ApiContext, type ApiDeps, createContext, type SessionIdentity } from "../context.ts";
import { factsOf, INTERNAL_MESSAGE, retryHeaders, toTrpcError } from "../errors.ts";
import { appRouter } from "../root.ts";
import { BodyTooLarge, readJsonBody } from "./body.ts";
import { allowedMethods } from "./routes.ts";
import { sendUsageExport, usageExportRoute } from "./usage-export.ts";

/** What the portal knows of a request before the API sees it. */
export interface RequestIdentity {
  readonly requestId: string;
  readonly clientAddress: string;
  readonly session: SessionIdentity | null;
}

export interface RestOptions {
  readonly deps: ApiDeps;
  identify(req: IncomingMessage): Promise<RequestIdentity>;
}

export type RestHandler = (req: IncomingMessage, res: ServerResponse, next?: () => void) => Promise<void>;

/** What the library reads and writes on a request; Express puts the first one there. */
type RestRequest = IncomingMessage & { originalUrl?: string; body?: unknown; query?: unknown };

/**
 * The REST API: the procedures that have a REST path, over Node's request and response. Fits Express at any mount point.
 * Errors are `{"error": {code, message, requestId, field?, details?}}`. A path that is not ours goes to `next`, or is
 * answered with 404 when there is none.
 */
export function createRestHandler({ deps, identify }: RestOptions): RestHandler {
  const contexts = new WeakMap<IncomingMessage, ApiContext>();
  const dispatch = createOpenApiNodeHttpHandler<typeof appRouter, RestRequest, ServerResponse>({
    router: appRouter,
    createContext: ({ req }) => contexts.get(req)!,
    responseMeta: ({ errors }) => ({ headers: retryHeaders(errors) }),
  });

  return async (incoming, res, next) => {
    const req = incoming as RestRequest;
    const target = req.originalUrl ?? req.url ?? "/";
    const url = URL.parse(target, "http://portal");
    const methods = url === null ? [] : allowedMethods(url.pathname);
    const method = req.method === "HEAD" ? "GET" : (req.method ?? "GET");
    if (methods.length === 0 && next) return next();

    let requestId = "";
    try {
      const identity = await identify(req);
      requestId = identity.requestId;
      res.setHeader("cache-control", "no-store");
      res.setHeader("x-request-id", requestId);
      if (methods.length === 0)
        throw new DomainError("not_found", "route_not_found", "there is no such route");
      if (!(methods as string[]).includes(method)) {
        res.setHeader("allow", methods.join(", "));
        return sendError(res, 405, {
          code: "method_not_allowed",
          message: `use ${methods.join(" or ")}`,
          requestId,
        });
      }
      const { authorization, host } = req.headers;
      const context = createContext({ deps, ...identity, authorization, host });
      if (url?.pathname === usageExportRoute.path)
        return await sendUsageExport(context, url.searchParams, res);
      contexts.set(req, context);
      const hasBody = method !== "GET" && method !== "DELETE";
      req.body = hasBody ? await readJsonBody(req) : undefined;
      // Express's own parser would turn ?slug[a]=b into objects; the library reads the URL when there is none.
      Object.defineProperty(req, "query", { value: undefined, writable: true, configurable: true });
      req.headers["content-type"] = "application/json";
      req.method = method;
      req.url = target;
      translateErrors(res, requestId);
      await dispatch(req, res);
    } catch (error) {
      refuse(deps, res, requestId, error);
    }
  };
}

/** The library sends tRPC's error shape; outside it has ours. */
function translateErrors(res: ServerResponse, requestId: string): void {
  const end = res.end.bind(res) as (body: string) => ServerResponse;
  res.end = ((body: string) => {
    res.end = end as typeof res.end;
    if (res.statusCode < 400) return end(body);
    const shape = JSON.parse(body) as { message: string; data: Record<string, unknown> };
    const { code, field, details } = shape.data;
    return end(JSON.stringify({ error: { code, message: shape.message, requestId, field, details } }));
  }) as typeof res.end;
}

/** Answers what stopped a request before its procedure. */
function refuse(deps: ApiDeps, res: ServerResponse, requestId: string, error: unknown): void {
  if (error instanceof BodyTooLarge) {
    // The rest of the body is not worth reading; Node discards it.
    res.setHeader("connection", "close");
    const message = "body: at most 100,000 bytes";
    sendError(res, 413, { code: "body_too_large", message, requestId, field: "body" });
  } else if (error instanceof DomainError) {
    sendRefusal(res, error, requestId);
  } else if (res.destroyed || (error as NodeJS.ErrnoException).code === "ECONNRESET") {
    // A client that went away while sending is no failure of ours, and nobody reads the answer.
    res.destroy();
  } else {
    deps.log.error({ requestId, err: error }, "request failed before its procedure");
    if (isDatabaseAway(error)) sendRefusal(res, databaseAway(error), requestId);
    else sendError(res, 500, { code: "internal", message: INTERNAL_MESSAGE, requestId });
  }
}

function sendRefusal(res: ServerResponse, error: DomainError, requestId: string): void {
  const translated = toTrpcError(error);
  sendError(res, getHTTPStatusCodeFromError(translated), { ...factsOf(translated), requestId });
}

function sendError(res: ServerResponse, status: number, error: object): void {
  res.statusCode = status;
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ error }));
}
