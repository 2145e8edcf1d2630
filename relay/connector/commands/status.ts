import { ExitCode, ExitError, usageError } from "../exit.ts";
import type { Options } from "../options/connect-options.ts";
import { type EndpointDetails, PortalClient } from "../portal/client.ts";
import type { CommandContext } from "./context.ts";

/**
 * Says whether the endpoints are online: with a credential all about them, without one what anybody may know.
 * @throws ExitError notFound, PortalError, PortalUnreachableError
 */
export async function status(options: Options, context: CommandContext): Promise<ExitCode> {
  const { portal, deviceId, credential, network } = options;
  const client = new PortalClient({ portal, credential, deviceId, network });
  for (const { slug } of options.endpoints) await statusOf(slug, client, options, context);
  return ExitCode.stopped;
}

async function statusOf(
  slug: string | null,
  client: PortalClient,
  { credential, json }: Options,
  context: CommandContext,
): Promise<void> {
  if (credential === null) {
    if (slug === null) {
      throw usageError("Give --slug, or --license-key with the key from the portal, or run `hotspot login`.");
    }
    const found = await client.publicStatus(slug);
    context.stdout(json ? `${JSON.stringify(found)}\n` : `${found.slug} ${word(found.online)}\n`);
    return;
  }
  const details = await client.endpointDetails(slug);
  if (details.endpoint === null) {
    throw new ExitError(
      ExitCode.notFound,
      "There is no endpoint yet. Claim one: `hotspot connect --slug NAME --claim`.",
    );
  }
  context.stdout(json ? `${JSON.stringify(details)}\n` : describe(details));
}

function describe({ endpoint, relay }: EndpointDetails): string {
  const state = endpoint!.status === "active" ? word(relay.online) : endpoint!.status;
  const lines = [`${endpoint!.slug} ${state} ${endpoint!.publicBaseUrl}`];
  for (const connector of relay.connectors) {
    const parts = [
      connector.deviceId ?? connector.connectorId,
      connector.address,
      connector.version,
      connector.since ? `since ${connector.since}` : null,
      connector.latencyMs === null || connector.latencyMs === undefined
        ? null
        : `${Math.round(connector.latencyMs)} ms`,
    ];
    lines.push(`  ${parts.filter(Boolean).join("  ")}`);
  }
  return `${lines.join("\n")}\n`;
}

function word(online: boolean): string {
  return online ? "online" : "offline";
}
