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
import { connectorSpec, type ProgramContext, portalSpec, type ReadyLine, relaySpec } from "./programs.ts";

export interface FleetOptions {
  readonly context: ProgramContext;
  readonly addresses: Addresses;
  readonly database: LocalDatabase;
  readonly upstreamUrl: string;
  /** Makes the build of the present sources; asked for again when the portal is restarted after a change. */
  readonly build: () => Promise<Build>;
  readonly watchdog: Watchdog;
  /** A program was started again and has other pids and ports now. */
  readonly onChanged: () => void;
  /** A program keeps crashing. */
  readonly onGivenUp: () => void;
}

export type ProgramName = "portal" | "relay" | "connector";

/** How long a program may take to end after SIGTERM. */
const STOP_TIMEOUT_MS = 4000;

/** Portal, relay and the demo tenant's connector, kept running. */
export class Fleet {
  readonly demo: DemoTenant;
  readonly #options: FleetOptions;
  readonly #portal: KeptChild<ReadyLine>;
  readonly #relay: KeptChild<ReadyLine>;
  readonly #connector: KeptChild<string>;

  private constructor(
    options: FleetOptions,
    demo: DemoTenant,
    kept: { portal: KeptChild<ReadyLine>; relay: KeptChild<ReadyLine>; connector: KeptChild<string> },
  ) {
    this.#options = options;
    this.demo = demo;
    this.#portal = kept.portal;
    this.#relay = kept.relay;
    this.#connector = kept.connector;
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
    const relay = keep(options, async () => relaySpec(context), signal);
    const portal = keep(options, async () => portalSpec(context, (await options.build()).dir), signal);
    const demo = step("Making the demo tenant", ensureDemoTenant(context, options.database.db, signal));
    const connector = Promise.all([demo, portal, relay]).then(([demo]) =>
      keep(options, async () => connectorSpec(context, { demo, addresses, upstreamUrl }), signal),
    );
    try {
      const kept = await Promise.all([relay, portal, connector]);
      return new Fleet(options, await demo, { relay: kept[0], portal: kept[1], connector: kept[2] });
    } catch (error) {
      failed.abort();
      const started = await Promise.allSettled([relay, portal, connector]);
      await Promise.all(
        started.map((one) => (one.status === "fulfilled" ? one.value.stop(STOP_TIMEOUT_MS) : undefined)),
      );
      throw error;
    }
  }

  /** Ends all, the connector first, so that the relay has no stream left to wait for. */
  async stop(): Promise<void> {
    await this.#connector.stop(STOP_TIMEOUT_MS);
    await Promise.all([this.#portal.stop(STOP_TIMEOUT_MS), this.#relay.stop(STOP_TIMEOUT_MS)]);
  }

  /**
   * Runs the present sources of a program.
   * @throws CommandError when they cannot be built, ProgramError when they do not start
   */
  async restart(name: ProgramName): Promise<void> {
    // The old one serves until the new one can be started.
    if (name === "portal") await this.#options.build();
    const kept = { portal: this.#portal, relay: this.#relay, connector: this.#connector }[name];
    await kept.restart(STOP_TIMEOUT_MS);
    this.#options.onChanged();
  }

  /** What `dev.json` says of the programs as they are now. */
  describe(): DevJson {
    const { addresses, context, database } = this.#options;
    const { env } = context;
    return {
      portalUrl: addresses.portalUrl,
      relayUrl: addresses.relayUrl,
      baseDomain: addresses.baseDomain,
      tenantUrl: publicUrlOf(addresses, this.demo.slug),
      adminUrl: `http://127.0.0.1:${this.#relay.current.ready.adminPort}`,
      portalAdminUrl: `http://127.0.0.1:${this.#portal.current.ready.adminPort}`,
      mailboxUrl: env.SMTP_URL || env.HOTSPOT_MAILBOX !== "1" ? null : `${addresses.portalUrl}/mailbox`,
      databaseUrl: database.url,
      demo: this.demo,
      internalSecret: env.RELAY_INTERNAL_SECRET ?? "",
      pids: {
        portal: this.#portal.current.pid,
        relay: this.#relay.current.pid,
        connector: this.#connector.current.pid,
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
