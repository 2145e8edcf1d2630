import { ExitCode, ExitError } from "../exit.ts";
import type { HubContext } from "../hub/context.ts";
import type { HubEnd } from "../hub/serving.ts";
import { forgetHubSecrets, getHubSettings, type HubSettings } from "../hub/state.ts";

/** What the end of a served hub asks for. @throws ExitError */
export function ended(end: HubEnd | null, settings: HubSettings, hub: HubContext): ExitCode {
  switch (end?.kind) {
    case undefined:
      return ExitCode.stopped;
    case "disabled":
      hub.output.note("Stopped: the hub was switched off on this machine.");
      return ExitCode.stopped;
    case "off":
      return switchedOff(settings, end.note, hub);
    case "failed":
      throw end.error;
    default:
      throw new ExitError(ExitCode.unexpected, "The hub has ended for a reason that nobody knows.");
  }
}

/** Forgets the secrets of a hub that the portal wants off. */
export function switchedOff({ hubId }: HubSettings, why: string, { options, output }: HubContext): ExitCode {
  const note = `${new Date().toISOString()}: ${why}`;
  forgetHubSecrets(options.dir, getHubSettings(options.dir, hubId), note);
  output.note(`${why} Its secrets were removed from this machine.`);
  return ExitCode.stopped;
}
