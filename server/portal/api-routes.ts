import type { IncomingMessage, ServerResponse } from "node:http";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Router } from "express";
import { type AuthHandler, maxAuthBodyBytes } from "../auth/index.ts";
import type { PortalEnv } from "../env.ts";
import { type ApiDeps, createContext } from "../trpc/context.ts";
import { retryHeaders } from "../trpc/errors.ts";
import { apiDocsHtml, createRestHandler, openApiDocument } from "../trpc/rest/index.ts";
import { appRouter } from "../trpc/root.ts";
import { infoOf, readFetchRequest, route } from "./exchange.ts";
import { sendFetchResponse } from "./fetch-bridge.ts";
import type { Identified } from "./identify.ts";
import { identityOf } from "./load-context.ts";
import { createStripeRoutes, type StripeRoutesDeps } from "./stripe-routes.ts";

export interface ApiRoutesDeps {
  readonly env: PortalEnv;
  readonly api: ApiDeps;
  readonly authHandler: AuthHandler;
  /** Aborts when the portal stops: subscriptions end then, and the browser opens them anew elsewhere. */
  readonly draining: AbortSignal;
  /** Who asks; cookies of a session that slid are set on the response. */
  readonly identify: (request: IncomingMessage, response: ServerResponse) => Promise<Identified>;
  readonly webhooks: StripeRoutesDeps["webhooks"];
}

/** Bytes of a procedure's input. */
const maxInputBytes = 256 * 1024;

/** Everything under /api: auth, webhooks, procedures over tRPC and REST, and the documents about them. */
export function createApiRoutes({ env, api, authHandler, identify, draining, webhooks }: ApiRoutesDeps) {
  const responses = new WeakMap<IncomingMessage, ServerResponse>();
  const rest = createRestHandler({
    deps: api,
    async identify(request) {
      const { requestId, clientAddress } = infoOf(request);
      const { session, authorization } = await identify(request, responses.get(request)!);
      if (authorization === undefined) delete request.headers.authorization;
      return { requestId, clientAddress, session: identityOf(session) };
    },
  });
  const answerRest = (request: IncomingMessage, response: ServerResponse) => {
    infoOf(request).area = "rest";
    responses.set(request, response);
    return rest(request, response);
  };

  const document = openApiDocument(api.config);
  const documentJson = JSON.stringify(document);
  const documentHtml = apiDocsHtml(document);

  const router = Router();
  router.use(
    "/auth",
    route(async (request, response) => {
      const info = infoOf(request);
      info.area = "auth";
      const asked = await readFetchRequest(request, response, env.portalUrl, maxAuthBodyBytes);
      await sendFetchResponse(response, await authHandler(asked, info.clientAddress));
    }),
  );
  router.use(
    "/trpc",
    route(async (request, response) => {
      const info = infoOf(request);
      info.area = "trpc";
      const { session, authorization } = await identify(request, response);
      const { requestId, clientAddress } = info;
      const answer = await fetchRequestHandler({
        endpoint: "/api/trpc",
        router: appRouter,
        req: await readFetchRequest(request, response, env.portalUrl, maxInputBytes),
        createContext: () =>
          createContext({ deps: api, requestId, clientAddress, session: identityOf(session), authorization }),
        responseMeta: ({ errors }) => ({ headers: { "cache-control": "no-store", ...retryHeaders(errors) } }),
      });
      if (answer.headers.get("content-type")?.includes("event-stream")) {
        const end = () => response.destroy();
        draining.addEventListener("abort", end);
        response.once("close", () => draining.removeEventListener("abort", end));
      }
      await sendFetchResponse(response, answer);
    }),
  );
  router.use("/stripe", createStripeRoutes({ limiter: api.limiter, webhooks }));
  router.get("/openapi.json", (_request, response) => {
    response.type("application/json").send(documentJson);
  });
  router.get("/docs", (_request, response) => {
    response.setHeader(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    );
    response.type("text/html").send(documentHtml);
  });
  router.use(route(answerRest));
  return { router, answerRest, answerService: route(answerRest) };
}
