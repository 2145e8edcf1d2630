import type { Registry } from "prom-client";
import type { Db } from "../../db/client.ts";
import { type Billing, syncCustomer } from "../billing/index.ts";
import { dunningTask } from "../dunning/index.ts";
import type { PortalEnv } from "../env.ts";
import type { Task } from "../jobs/index.ts";
import type { Logger } from "../log.ts";
import type { Mailer } from "../mail/index.ts";
import {
  createStripeEventMetrics,
  receiveWebhook,
  stripeEventTasks,
  type WebhookRoute,
} from "../stripe-events/index.ts";
import type { StripeRoutesDeps, WebhookReceiver } from "./stripe-routes.ts";

/** What Stripe's events need of the portal, and what it does with them; nothing when billing is off. */
export function createStripeEvents(deps: {
  env: Pick<PortalEnv, "billing" | "portalUrl">;
  db: Db;
  billing: Billing;
  mailer: Mailer;
  log: Logger;
  registry: Registry;
  /** Resolves when jobs can be added: what came in before a first start has made their tables waits. */
  jobsReady: () => Promise<void>;
}): {
  webhooks: StripeRoutesDeps["webhooks"];
  // biome-ignore lint/suspicious/noExplicitAny: tasks of all payloads in one list
  tasks: Task<any>[];
} {
  const { env, db, billing, mailer, log, jobsReady } = deps;
  const dunning = { db, mailer, portalUrl: env.portalUrl };
  const settings = env.billing;
  // Who is in grace when billing is switched off is still paused at its end.
  if (settings.kind === "off" || billing.mode === "off")
    return { webhooks: { snapshot: null, thin: null }, tasks: [dunningTask(dunning)] };

  const { stripe } = billing;
  const metrics = createStripeEventMetrics(deps.registry);
  const livemode = /^[sr]k_live_/.test(settings.secretKey);
  const receiver = (route: WebhookRoute, secret: string | null): WebhookReceiver | null =>
    secret === null
      ? null
      : async (raw, signature) => {
          await jobsReady();
          return receiveWebhook({ db, stripe, route, secret, livemode, log, metrics }, raw, signature);
        };
  const events = {
    ...dunning,
    stripe,
    log,
    metrics,
    hasWebhook: settings.webhookSecret !== null,
    sync: (tenantId: string) => syncCustomer({ db, billing, requestId: "stripe_events" }, tenantId),
  };
  return {
    webhooks: {
      snapshot: receiver("snapshot", settings.webhookSecret),
      thin: receiver("thin", settings.thinWebhookSecret),
    },
    tasks: [...stripeEventTasks(events), dunningTask(dunning)],
  };
}
