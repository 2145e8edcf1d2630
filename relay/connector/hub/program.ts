import { type Command, Option } from "commander";
import { backupOptions } from "../backup/flags.ts";
import { addHubBackups } from "../backup/program.ts";
import type { CommandContext } from "../commands/context.ts";
import { disableHub } from "../commands/hub-disable.ts";
import { enableHub } from "../commands/hub-enable.ts";
import { runHub } from "../commands/hub-run.ts";
import { hubStatus } from "../commands/hub-status.ts";
import { usageError } from "../exit.ts";
import { type Flags, shared } from "../flags.ts";
import type { Sources } from "../options/connect-options.ts";
import type { Run } from "../program.ts";
import { type HubFlags, resolveHubOptions } from "./options.ts";
import { readTokenSource, type TokenFlags } from "./token-source.ts";

type HubCommandFlags = Flags &
  Omit<HubFlags, "to" | "name" | "hubToken"> &
  TokenFlags & { deleteBucket?: boolean; confirm?: string; retentionDays?: string };

/** The commands of a hub. */
export function addHub(program: Command, run: Run, context: CommandContext): void {
  const hub = program.command("hub").description("tunnel, host name and backups of Managed Cloudflare");
  const options = (sources: Sources, flags: HubCommandFlags) => resolveHubOptions(sources, flags as HubFlags);
  const within = (sources: Sources) => ({ ...context, env: sources.env });

  serving(
    backupOptions(
      named(hub.command("enable").description("make this machine a hub, and serve it until Ctrl-C")),
    ),
  )
    .option("--to <url>", "what the tunnel shall lead to (http://localhost:8080)")
    .option("--name <subdomain>", "the name wished for; otherwise one is made")
    .option("--hub-token <token>", "from the portal, instead of a license key; - asks for it on stdin")
    .option("--hub-token-file <file>", "holds the hub token; readable by its user only")
    .option("--account-id <id>", "with a hub token: the account it is of")
    .option("--self-hosted", "with a Cloudflare account of your own, which the four options below are about")
    .option("--cf-account <id>", "the account's id")
    .option("--cf-token-file <file>", "holds an API token: Cloudflare Tunnel and DNS edit, Zone read")
    .option("--domain <zone>", "the zone, e.g. example.com")
    .option("--hostname <name>", "the name to be served, under the zone")
    .action((flags: HubCommandFlags) =>
      run(async (sources) => {
        const hubToken = await readTokenSource(flags, within(sources));
        return enableHub(options(sources, { ...flags, hubToken }), within(sources));
      })(flags),
    );
  serving(
    backupOptions(named(hub.command("run").description("serve a hub that was enabled before, until Ctrl-C"))),
  ).action((flags: HubCommandFlags) =>
    run((sources) => runHub(options(sources, flags), within(sources)))(flags),
  );
  named(hub.command("status").description("say how the hub of this machine is")).action(
    (flags: HubCommandFlags) => run((sources) => hubStatus(options(sources, flags), within(sources)))(flags),
  );
  named(hub.command("disable").description("stop the tunnel, tell the portal, forget the secrets"))
    .option("--retention-days <n>", "how long the backups are kept (30)")
    .option("--delete-bucket", "delete the backups now; asks for --confirm")
    .option("--confirm <bucket>", "name of the bucket, to show that it is meant")
    .action((flags: HubCommandFlags) =>
      run((sources) => {
        const { deleteBucket = false, confirm = null, retentionDays } = flags;
        const asked = { deleteBucket, confirm, retentionDays: readDays(retentionDays) };
        return disableHub(options(sources, flags), asked, within(sources));
      })(flags),
    );
  addHubBackups(hub, run, context);
}

function named(command: Command): Command {
  return shared(command).option(
    "--hub-id <id>",
    "name of the hub; stable across re-installs (the machine's)",
  );
}

function serving(command: Command): Command {
  return command
    .option("--cloudflared <path>", "where cloudflared is; otherwise looked for in PATH")
    .option("--dns-servers <list>", "addresses to look names up at, instead of the system's")
    .option("--log-format <format>", "text or json, the same as --json")
    .option("--log-file <file>", "write everything there instead; SIGHUP opens it anew")
    .addOption(new Option("--report-seconds <n>", "between two reports, instead of what the portal says"))
    .addOption(
      new Option("--after-fatal <what>", "for services: end with 0, or stay, where a restart would not help")
        .choices(["zero", "stay"])
        .hideHelp(),
    );
}

/** The longest that the portal takes. */
const MAX_RETENTION_DAYS = 3_650;

function readDays(text: string | undefined): number | null {
  if (text === undefined) return null;
  const days = Number(text);
  if (/^\d+$/.test(text) && days <= MAX_RETENTION_DAYS) return days;
  throw usageError(`--retention-days is "${text}". Give a whole number from 0 to ${MAX_RETENTION_DAYS}.`);
}
