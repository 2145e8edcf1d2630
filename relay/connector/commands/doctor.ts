import { checkAccount } from "../doctor/account.ts";
import { checkConfigDir, checkSecrets } from "../doctor/config.ts";
import type { Examination, Finding } from "../doctor/finding.ts";
import { fault } from "../doctor/finding.ts";
import { checkPortal } from "../doctor/portal.ts";
import { checkUpstream } from "../doctor/upstream.ts";
import { ExitCode, ExitError } from "../exit.ts";
import { configDir } from "../options/config-dir.ts";
import { type Options, resolveOptions, type Sources } from "../options/connect-options.ts";
import type { CommandContext } from "./context.ts";

/**
 * Looks at everything that `connect` needs, and says of each fault what to do.
 * @returns faults when there is one; warnings do not count
 */
export async function doctor(
  sources: Sources,
  model: string | null,
  context: CommandContext,
): Promise<ExitCode> {
  const json = sources.flags.json === true;
  const findings: Finding[] = [];
  const tell = (more: Finding[]) => {
    findings.push(...more);
    if (!json) for (const finding of more) context.stdout(describe(finding));
  };
  const dir = configDir(sources.env);
  const dirFinding = checkConfigDir(dir);
  const explicit = sources.configFile ?? (sources.env.HOTSPOT_CONFIG || undefined);
  tell([dirFinding, checkSecrets(dir, { explicit, cwd: sources.cwd })]);
  const options = readOptions(sources, tell);
  if (options !== null) {
    const examination: Examination = { options, model, hosts: new Map() };
    const portal = await checkPortal(examination, sources.env);
    tell(portal);
    // Without a portal there is no word about the account.
    if (portal.every(({ check, state }) => state !== "fault" || check === "clock"))
      tell(await checkAccount(examination));
    for (const endpoint of options.endpoints) tell(await checkUpstream(examination, endpoint));
  }
  const faults = findings.filter(({ state }) => state === "fault").length;
  if (json) context.stdout(`${JSON.stringify({ ok: faults === 0, findings })}\n`);
  else
    context.stdout(
      faults === 0 ? "Nothing is wrong.\n" : `${faults} ${faults === 1 ? "fault" : "faults"} found.\n`,
    );
  return faults === 0 ? ExitCode.stopped : ExitCode.faults;
}

function readOptions(sources: Sources, tell: (findings: Finding[]) => void): Options | null {
  try {
    return resolveOptions(sources);
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    tell([fault("config", error.message, "Correct it and run `hotspot doctor` again.")]);
    return null;
  }
}

const marks = { ok: "ok     ", warning: "warning", fault: "FAULT  ", skipped: "-      " };

function describe({ state, message, advice }: Finding): string {
  return `${marks[state]} ${message}${advice === null ? "" : `\n        ${advice}`}\n`;
}
