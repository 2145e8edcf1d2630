import type { Command } from "commander";
import type { CommandContext } from "../commands/context.ts";
import { hubBackup, hubDrill, hubRestore, hubSnapshots } from "../commands/hub-backup.ts";
import { usageError } from "../exit.ts";
import { type Flags, shared } from "../flags.ts";
import { type HubFlags, resolveHubOptions } from "../hub/options.ts";
import type { Run } from "../program.ts";
import { backupOptions } from "./flags.ts";

type HubBackupFlags = Flags & Pick<HubFlags, "hubId">;

/** The commands below `hub` that are about backups. */
export function addHubBackups(hub: Command, run: Run, context: CommandContext): void {
  const ofHub = (command: Command) =>
    shared(command).option("--hub-id <id>", "which hub, where this machine has several");
  const options = (flags: HubBackupFlags, sources: Parameters<Parameters<Run>[0]>[0]) =>
    resolveHubOptions(sources, flags.hubId === undefined ? {} : { hubId: flags.hubId });

  backupOptions(ofHub(hub.command("backup").description("back up now, by the plan or what is named here")))
    .argument("[paths...]", "instead of backup-paths")
    .action((paths: string[], flags: HubBackupFlags) =>
      run((sources) => hubBackup(options(flags, sources), paths, { ...context, env: sources.env }))(flags),
    );

  backupOptions(ofHub(hub.command("snapshots").description("list the backups, newest first"))).action(
    (flags: HubBackupFlags) =>
      run((sources) => hubSnapshots(options(flags, sources), { ...context, env: sources.env }))(flags),
  );

  backupOptions(ofHub(hub.command("restore").description("write a backup into a folder")))
    .argument("<snapshot>", "latest, or the beginning of an id that `hub snapshots` shows")
    .requiredOption("--to <dir>", "an empty or new folder")
    .option("--force", "write over what is there")
    .action((snapshot: string, { to, force, ...flags }: HubBackupFlags & { to: string; force?: boolean }) =>
      run((sources) =>
        hubRestore(
          options(flags, sources),
          { snapshot, to, force: force === true },
          { ...context, env: sources.env },
        ),
      )(flags),
    );

  backupOptions(
    ofHub(hub.command("drill").description("restore the newest backup into a temporary folder and compare")),
  )
    .option("--sample <n>", "only so many files, picked at random")
    .action(({ sample, ...flags }: HubBackupFlags & { sample?: string }) =>
      run((sources) =>
        hubDrill(options(flags, sources), readSample(sample), { ...context, env: sources.env }),
      )(flags),
    );
}

/** Each is an argument of the tool; a command line holds no more. */
const MAX_SAMPLE = 500;

function readSample(text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_SAMPLE) return count;
  throw usageError(`--sample is "${text}". Give a whole number from 1 to ${MAX_SAMPLE}.`);
}
