import { isDeepStrictEqual } from "node:util";
import { ExitCode, ExitError, usageError } from "../exit.ts";
import { createDial } from "../link/dial.ts";
import type { Options } from "../options/connect-options.ts";
import { PortalClient } from "../portal/client.ts";
import { isReadableForOthers } from "../portal/transport.ts";
import { Fleet } from "../serving/fleet.ts";
import type { EndpointPlan, ServingDeps } from "../serving/served-endpoint.ts";
import type { Log } from "../upstream/log.ts";
import { createJsonReporter } from "../view/json.ts";
import { createLiveReporter } from "../view/live.ts";
import { createLog } from "../view/log.ts";
import { openLogFile } from "../view/log-file.ts";
import { createPlainReporter } from "../view/plain.ts";
import type { Output, Reporter } from "../view/reporter.ts";
import type { CommandContext } from "./context.ts";
import { chooseUpstream } from "./upstream.ts";

/**
 * Keeps the endpoints served until a signal stops it. A request to reload reads the settings again and changes what
 * has changed; the rest goes on.
 *
 * @param reread the settings as they are by now
 * @throws ExitError
 */
export async function connect(
  options: Options,
  context: CommandContext,
  reread: () => Options,
): Promise<ExitCode> {
  const file = options.logFile === null ? null : openLogFile(options.logFile, !options.json);
  const output: Output = file ?? context;
  const terminal = file === null ? context.terminal : null;
  const reporter = createReporter(options, { ...context, ...output, terminal }, () => fleet.latencyMs);
  const fleet = new Fleet(reporter);
  try {
    const shared = (current: Options) =>
      makeDeps(current, context.env, createLog(current.json, context.env, output), reporter);
    let now = { options, deps: shared(options) };
    fleet.serve(await makePlans(options, reporter), now.deps);
    context.onReload(async () => {
      try {
        file?.reopen();
        const next = reread();
        const deps = isDeepStrictEqual(common(next), common(now.options)) ? now.deps : shared(next);
        const changed = fleet.serve(await makePlans(next, reporter), deps);
        now = { options: next, deps };
        reporter.note(describeReload(changed));
      } catch (error) {
        if (!(error instanceof ExitError)) throw error;
        reporter.note(`Not reloaded, everything goes on as it was: ${error.message}`);
      }
    });
    const error = await Promise.race([fleet.ended, context.stopRequested]);
    await fleet.stop(error ? 0 : undefined);
    if (error) throw error;
    return ExitCode.stopped;
  } catch (error) {
    if (error instanceof ExitError && file !== null) reporter.note(error.message);
    throw error;
  } finally {
    reporter.close();
    file?.close();
  }
}

/** What all endpoints have in common: when it changes, all of them start anew. */
function common({ portal, relay, credential, deviceId, network, retry }: Options): unknown {
  return { portal, relay, credential, deviceId, network, retry };
}

function describeReload({ started, stopped }: { started: string[]; stopped: string[] }): string {
  if (started.length + stopped.length === 0) return "Reloaded: nothing has changed.";
  const parts = [
    ...(started.length > 0 ? [`now serving ${started.join(", ")}`] : []),
    ...(stopped.length > 0 ? [`no longer serving ${stopped.join(", ")}`] : []),
  ];
  return `Reloaded: ${parts.join("; ")}.`;
}

/** The endpoints with their names and upstreams. @throws ExitError usage */
async function makePlans(options: Options, reporter: Reporter): Promise<EndpointPlan[]> {
  const { trusted } = options.network;
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
    const target = isTcpAlone
      ? null
      : await chooseUpstream({ ...endpoint, trusted }, (message) => reporter.note(message));
    plans.push({ ...endpoint, slug, target });
  }
  return plans;
}

function makeDeps(options: Options, env: CommandContext["env"], log: Log, reporter: Reporter): ServingDeps {
  const { portal, credential, deviceId, network } = options;
  if (isReadableForOthers(portal)) {
    reporter.note(`Warning: ${portal} is not https, so the license key travels readable for others.`);
  }
  return {
    client: new PortalClient({ portal, credential, deviceId, network }),
    dial: createDial(network),
    relayUrl: options.relay,
    retry: options.retry,
    log,
    env,
  };
}

function createReporter(options: Options, context: CommandContext, latencyMs: () => number | null): Reporter {
  if (options.json) return createJsonReporter(context);
  if (context.terminal === null) return createPlainReporter(context);
  const colors = !context.env.NO_COLOR && context.env.TERM !== "dumb";
  return createLiveReporter({ terminal: context.terminal, latencyMs, colors });
}
