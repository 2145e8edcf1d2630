import { ExitCode, ExitError } from "../exit.ts";
import { HealthMonitor } from "../health/monitor.ts";
import { probeTargetOf } from "../health/probe-target-of.ts";
import { Connector } from "../link/connector.ts";
import { TokenSource } from "../link/token-source.ts";
import type { DialLink } from "../link/websocket.ts";
import type { EndpointOptions } from "../options/connect-options.ts";
import type { IssuedToken, PortalClient } from "../portal/client.ts";
import { PortalError } from "../portal/errors.ts";
import { connectUpstream } from "../upstream/connect.ts";
import { Dispatcher } from "../upstream/dispatcher.ts";
import type { Log } from "../upstream/log.ts";
import type { UpstreamTarget } from "../upstream/target.ts";
import type { EndpointReporter } from "../view/reporter.ts";
import { startWaking, type Waking } from "../wake/waking.ts";

/** One endpoint, complete: it has a name and an upstream. */
export interface EndpointPlan extends EndpointOptions {
  slug: string;
  target: UpstreamTarget;
}

/** What all endpoints of a process share. */
export interface ServingDeps {
  client: PortalClient;
  dial: DialLink;
  relayUrl: string | null;
  retry: boolean;
  log: Log;
  /** The environment this process was started with, for the commands it runs. */
  env: Record<string, string | undefined>;
}

/** An endpoint being served: its links, and what carries their streams to the upstream. */
export class ServedEndpoint {
  readonly plan: EndpointPlan;
  private readonly connector: Connector;
  private readonly dispatcher: Dispatcher;
  private readonly waking: Waking | null;
  private readonly health: HealthMonitor | null;

  /** @param onExit told once when nothing more will come of it; whoever hears it stops it */
  constructor(
    plan: EndpointPlan,
    deps: ServingDeps,
    reporter: EndpointReporter,
    onExit: (error: ExitError) => void,
  ) {
    this.plan = plan;
    const { slug, target } = plan;
    this.dispatcher = new Dispatcher({
      target,
      connect: connectUpstream,
      log: deps.log,
      hostHeader: plan.hostHeader,
      headTimeoutMs: plan.upstreamTimeoutMs,
      onRecord: (record) => reporter.request(record),
      ...(plan.wake && { onUnreachable: () => this.waking?.waker.lost() }),
    });
    const probed = probeTargetOf(plan);
    this.waking =
      plan.wake === null
        ? null
        : startWaking(this.dispatcher, {
            wake: plan.wake,
            target: probed,
            log: deps.log,
            onNote: (message) => reporter.note(message),
            now: () => performance.now(),
            env: deps.env,
          });
    this.health =
      plan.health === null
        ? null
        : new HealthMonitor({
            target: probed,
            everyMs: plan.healthMs,
            isExpected: () => this.waking?.waker.awake ?? true,
            onChange: (why) => this.healthChanged(why, reporter),
          });
    let live = false;
    this.connector = new Connector({
      slug,
      links: plan.connections,
      tokens: new TokenSource(() => issueToken(deps.client, slug, plan.claim, reporter)),
      dial: deps.dial,
      relayUrl: deps.relayUrl,
      onOpen: this.waking?.accept ?? this.dispatcher.accept,
      log: deps.log,
      onLinks(up, welcome) {
        if (up > 0 && !live && welcome !== null) {
          live = true;
          reporter.live(welcome.publicBaseUrl, target.url);
        }
        reporter.links(up, plan.connections);
      },
      onTrouble: (message) => reporter.note(`${capital(message)}. Trying again.`),
      onExit,
      retry: deps.retry,
    });
    this.connector.start();
    this.health?.start();
  }

  /** Round trip to the relay, ms; null before the first answer. */
  get latencyMs(): number | null {
    return this.connector.latencyMs;
  }

  /** Takes nothing new, lets running streams finish for `graceMs`, then closes. */
  async stop(graceMs: number): Promise<void> {
    this.health?.stop();
    await this.connector.stop(graceMs);
    await this.waking?.close();
    this.dispatcher.close();
  }

  private healthChanged(why: string | null, reporter: EndpointReporter): void {
    this.connector.setState(why === null, why ?? "");
    reporter.note(why === null ? "The upstream is well again." : `The upstream is ill: ${why}.`);
  }
}

/** A token; with `claim`, the name is registered first when nobody has it. */
async function issueToken(
  client: PortalClient,
  slug: string,
  claim: boolean,
  reporter: EndpointReporter,
): Promise<IssuedToken> {
  try {
    return await client.issueConnector(slug);
  } catch (error) {
    if (!(error instanceof PortalError) || error.status !== 404) throw error;
    if (!claim) {
      throw new ExitError(
        ExitCode.notFound,
        `You have no endpoint "${slug}". Claim it in the portal, or add --claim to do it now.`,
      );
    }
    const { endpointToken } = await client.registerEndpoint(slug);
    reporter.note(`Claimed ${slug}. Its endpoint token, shown only now: ${endpointToken}`);
    return client.issueConnector(slug);
  }
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
