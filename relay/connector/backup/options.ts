import { resolve } from "node:path";
import { usageError } from "../exit.ts";
import { type FieldKey, fields, type Setting, type Settings } from "../options/fields.ts";
import * as read from "../options/read-values.ts";
import { type ToolName, toolNames } from "./find-tool.ts";
import { BackupPlan, DEFAULT_BACKUP } from "./plan.ts";

/** What was said about backups; what was not is undefined. */
export interface BackupOptions {
  readonly plan: { readonly [key in keyof BackupPlan]?: BackupPlan[key] | undefined };
  /** Null: whichever is installed. */
  readonly tool: ToolName | null;
}

/**
 * Reads the settings about backups. Whether they make a whole plan is for `planOf` to say.
 * @param cwd where relative paths begin
 * @throws ExitError usage
 */
export function readBackupOptions(settings: Settings, cwd: string): BackupOptions {
  const paths = list(settings.backupPaths ?? null, "backupPaths");
  const count = (key: "keepDaily" | "keepWeekly" | "keepMonthly") =>
    read.integer(settings[key] ?? null, fields[key].name, 0, 1_000) ?? undefined;
  return {
    plan: {
      paths: paths?.map((path) => resolve(cwd, path)),
      exclude: list(settings.backupExclude ?? null, "backupExclude"),
      everyHours: hours(settings.backupHours ?? null),
      keepDaily: count("keepDaily"),
      keepWeekly: count("keepWeekly"),
      keepMonthly: count("keepMonthly"),
    },
    tool: read.oneOf(settings.backupTool ?? null, fields.backupTool.name, toolNames),
  };
}

/**
 * What was said, before what is stored, before the defaults.
 * @returns null when nothing names a path
 * @throws ExitError usage: together they are no plan
 */
export function planOf(
  { plan: said }: Pick<BackupOptions, "plan">,
  stored: BackupPlan | null,
): BackupPlan | null {
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const merged = { ...DEFAULT_BACKUP, paths: [] as string[], ...stored, ...given };
  if (merged.paths.length === 0) return null;
  const parsed = BackupPlan.safeParse(merged);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path[0] as keyof BackupPlan | undefined;
  const index = issue?.path[1];
  const value = key === undefined ? undefined : merged[key];
  const shown = Array.isArray(value) && typeof index === "number" ? value[index] : value;
  throw usageError(
    `${key === undefined ? "The backup plan" : fields[names[key]].name} is ${JSON.stringify(shown)}: it ${asSaid(issue?.message)}.`,
  );
}

const names = {
  paths: "backupPaths",
  exclude: "backupExclude",
  everyHours: "backupHours",
  keepDaily: "keepDaily",
  keepWeekly: "keepWeekly",
  keepMonthly: "keepMonthly",
} as const satisfies Record<keyof BackupPlan, FieldKey>;

/** Our own messages go on after "it"; those of the parser are sentences of their own. */
function asSaid(message = "is wrong"): string {
  return /^(must|would)/.test(message) ? message : `is wrong (${message})`;
}

function hours(setting: Setting | null): number | undefined {
  if (setting === null) return undefined;
  const value = Number(setting.value);
  if (typeof setting.value === "boolean" || !(value >= 0.25 && value <= 8_760)) {
    throw usageError(`backup-hours is "${setting.value}". Give a number of hours from 0.25 to 8760.`);
  }
  return value;
}

/** A JSON list, as files and repeated flags give it, or text with commas. */
function list(setting: Setting | null, key: FieldKey): string[] | undefined {
  if (setting === null) return undefined;
  const text = String(setting.value).trim();
  if (!text.startsWith("["))
    return text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  const parsed = parseJson(text);
  if (Array.isArray(parsed) && parsed.every((part) => typeof part === "string")) return parsed;
  throw usageError(
    `${fields[key].name} is no list of names. Write them with commas between, or as a list in a file.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Said by the caller, with the setting's name.
    return null;
  }
}
