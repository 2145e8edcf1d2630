import { type Request, type Response, Router } from "express";
import { DomainError } from "../errors.ts";
import type { Limiter } from "../limits/index.ts";
import type { WebhookRoute } from "../stripe-events/index.ts";
import { infoOf, route } from "./exchange.ts";
import { readBody } from "./fetch-bridge.ts";
import { sendProblem } from "./problem-page.ts";

/** Takes the raw body and the signature field. */
export type WebhookReceiver = (raw: Buffer, signature: string | undefined) => Promise<{ received: true }>;

export interface StripeRoutesDeps {
  readonly limiter: Limiter;
  /** null: billing is off, or this route has no signing secret. */
  readonly webhooks: Readonly<Record<WebhookRoute, WebhookReceiver | null>>;
}

/** Bytes of an event; Stripe's largest are a few dozen KiB. */
const maxEventBytes = 512 * 1024;

/**
 * POST /api/stripe/webhook for events with their object, /api/stripe/thin-webhook for notifications without. Who calls
 * is told by the signature alone, so cookies, keys and origins play no part; the body is read as bytes.
 */
export function createStripeRoutes({ limiter, webhooks }: StripeRoutesDeps): Router {
  const answer = (receive: WebhookReceiver | null) =>
    route(async (request, response) => {
      const info = infoOf(request);
      info.area = "webhook";
      response.setHeader("cache-control", "no-store");
      if (!receive) return sendProblem(request, response, info.requestId, notConfigured);
      try {
        await limiter.consume("stripe_webhook", { address: info.clientAddress });
        const raw = await readBody(request, maxEventBytes);
        response.json(await receive(raw, signatureOf(request)));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        sendRefusal(request, response, info.requestId, error);
      }
    });
  const router = Router();
  router.post("/webhook", answer(webhooks.snapshot));
  router.post("/thin-webhook", answer(webhooks.thin));
  return router;
}

const notConfigured = {
  status: 503,
  code: "webhook_not_configured",
  message: "this portal has no signing secret for this webhook: see STRIPE_WEBHOOK_SECRET",
};

function signatureOf(request: Request): string | undefined {
  const field = request.headers["stripe-signature"];
  return Array.isArray(field) ? field.join(",") : field;
}

function sendRefusal(request: Request, response: Response, requestId: string, error: DomainError): void {
  const { retryAfterSeconds } = error.details;
  if (typeof retryAfterSeconds === "number") response.setHeader("retry-after", String(retryAfterSeconds));
  sendProblem(request, response, requestId, {
    status: error.kind === "limit" ? 429 : 400,
    code: error.code,
    message: error.message,
  });
}
