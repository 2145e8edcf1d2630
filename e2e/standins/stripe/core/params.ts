import { z } from "zod";
import { badParam, type StripeError } from "./errors.ts";
import type { FormObject } from "./form.ts";

/** Parameters arrive as text; these say what the text has to be. */
export const text = z.string().min(1, { error: "You passed an empty string" });
export const int = z
  .string()
  .regex(/^-?\d{1,15}$/, { error: (issue) => `Invalid integer: ${String(issue.input)}` })
  .transform(Number);
export const bool = z
  .enum(["true", "false"], { error: (issue) => `Invalid boolean: ${String(issue.input)}` })
  .transform((value) => value === "true");
/** Up to 12 decimals. */
export const decimal = z.string().regex(/^-?\d{1,12}(\.\d{1,12})?$/, {
  error: (issue) => `Invalid decimal: ${String(issue.input)}; must contain at maximum 12 decimal places.`,
});
/** Unix seconds. */
export const timestamp = int.refine((seconds) => seconds >= 0 && seconds < 10 ** 11, {
  error: "Invalid timestamp: must be an integer Unix timestamp.",
});
/** An empty value unsets: null. */
export const clearable = <T extends z.ZodType>(schema: T) =>
  z.union([z.literal("").transform(() => null), schema]);
/** A list, which an empty value empties. */
export const list = <T extends z.ZodType>(schema: T) =>
  z.union([z.literal("").transform((): z.output<T>[] => []), z.array(schema)]);
export const metadata = z.union([z.literal(""), z.record(z.string().max(40), z.string().max(500))]);
export const params = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape);
export const range = z.union([
  int.transform((gte) => ({ gte, lte: gte }) as Range),
  z.strictObject({ gt: int.optional(), gte: int.optional(), lt: int.optional(), lte: int.optional() }),
]);
interface Range {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

export function inRange(at: number, { gt, gte, lt, lte }: Range): boolean {
  return !(
    (gt !== undefined && at <= gt) ||
    (gte !== undefined && at < gte) ||
    (lt !== undefined && at >= lt) ||
    (lte !== undefined && at > lte)
  );
}

/** What a list takes. */
export const page = {
  limit: int
    .refine((limit) => limit >= 1 && limit <= 100, { error: "This value must be between 1 and 100." })
    .default(10),
  starting_after: text.optional(),
  ending_before: text.optional(),
};

/** Adds to metadata; an empty value takes a key away, an empty whole takes all. */
export function mergeMetadata(
  old: Record<string, string>,
  given: z.output<typeof metadata> | undefined,
): Record<string, string> {
  if (given === undefined) return old;
  if (given === "") return {};
  const merged = { ...old, ...given };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ""));
}

/** @throws StripeError 400 that names the first parameter that is wrong, missing or unknown */
export function parseParams<T extends z.ZodType>(schema: T, input: FormObject): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw errorOf(innermost(result.error.issues[0]!), input);
}

type Issue = z.core.$ZodIssue;

/** Of the branches of a union, the one that came nearest to what was given. */
function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const below = issue.errors
    .flat()
    .map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue);
  const deepest = below.sort((a, b) => b.path.length - a.path.length || rank(b) - rank(a))[0];
  return deepest ? innermost(deepest) : issue;
}

const rank = (issue: Issue) => (issue.code === "invalid_value" || issue.code === "invalid_type" ? 0 : 1);

function errorOf(issue: Issue, input: FormObject): StripeError {
  const name = nameOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    const unknown = nameOf([...issue.path, issue.keys[0]!]);
    return badParam(unknown, `Received unknown parameter: ${unknown}`, "parameter_unknown");
  }
  const given = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  if (given === undefined) return badParam(name, `Missing required param: ${name}.`, "parameter_missing");
  if (given === "") {
    const advice =
      "We assume empty values are an attempt to unset a parameter; however this one cannot be unset.";
    return badParam(name, `You passed an empty string for '${name}'. ${advice}`, "parameter_invalid_empty");
  }
  if (issue.message.startsWith("Invalid integer"))
    return badParam(name, issue.message, "parameter_invalid_integer");
  return badParam(name, issue.code === "custom" ? issue.message : `Invalid ${name}: ${issue.message}`);
}

const nameOf = (path: readonly PropertyKey[]) =>
  path.map((key, at) => (at === 0 ? String(key) : `[${String(key)}]`)).join("");
