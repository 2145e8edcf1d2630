import { ExitCode, usageError } from "../exit.ts";
import type { Options } from "../options/connect-options.ts";
import { PortalClient } from "../portal/client.ts";
import { Fleet } from "../serving/fleet.ts";
import type { EndpointPlan, ServingDeps } from "../serving/served-endpoint.ts";
import type { Log } from "../upstream/log.ts";
import { createJsonReporter } from "../view/json.ts";
import { createLiveReporter } from "../view/live.ts";
import { createPlainReporter } from "../view/plain.ts";
import type { Reporter } from "../view/reporter.ts";
import type { CommandContext } from "./context.ts";
import { chooseUpstream } from "./upstream.ts";

/**
 * Keeps the endpoints served until a signal stops it.
 * @throws ExitError
 */
export async function connect(options: Options, context: CommandContext): Promise<ExitCode> {
  const reporter = createReporter(options, context, () => fleet.latencyMs);
  const fleet = new Fleet(reporter);
  try {
    fleet.serve(await makePlans(options, reporter), makeDeps(options, context, reporter));
    const error = await Promise.race([fleet.ended, context.stopRequested]);
    await fleet.stop(error ? 0 : undefined);
    if (error) throw error;
    return ExitCode.stopped;
  } finally {
    reporter.close();
  }
}

/** The endpoints with their names and upstreams. @throws ExitError usage */
async function makePlans(options: Options, reporter: Reporter): Promise<EndpointPlan[]> {
  const plans: EndpointPlan[] = [];
  for (const endpoint of options.endpoints) {
    const { slug } = endpoint;
    if (slug === null) throw usageError("Which endpoint? Give --slug with its name, like --slug acme.");
    if (options.credential === null) {
      throw usageError(
        "Give --license-key with the key from the portal's license page, or run `hotspot login`.",
      );
    }
    // What was not asked for is not made public: next to TCP tunnels no upstream is looked for.
    const isTcpAlone = endpoint.to === null && endpoint.tcp.length > 0;
    const target = isTcpAlone ? null : await chooseUpstream(endpoint, (message) => reporter.note(message));
    plans.push({ ...endpoint, slug, target });
  }
  return plans;
}

function makeDeps(options: Options, context: CommandContext, reporter: Reporter): ServingDeps {
  const { portal, credential, deviceId } = options;
  if (portal.startsWith("http:") && !isLocal(portal)) {
    reporter.note(`Warning: ${portal} is not https, so the license key travels readable for others.`);
  }
  return {
    client: new PortalClient({ portal, credential, deviceId }),
    relayUrl: options.relay,
    retry: options.retry,
    log: createLog(options, context),
  };
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
