import type { Command } from "commander";
import type { Value } from "../options/fields.ts";

/** Options about backups, for the commands of a hub. */
export function backupOptions(command: Command): Command {
  return command
    .option("--backup-paths <path>", "what to back up; may be repeated", jsonList)
    .option(
      "--backup-exclude <pattern>",
      "what to leave out: a name, a glob or a path; may be repeated",
      jsonList,
    )
    .option("--backup-hours <n>", "between two backups (24)")
    .option("--keep-daily <n>", "days of which a snapshot is kept (7)")
    .option("--keep-weekly <n>", "weeks of which a snapshot is kept (4)")
    .option("--keep-monthly <n>", "months of which a snapshot is kept (6)")
    .option("--backup-tool <name>", "rustic or restic; by default whichever is installed");
}

/** A repeated option as one list; names may hold commas. */
function jsonList(value: string, before: Value | undefined): Value {
  const list: string[] = before === undefined ? [] : JSON.parse(String(before));
  return JSON.stringify([...list, value]);
}
