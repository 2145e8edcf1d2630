import type { TRPCError } from "@trpc/server";
import { problemWords } from "../lib/problem-words.ts";

/** An expected refusal, shaped for a form: shown beside `field` when it names an input of the form, else above the form. */
export interface FormProblem {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
  /** A rule's numbers, e.g. `limit` and `used`. */
  readonly details: Readonly<Record<string, unknown>>;
}

export type Attempt<Value> =
  | { readonly value: Value; readonly problem: null }
  | { readonly value: null; readonly problem: FormProblem };

const surprises: ReadonlySet<string> = new Set([
  "INTERNAL_SERVER_ERROR",
  "UNAUTHORIZED",
  "internal",
  "unauthorized",
]);

/** Classes of the server, known by their names: the server is a bundle of its own, so theirs are not ours. */
interface DomainError extends Error {
  readonly kind: string;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Waits for what a form called: a procedure, or a function of the load context. A refusal by a rule (name taken, limit
 * reached, input wrong) comes back as a value; everything else is thrown on to the error boundary.
 */
export async function attempt<Value>(call: Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { value: await call, problem: null };
  } catch (error) {
    const problem = problemOf(error);
    if (!problem) throw error;
    return { value: null, problem };
  }
}

/**
 * Waits for what a page shows. Absent and forbidden rows become the page of that status, instead of an error of ours.
 */
export async function orErrorPage<Value>(call: Promise<Value>): Promise<Value> {
  try {
    return await call;
  } catch (error) {
    const status = isTrpcError(error) ? pageStatus[error.code] : undefined;
    if (status === undefined) throw error;
    throw new Response(null, { status });
  }
}

/**
 * For a part of a page that others can do without: a promise that never rejects, null for a procedure that
 * failed (it is in the log by then). Nobody listens to such a promise when another loader of the page has thrown, and
 * Node ends the process over a rejection that nobody listens to.
 */
export async function orNull<Value>(call: Promise<Value>): Promise<Value | null> {
  try {
    return await call;
  } catch {
    return null;
  }
}

// A bad address (a slug with a slash, an id that is none) is a page that does not exist.
const pageStatus: Partial<Record<TRPCError["code"], number>> = {
  NOT_FOUND: 404,
  BAD_REQUEST: 404,
  FORBIDDEN: 403,
  TOO_MANY_REQUESTS: 429,
  SERVICE_UNAVAILABLE: 503,
};

function problemOf(error: unknown): FormProblem | null {
  if (isDomainError(error)) return surprises.has(error.kind) ? null : problemOfRule(error);
  if (!isTrpcError(error) || surprises.has(error.code)) return null;
  if (isDomainError(error.cause)) return problemOfRule(error.cause);
  const issue = firstIssue((error.cause as { issues?: unknown } | undefined)?.issues);
  if (issue) return problem("invalid_input", issue.message, issue.field);
  return problem(error.code.toLowerCase(), error.message, null);
}

function problemOfRule({ code, message, details }: DomainError): FormProblem {
  return problem(code, message, typeof details.field === "string" ? details.field : null, details);
}

function problem(code: string, message: string, field: string | null, details: FormProblem["details"] = {}) {
  return { code, message: problemWords(code, message), field, details };
}

function isDomainError(error: unknown): error is DomainError {
  return error instanceof Error && error.name === "DomainError";
}

function isTrpcError(error: unknown): error is TRPCError {
  return error instanceof Error && error.name === "TRPCError";
}

function firstIssue(issues: unknown): { message: string; field: string | null } | null {
  const first: unknown = Array.isArray(issues) ? issues[0] : null;
  if (!isRecord(first) || typeof first.message !== "string") return null;
  const name: unknown = Array.isArray(first.path) ? first.path[0] : null;
  return { message: first.message, field: typeof name === "string" ? name : null };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
