import { z } from "zod";

/**
 * One environment variable: enough to check it and to write `.env.example` and the README's table from it.
 * A blank value counts as not set.
 */
export interface EnvVariable<Schema extends z.ZodType = z.ZodType> {
  /** What it is for, one or two sentences. */
  readonly description: string;
  /** Completes "expected …" in an error message. */
  readonly expected: string;
  /** Reads the text; gives the default when there is none, or fails when the variable is required. */
  readonly schema: Schema;
  /** The default in words, for documents; absent when the variable is required or simply off. */
  readonly fallback?: string;
  /** Never shown, not even in an error message. */
  readonly secret?: true;
}

export const text = z.string();
export const port = z.coerce.number().int().min(0).max(65_535);
export const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
export const portRange = z
  .string()
  .regex(/^\d{4,5}-\d{4,5}$/)
  .transform((value) => {
    const [first = 0, last = 0] = value.split("-").map(Number);
    return { first, last };
  })
  .refine(({ first, last }) => first >= 1_024 && first <= last && last <= 65_535);
export const list = z
  .string()
  .default("")
  .transform((value) =>
    value
      .split(",")
      .map((item) => item.trim().toLowerCase())
      .filter(Boolean),
  );
export const flag = z
  .enum(["0", "1"])
  .default("0")
  .transform((value) => value === "1");
export const httpOrigin = z
  .url({ protocol: /^https?$/ })
  .transform((value) => new URL(value))
  .refine((url) => url.pathname === "/" && !url.search && !url.hash && !url.username)
  .transform((url) => url.origin);
export const hostName = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,200}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/);

/** Values that have been printed somewhere, or that nobody drew at random. */
function isGuessable(value: string): boolean {
  return /change.?me|example|placeholder|your.?secret|insecure|^\.+$/i.test(value) || new Set(value).size < 8;
}
export const secret = text.min(32).refine((value) => !isGuessable(value));
export const secretExpected = "at least 32 random characters, e.g. from `openssl rand -hex 32`";

export function define<Schema extends z.ZodType>(variable: EnvVariable<Schema>): EnvVariable<Schema> {
  return variable;
}

/** One or more variables are wrong; the message has a line for each: name, value (never of a secret), expectation. */
export class EnvError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "EnvError";
  }
}

type ValuesOf<Variables extends Record<string, EnvVariable>> = {
  [Name in keyof Variables]: z.output<Variables[Name]["schema"]>;
};

/**
 * Checks the environment against a process's variables.
 * @throws EnvError naming every variable that is wrong
 */
export function readVariables<Variables extends Record<string, EnvVariable>>(
  variables: Variables,
  source: Readonly<Record<string, string | undefined>>,
): ValuesOf<Variables> {
  const problems: string[] = [];
  const entries = Object.entries(variables).map(([name, variable]) => {
    const given = source[name]?.trim() || undefined;
    const result = variable.schema.safeParse(given);
    if (!result.success) problems.push(describeProblem(name, variable, given));
    return [name, result.data];
  });
  if (problems.length > 0) throw new EnvError(problems);
  return Object.fromEntries(entries) as ValuesOf<Variables>;
}

function describeProblem(name: string, variable: EnvVariable, given: string | undefined): string {
  if (given === undefined) return `${name} is not set; expected ${variable.expected}`;
  const seen = variable.secret ? `a value of ${given.length} characters (not shown)` : JSON.stringify(given);
  return `${name} is ${seen}; expected ${variable.expected}`;
}
