import { type Control, createControl } from "./control/control.ts";
import { answerControl } from "./control/http.ts";
import type { FaultsInput } from "./core/faults.ts";
import { answerPages } from "./pages/index.ts";
import { addEndpoint } from "./resources/webhook-endpoints.ts";
import { serve } from "./server.ts";
import { Settings, type SettingsInput } from "./settings.ts";
import { StateFile } from "./state-file.ts";
import { startTicker } from "./ticker.ts";
import { Deliveries } from "./webhooks/deliver.ts";
import { World } from "./world.ts";

export interface WebhookTarget {
  /** Gets snapshot events. */
  readonly url: string;
  readonly secret: string;
  /** Gets thin events of v2; only with `thinSecret`. `…/webhook` becomes `…/thin-webhook` when left out. */
  readonly thinUrl?: string;
  readonly thinSecret?: string;
  /** Version that events are rendered in; the account's when left out. */
  readonly apiVersion?: string;
}

export interface StandInOptions {
  /** 0, or left out: any free one. */
  readonly port?: number;
  readonly webhooks?: readonly WebhookTarget[];
  /** Time stands still there, unix seconds, until `control.advance`; left out: the machine's time. */
  readonly clock?: number;
  /** The account is kept there; left out: gone with the process. */
  readonly stateFile?: string;
  readonly faults?: FaultsInput;
  /** The same seed gives the same ids and the same faults. */
  readonly seed?: number;
  readonly settings?: SettingsInput;
}

export interface StripeStandIn {
  readonly url: string;
  readonly port: number;
  readonly control: Control;
  stop(): Promise<void>;
}

/**
 * Starts a Stripe to try billing against, on 127.0.0.1: API, Checkout, portal and invoice pages, webhooks. It holds one
 * account and takes any `sk_test_…` key.
 */
export async function startStripeStandIn(options: StandInOptions = {}): Promise<StripeStandIn> {
  const world = new World({
    settings: Settings.parse(options.settings ?? {}),
    frozenAt: options.clock ?? null,
    faults: options.faults ?? {},
    seed: options.seed ?? null,
  });
  const file = options.stateFile === undefined ? null : new StateFile(world, options.stateFile);
  placeWebhooks(world, options.webhooks ?? []);
  const deliveries = new Deliveries(world);
  const control = createControl(world, deliveries);
  const saved = async () => file?.saved();
  const server = await serve(
    world,
    options.port ?? 0,
    [(incoming) => answerControl(control, incoming), async (incoming) => answerPages(world, incoming)],
    saved,
  );
  world.url = `http://127.0.0.1:${server.port}`;
  file?.moveAddresses();
  deliveries.resume();
  const stopTicker = startTicker(world);
  return {
    url: world.url,
    port: server.port,
    control,
    async stop() {
      stopTicker();
      await server.stop();
      await deliveries.stop();
      await saved();
    },
  };
}

/** The endpoints of the options, by their address: a kept account may know them from a run before, with another port. */
function placeWebhooks(world: World, targets: readonly WebhookTarget[]): void {
  for (const { id, description } of world.state.webhookEndpoints.values()) {
    if (description === FROM_OPTIONS) world.state.webhookEndpoints.delete(id);
  }
  for (const [at, { url, secret, thinUrl, thinSecret, apiVersion }] of targets.entries()) {
    const place = (name: string, endpoint: ReturnType<typeof addEndpoint>) => {
      // A fixed id: what could not be delivered before a restart goes to the new address.
      world.state.webhookEndpoints.delete(endpoint.id);
      world.state.webhookEndpoints.add({ ...endpoint, id: `we_${name}_${at}`, description: FROM_OPTIONS });
    };
    place("option", addEndpoint(world, { url, secret, thin: false, events: ["*"], apiVersion }));
    if (thinSecret === undefined) continue;
    const thin = thinUrl ?? url.replace(/webhook$/, "thin-webhook");
    place("thin", addEndpoint(world, { url: thin, secret: thinSecret, thin: true, events: ["*"] }));
  }
}

const FROM_OPTIONS = "given at the start";
