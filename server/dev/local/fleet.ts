import type { Build } from "../build/build.ts";
import { ensureDemoTenant } from "../demo/ensure.ts";
import type { DemoTenant } from "../demo/state.ts";
import { type ChildSpec, startChild } from "../processes/child.ts";
import { KeptChild } from "../processes/keep-running.ts";
import type { Watchdog } from "../processes/watchdog.ts";
import { type Addresses, publicUrlOf } from "./addresses.ts";
import { say, step, warn } from "./console.ts";
import type { LocalDatabase } from "./database.ts";
import type { DevJson } from "./dev-json.ts";
import {
  connectorSpec,
  type ProgramContext,
  portalSpec,
  type ReadyLine,
  relaySpec,
  stripeSpec,
} from "./programs.ts";

export interface FleetOptions {
  readonly context: ProgramContext;
  readonly addresses: Addresses;
  readonly database: LocalDatabase;
  readonly upstreamUrl: string;
  /** The stand-in of Stripe to run; null: the operator has a key of the real one. */
  readonly stripe: StripeOptions | null;
  /** Makes the build of the present sources; asked for again when the portal is restarted after a change. */
  readonly build: () => Promise<Build>;
  readonly watchdog: Watchdog;
  /** A program was started again and has other pids and ports now. */
  readonly onChanged: () => void;
  /** A program keeps crashing. */
  readonly onGivenUp: () => void;
}

export interface StripeOptions {
  readonly port: number;
  readonly webhookSecret: string;
  readonly thinWebhookSecret: string;
}

export type ProgramName = "portal" | "relay" | "connector";

/** How long a program may take to end after SIGTERM. */
const STOP_TIMEOUT_MS = 4000;

interface Kept {
  readonly portal: KeptChild<ReadyLine>;
  readonly relay: KeptChild<ReadyLine>;
  readonly connector: KeptChild<string>;
  readonly stripe: KeptChild<{ port: number }> | null;
}

/** Portal, relay, the demo tenant's connector and a stand-in of Stripe, kept running. */
export class Fleet {
  readonly demo: DemoTenant;
  readonly #options: FleetOptions;
  readonly #kept: Kept;

  private constructor(options: FleetOptions, demo: DemoTenant, kept: Kept) {
    this.#options = options;
    this.demo = demo;
    this.#kept = kept;
  }

  /**
   * Starts the programs, side by side where one does not need the other.
   *
   * @param stopped ends the start; whatever runs by then is ended before the promise rejects
   * @throws Error naming the program that did not start, with its last lines
   */
  static async start(options: FleetOptions, stopped: AbortSignal): Promise<Fleet> {
    const { context, addresses, upstreamUrl } = options;
    const failed = new AbortController();
    const signal = AbortSignal.any([stopped, failed.signal]);
    const { portalUrl } = addresses;
    const stripe =
      options.stripe &&
      keep(options, async () => stripeSpec(context, { portalUrl, ...options.stripe! }), signal);
    const relay = keep(options, async () => relaySpec(context), signal);
    const portal = keep(options, async () => portalSpec(context, (await options.build()).dir), signal);
    const demo = step("Making the demo tenant", ensureDemoTenant(context, options.database.db, signal));
    const connector = Promise.all([demo, portal, relay]).then(([demo]) =>
      keep(options, async () => connectorSpec(context, { demo, addresses, upstreamUrl }), signal),
    );
    try {
      const kept = await Promise.all([relay, portal, connector, stripe]);
      return new Fleet(options, await demo, {
        relay: kept[0],
        portal: kept[1],
        connector: kept[2],
        stripe: kept[3],
      });
    } catch (error) {
      failed.abort();
      const started = await Promise.allSettled([relay, portal, connector, stripe]);
      await Promise.all(
        started.map((one) => (one.status === "fulfilled" ? one.value?.stop(STOP_TIMEOUT_MS) : undefined)),
      );
      throw error;
    }
  }

  /**
   * Ends all: the connector first, so that the relay has no stream left to wait for, and Stripe last, whom the others may
   * have something to tell.
   */
  async stop(): Promise<void> {
    const { connector, portal, relay, stripe } = this.#kept;
    await connector.stop(STOP_TIMEOUT_MS);
    await Promise.all([portal.stop(STOP_TIMEOUT_MS), relay.stop(STOP_TIMEOUT_MS)]);
    await stripe?.stop(STOP_TIMEOUT_MS);
  }

  /**
   * Runs the present sources of a program.
   * @throws CommandError when they cannot be built, ProgramError when they do not start
   */
  async restart(name: ProgramName): Promise<void> {
    // The old one serves until the new one can be started.
    if (name === "portal") await this.#options.build();
    await this.#kept[name].restart(STOP_TIMEOUT_MS);
    this.#options.onChanged();
  }

  /** What `dev.json` says of the programs as they are now. */
  describe(): DevJson {
    const { addresses, context, database } = this.#options;
    const { portal, relay, connector, stripe } = this.#kept;
    const { env } = context;
    return {
      portalUrl: addresses.portalUrl,
      relayUrl: addresses.relayUrl,
      baseDomain: addresses.baseDomain,
      tenantUrl: publicUrlOf(addresses, this.demo.slug),
      adminUrl: `http://127.0.0.1:${relay.current.ready.adminPort}`,
      portalAdminUrl: `http://127.0.0.1:${portal.current.ready.adminPort}`,
      mailboxUrl: env.SMTP_URL || env.HOTSPOT_MAILBOX !== "1" ? null : `${addresses.portalUrl}/mailbox`,
      databaseUrl: database.url,
      stripeUrl: stripe && env.STRIPE_API_BASE!,
      demo: this.demo,
      internalSecret: env.RELAY_INTERNAL_SECRET ?? "",
      pids: {
        portal: portal.current.pid,
        relay: relay.current.pid,
        connector: connector.current.pid,
        ...(stripe ? { stripe: stripe.current.pid } : {}),
      },
    };
  }
}

function keep<Ready>(
  options: FleetOptions,
  specOf: () => Promise<ChildSpec<Ready>>,
  signal: AbortSignal,
): Promise<KeptChild<Ready>> {
  const { watchdog } = options;
  let name = "";
  const start = async (signal: AbortSignal) => {
    const spec = await specOf();
    name = spec.name;
    const onSpawn = (pid: number, ended: Promise<string>) => {
      watchdog.add(pid, "programs");
      ended.then(() => watchdog.remove(pid));
    };
    return step(`Starting the ${name}`, startChild(spec, onSpawn, signal));
  };
  return KeptChild.start(
    start,
    {
      onCrash: (why, pauseMs) => warn(`The ${name} ended (${why}); starting it again in ${pauseMs / 1000} s`),
      onRestarted() {
        say(`The ${name} runs again`);
        options.onChanged();
      },
      onGivenUp(why) {
        warn(`The ${name} keeps ending, so everything stops now. The last reason: ${why}`);
        options.onGivenUp();
      },
    },
    signal,
  );
}
