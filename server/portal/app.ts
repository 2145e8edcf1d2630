import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { createRequestHandler, type ServerBuild } from "@remix-run/node";
import compression from "compression";
import express, { type NextFunction, type Request, type Response } from "express";
import type { Db } from "../../db/client.ts";
import type { Auth, AuthHandler, EnsureTenant } from "../auth/index.ts";
import type { PortalEnv } from "../env.ts";
import type { ApiDeps } from "../trpc/context.ts";
import { createApiRoutes } from "./api-routes.ts";
import { attachInfo, infoOf, readFetchRequest, route } from "./exchange.ts";
import { answerFailure } from "./failure.ts";
import { sendFetchResponse } from "./fetch-bridge.ts";
import { identify } from "./identify.ts";
import { createLoadContext } from "./load-context.ts";
import { answerMailbox } from "./mailbox-page.ts";
import { sendProblem } from "./problem-page.ts";
import type { RequestInfo } from "./request-info.ts";
import { createNonce, refuseForeignOrigin, setSecurityHeaders, stripePageOrigins } from "./security.ts";
import type { StripeRoutesDeps } from "./stripe-routes.ts";

export interface PortalAppDeps {
  readonly env: PortalEnv;
  readonly db: Db;
  readonly api: ApiDeps;
  readonly auth: Auth;
  readonly authHandler: AuthHandler;
  readonly ensureTenant: EnsureTenant;
  /** Aborts when the portal stops. */
  readonly draining: AbortSignal;
  readonly webhooks: StripeRoutesDeps["webhooks"];
  /** The built pages; null in tests of everything else. */
  readonly pages: ServerBuild | null;
}

/** Bytes of a form; "try it" sends the largest. */
const maxFormBytes = 1024 * 1024;

export type PortalApp = ReturnType<typeof createPortalApp>;

/**
 * What the portal's own host serves: built assets, the local mailbox, everything under /api, pages. Requests for tenant
 * hosts never come here, but for the health procedure.
 */
export function createPortalApp(deps: PortalAppDeps) {
  const { env, api, authHandler, draining, webhooks, pages } = deps;
  const https = env.portalUrl.startsWith("https://");
  const identifyCaller = async (request: IncomingMessage, response: ServerResponse) => {
    const caller = await identify(deps, request, infoOf(request));
    for (const cookie of caller.setCookies) response.appendHeader("set-cookie", cookie);
    return caller;
  };
  const apiRoutes = createApiRoutes({ env, api, authHandler, draining, webhooks, identify: identifyCaller });

  const formTargets = stripePageOrigins(env.billing);
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use((request, response, next) => {
    const { requestId, log } = infoOf(request);
    response.locals.nonce = createNonce();
    setSecurityHeaders(response, response.locals.nonce, { https, formTargets });
    response.setHeader("x-request-id", requestId);
    const refused = refuseForeignOrigin(request, env.portalUrl);
    if (!refused) return next();
    log.warn({ origin: request.headers.origin }, "foreign origin refused");
    sendProblem(request, response, requestId, { status: 403, code: "origin_not_allowed", message: refused });
  });
  // Streams leave when they happen; a compressor would hold them back.
  app.use(
    compression({
      filter: (request, response) =>
        !/event-stream|octet-stream/.test(String(response.getHeader("content-type"))) &&
        compression.filter(request, response),
    }),
  );
  app.use("/build", ...assetHandlers(env.buildDir));
  if (env.mail.kind === "mailbox" && env.mail.page)
    app.get(/^\/mailbox/, mailboxHandler(env, env.mail.directory));
  app.use("/api", apiRoutes.router);
  app.use("/v1/managed-cloudflare", apiRoutes.answerService);

  if (pages) {
    // Always as in production: the other mode shows stacks to visitors.
    const render = createRequestHandler(pages, "production");
    app.use(
      route(async (request, response) => {
        const info = infoOf(request);
        info.area = "page";
        const { session } = await identifyCaller(request, response);
        const page = await readFetchRequest(request, response, env.portalUrl, maxFormBytes);
        const nonce: string = response.locals.nonce;
        const context = createLoadContext({ env, api, authHandler }, { request: page, info, session, nonce });
        if (session) response.setHeader("cache-control", "no-store");
        await sendFetchResponse(response, await render(page, context));
      }),
    );
  }
  // Four parameters make it the error handler.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answerFailure(error, request, response, infoOf(request)),
  );

  return {
    /** Handles one request for the portal's host. */
    handle(request: IncomingMessage, response: ServerResponse, info: RequestInfo): void {
      attachInfo(request, info);
      app(request, response);
    },

    /** GET /api/endpoints/health of a tenant host: by the procedure; the portal's cookies and keys do not count. */
    handleTenantHealth(request: IncomingMessage, response: ServerResponse, info: RequestInfo): void {
      attachInfo(request, info);
      delete request.headers.cookie;
      delete request.headers.authorization;
      response.setHeader("x-content-type-options", "nosniff");
      response.setHeader("x-request-id", info.requestId);
      apiRoutes.answerRest(request, response).catch((error) => answerFailure(error, request, response, info));
    },
  };
}

/** Built files carry a hash in their name, so a browser may keep them for ever. */
function assetHandlers(buildDir: string) {
  return [
    (request: Request, _response: Response, next: NextFunction) => {
      infoOf(request).area = "asset";
      next();
    },
    express.static(join(buildDir, "public", "build"), {
      immutable: true,
      maxAge: "1y",
      index: false,
      redirect: false,
    }),
    (request: Request, response: Response) =>
      sendProblem(request, response, infoOf(request).requestId, {
        status: 404,
        code: "not_found",
        message: "There is no such file. The portal may have been updated: load the page again.",
      }),
  ];
}

function mailboxHandler(env: PortalEnv, directory: string) {
  return route(async (request, response, next) => {
    infoOf(request).area = "mailbox";
    const answer = await answerMailbox(directory, new URL(request.originalUrl, env.portalUrl));
    return answer ? sendFetchResponse(response, answer) : next();
  });
}
