import { sql } from "kysely";
import type { Db } from "../db/client.ts";
import { DomainError } from "./errors.ts";

/** Errors of pg and of its pool that mean that the database is away, not that a query was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = String(Reflect.get(cause, "code") ?? "");
    if (/^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT|08...|57P0[1-3]|53300)$/.test(code))
      return true;
    if (
      /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered)/.test(
        cause.message,
      )
    )
      return true;
  }
  return false;
}

/** What everybody is told meanwhile, in each transport's own shape. */
export function databaseAway(cause: unknown): DomainError {
  return new DomainError(
    "unavailable",
    "database_unavailable",
    "Our database is away for a moment. Endpoints go on working; try again in a minute.",
    { retryAfterSeconds: 30 },
    { cause },
  );
}

/** For failures of libraries that keep their cause to themselves. @throws the database's own error when it does not answer */
export async function askDatabase(db: Db): Promise<void> {
  await sql`select 1`.execute(db);
}
