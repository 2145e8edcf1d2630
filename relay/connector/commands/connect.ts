import { ExitCode, ExitError, usageError } from "../exit.ts";
import { Connector } from "../link/connector.ts";
import { dialLink } from "../link/dial.ts";
import { TokenSource } from "../link/token-source.ts";
import type { Options } from "../options/connect-options.ts";
import { type IssuedToken, PortalClient } from "../portal/client.ts";
import { PortalError } from "../portal/errors.ts";
import { connectUpstream } from "../upstream/connect.ts";
import { Dispatcher } from "../upstream/dispatcher.ts";
import type { Log } from "../upstream/log.ts";
import { createJsonReporter } from "../view/json.ts";
import { createLiveReporter } from "../view/live.ts";
import { createPlainReporter } from "../view/plain.ts";
import type { Reporter } from "../view/reporter.ts";
import type { CommandContext } from "./context.ts";
import { chooseUpstream } from "./upstream.ts";

/** Running streams may finish for this long after the first signal. */
const STOP_GRACE_MS = 10_000;

/**
 * Keeps the endpoint served until a signal stops it.
 * @throws ExitError
 */
export async function connect(options: Options, context: CommandContext): Promise<ExitCode> {
  const { slug, credential } = options;
  if (slug === null) throw usageError("Which endpoint? Give --slug with its name, like --slug acme.");
  if (credential === null) {
    throw usageError(
      "Give --license-key with the key from the portal's license page, or run `hotspot login`.",
    );
  }
  let connector: Connector | null = null;
  const reporter = createReporter(options, context, () => connector?.latencyMs ?? null);
  try {
    if (options.portal.startsWith("http:") && !isLocal(options.portal)) {
      reporter.note(
        `Warning: ${options.portal} is not https, so the license key travels readable for others.`,
      );
    }
    const target = await chooseUpstream(options, (message) => reporter.note(message));
    const log = createLog(options, context);
    const dispatcher = new Dispatcher({
      target,
      connect: connectUpstream,
      log,
      hostHeader: options.hostHeader,
      headTimeoutMs: options.upstreamTimeoutMs,
      onRecord: (record) => reporter.request(record),
    });
    const client = new PortalClient({ portal: options.portal, credential, deviceId: options.deviceId });
    const failed = Promise.withResolvers<ExitError>();
    let live = false;
    connector = new Connector({
      slug,
      links: options.connections,
      tokens: new TokenSource(() => issueToken(client, slug, options.claim, context)),
      dial: dialLink,
      relayUrl: options.relay,
      onOpen: dispatcher.accept,
      log,
      onLinks(up, welcome) {
        if (up > 0 && !live && welcome !== null) {
          live = true;
          reporter.live(welcome.publicBaseUrl, target.url);
        }
        reporter.links(up, options.connections);
      },
      onTrouble: (message) => reporter.note(`${capital(message)}. Trying again.`),
      onExit: (error) => failed.resolve(error),
      retry: options.retry,
    });
    connector.start();
    const error = await Promise.race([failed.promise, context.stopRequested]);
    await connector.stop(error ? 0 : STOP_GRACE_MS);
    dispatcher.close();
    if (error) throw error;
    return ExitCode.stopped;
  } finally {
    reporter.close();
  }
}

/** A token; with `claim`, the name is registered first when nobody has it. */
async function issueToken(
  client: PortalClient,
  slug: string,
  claim: boolean,
  context: CommandContext,
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
    context.stderr(`Claimed ${slug}. Its endpoint token, shown only now: ${endpointToken}\n`);
    return client.issueConnector(slug);
  }
}

function createReporter(options: Options, context: CommandContext, latencyMs: () => number | null): Reporter {
  if (options.json) return createJsonReporter(context);
  if (context.terminal === null) return createPlainReporter(context);
  const colors = !context.env.NO_COLOR && context.env.TERM !== "dumb";
  return createLiveReporter({ terminal: context.terminal, latencyMs, colors });
}

/** Levels below warn are for finding faults: HOTSPOT_DEBUG=1 shows them. */
function createLog(options: Options, context: CommandContext): Log {
  const debug = Boolean(context.env.HOTSPOT_DEBUG);
  return (level, message, fields) => {
    if (!debug && level !== "warn" && level !== "error") return;
    const line = { level, message, ...fields };
    context.stderr(
      options.json ? `${JSON.stringify(line)}\n` : `${level}: ${message} ${JSON.stringify(fields ?? {})}\n`,
    );
  };
}

function isLocal(url: string): boolean {
  return /^(localhost|127\.|\[::1\]|[^/]*\.localhost$)/.test(new URL(url).hostname);
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
