import { isAbsolute, parse } from "node:path";
import * as z from "zod";

/** More than this is a mistake, and would not fit where the service keeps it. */
const MAX_PATHS = 100;
const MAX_EXCLUDES = 200;
/** A year: whoever wants fewer backups wants none. */
const MAX_HOURS = 8_760;
const MAX_KEPT = 1_000;

const path = z
  .string()
  .max(1_000)
  .refine(isAbsolute, "must be a whole path, like /srv/app/data")
  .refine((value) => !/[\0\r\n]/.test(value), "must not hold a line break");

/**
 * A file name or pattern, as both tools understand it: `*` and `?` within a name, `**` across folders. Without a slash
 * it is about that name in any folder; with one in front about that path of the machine.
 */
const exclude = z
  .string()
  .min(1)
  .max(1_000)
  .refine((value) => !/[\0\r\n]/.test(value), "must not hold a line break")
  // Either tool, or both, would take it for something to include again, a comment or a variable.
  .refine(
    (value) => !/^[!#]|\$|^\s|\s$/.test(value),
    "must not begin with ! or #, nor hold $ or outer spaces",
  )
  .refine((value) => parse(value).root !== value, "would leave everything out");

const kept = z.int().min(0).max(MAX_KEPT);

/** What is backed up, how often, and how long a snapshot stays. Checked also when it is read from a file. */
export const BackupPlan = z
  .object({
    /** Whole paths of files and folders. */
    paths: z.array(path).min(1).max(MAX_PATHS),
    exclude: z.array(exclude).max(MAX_EXCLUDES),
    everyHours: z.number().min(0.25).max(MAX_HOURS),
    /** Of each of so many last days with a snapshot, the last one of it stays; weeks and months the same. */
    keepDaily: kept,
    keepWeekly: kept,
    keepMonthly: kept,
  })
  .readonly()
  .refine(({ keepDaily, keepWeekly, keepMonthly }) => keepDaily + keepWeekly + keepMonthly > 0, {
    message: "would keep no snapshot at all: keep at least one by day, week or month",
    path: ["keepDaily"],
  });
export type BackupPlan = z.infer<typeof BackupPlan>;

/** What holds where nothing else is said: a backup a day, a week of days, a month of weeks, half a year of months. */
export const DEFAULT_BACKUP = {
  exclude: [] as readonly string[],
  everyHours: 24,
  keepDaily: 7,
  keepWeekly: 4,
  keepMonthly: 6,
} as const;
