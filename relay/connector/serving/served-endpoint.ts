import { StreamKind } from "../../protocol/stream.ts";
import { ExitCode, ExitError } from "../exit.ts";
import { Connector } from "../link/connector.ts";
import { TokenSource } from "../link/token-source.ts";
import type { DialLink } from "../link/websocket.ts";
import type { EndpointOptions } from "../options/connect-options.ts";
import type { IssuedToken, PortalClient } from "../portal/client.ts";
import { PortalError } from "../portal/errors.ts";
import type { Log } from "../upstream/log.ts";
import type { UpstreamTarget } from "../upstream/target.ts";
import type { EndpointReporter } from "../view/reporter.ts";
import { HttpPart } from "./http-part.ts";
import { TcpPart } from "./tcp-part.ts";

/** One endpoint, complete: it has a name and an upstream. */
export interface EndpointPlan extends EndpointOptions {
  slug: string;
  /** Null: TCP tunnels alone. */
  target: UpstreamTarget | null;
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
  /** Null: TCP tunnels alone. */
  private readonly http: HttpPart | null;
  private readonly tcp: TcpPart | null;

  /** @param onExit told once when nothing more will come of it; whoever hears it stops it */
  constructor(
    plan: EndpointPlan,
    deps: ServingDeps,
    reporter: EndpointReporter,
    onExit: (error: ExitError) => void,
  ) {
    this.plan = plan;
    const { slug, target } = plan;
    const onHealth = (why: string | null) => this.healthChanged(why, reporter);
    const http = target === null ? null : new HttpPart({ ...plan, target }, deps, reporter, onHealth);
    const tcp = plan.tcp.length === 0 ? null : new TcpPart(plan.tcp, deps.log, reporter);
    this.http = http;
    this.tcp = tcp;
    let live = false;
    this.connector = new Connector({
      slug,
      ...(tcp && { serves: { http: http !== null, tcp: tcp.names } }),
      links: plan.connections,
      tokens: new TokenSource(async () => {
        const token = await issueToken(deps.client, slug, plan.claim, reporter);
        await tcp?.open(deps.client, slug);
        return token;
      }),
      dial: deps.dial,
      relayUrl: deps.relayUrl,
      onOpen: (stream, kind, framing, head, end) => {
        const part = kind === StreamKind.tcp ? tcp : http;
        return part === null ? null : part.accept(stream, kind, framing, head, end);
      },
      log: deps.log,
      onLinks(up, welcome) {
        if (up > 0 && !live && welcome !== null) {
          live = true;
          if (target !== null) reporter.live(welcome.publicBaseUrl, target.url);
          tcp?.announce();
        }
        reporter.links(up, plan.connections);
      },
      onTrouble: (message) => reporter.note(`${capital(message)}. Trying again.`),
      onExit,
      retry: deps.retry,
    });
    this.connector.start();
    http?.startHealth();
  }

  /** Round trip to the relay, ms; null before the first answer. */
  get latencyMs(): number | null {
    return this.connector.latencyMs;
  }

  /** Takes nothing new, lets running streams finish for `graceMs`, then closes. */
  async stop(graceMs: number): Promise<void> {
    this.http?.stopHealth();
    await this.connector.stop(graceMs);
    await this.http?.close();
    this.tcp?.close();
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
