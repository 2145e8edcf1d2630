import { exitFor, PortalError } from "../portal/errors.ts";
import { HubPortalClient } from "../portal/hub-client.ts";
import type { HubOptions } from "./options.ts";
import type { HubOutput } from "./output.ts";
import type { HubSettings } from "./state.ts";

/** What the parts of a running hub share. */
export interface HubContext {
  options: HubOptions;
  env: Record<string, string | undefined>;
  cwd: string;
  output: HubOutput;
  /** Resolves when the process is asked to stop. */
  stopRequested: Promise<void>;
}

/** The portal of a hub, with the hub's own token. */
export function portalOf(settings: HubSettings, { options }: Pick<HubContext, "options">): HubPortalClient {
  const { portalUrl, hubId, accountId, hubToken } = settings;
  return new HubPortalClient({ portal: portalUrl, hubId, accountId, hubToken, network: options.network });
}

/** The portal says no, and would again: not merely away, busy or still at it. */
export function isFinal(error: unknown): boolean {
  return error instanceof PortalError && exitFor(error) !== null;
}
