import { TRPCError } from "@trpc/server";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import * as z from "zod";
import { DomainError, type ErrorKind } from "../errors.ts";

/** One kind, one tRPC code; the HTTP status follows from it (404, 409, 403, 401, 400, 429, 412, 503, 500). */
const codeOfKind = {
  not_found: "NOT_FOUND",
  conflict: "CONFLICT",
  forbidden: "FORBIDDEN",
  unauthorized: "UNAUTHORIZED",
  invalid: "BAD_REQUEST",
  limit: "TOO_MANY_REQUESTS",
  precondition: "PRECONDITION_FAILED",
  unavailable: "SERVICE_UNAVAILABLE",
  internal: "INTERNAL_SERVER_ERROR",
} as const satisfies Record<ErrorKind, TRPC_ERROR_CODE_KEY>;

/** What every transport shows of an error. */
export interface ErrorFacts {
  /** Stable, snake_case. */
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export const INTERNAL_MESSAGE =
  "something went wrong on our side: try again, and tell us the request id if it stays";

/** The answer of a rule as a tRPC error; the rule's own error stays its cause. */
export function toTrpcError(error: DomainError): TRPCError {
  return new TRPCError({ code: trpcCodeOf(error), message: error.message, cause: error });
}

function trpcCodeOf(error: DomainError): TRPC_ERROR_CODE_KEY {
  // A plan's limit does not go away by waiting: 403, not 429. An unpaid invoice and a declined card are what 402 is for.
  if (error.kind === "limit" && error.details.retryAfterSeconds === undefined) return "FORBIDDEN";
  if (error.code === "payment_required" || error.code === "payment_declined") return "PAYMENT_REQUIRED";
  return codeOfKind[error.kind];
}

/** Reads what may be shown of an error. Of a surprise nothing is shown: its message may hold anything. */
export function factsOf(error: TRPCError): ErrorFacts {
  const { cause } = error;
  if (cause instanceof DomainError) {
    const { field, ...details } = cause.details;
    return {
      code: cause.code,
      message: cause.message,
      ...(typeof field === "string" ? { field } : {}),
      ...(Object.keys(details).length > 0 ? { details } : {}),
    };
  }
  if (cause instanceof z.core.$ZodError && error.code === "BAD_REQUEST") return factsOfIssues(cause.issues);
  if (error.code === "INTERNAL_SERVER_ERROR") return { code: "internal", message: INTERNAL_MESSAGE };
  return { code: error.code.toLowerCase(), message: error.message };
}

/** The first wrong field in front; all of them in `details.issues`. Never the value: it may be a secret. */
function factsOfIssues(issues: readonly z.core.$ZodIssue[]): ErrorFacts {
  const list = issues.slice(0, 20).map((issue) => ({ field: fieldOf(issue), message: issue.message }));
  const first = list[0];
  const field = first?.field || "body";
  return {
    code: "invalid_input",
    message: first ? `${field}: ${first.message}` : "the input is not valid",
    field,
    details: { issues: list },
  };
}

function fieldOf(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return path;
  return [path, issue.keys[0]].filter(Boolean).join(".");
}

/** `Retry-After` for an answer that was refused for its rate; both the tRPC and the REST handler send it. */
export function retryHeaders(errors: readonly TRPCError[]): Record<string, string> {
  for (const { cause } of errors) {
    if (!(cause instanceof DomainError)) continue;
    const seconds = cause.details.retryAfterSeconds;
    if (typeof seconds === "number") return { "retry-after": String(seconds) };
  }
  return {};
}
