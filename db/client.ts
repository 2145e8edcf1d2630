import { Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import { CopyFromCursor } from "./copy-from.ts";
import type { Database } from "./schema/index.ts";

export { copyField, copyFrom, fromCopyField } from "./copy-from.ts";

/** A pool of connections, or an open transaction: verbs take either and join what they are given. */
export type Db = Kysely<Database>;
/** An open transaction. */
export type Tx = Transaction<Database>;

export interface CreateDbOptions {
  /** Connections at most. */
  readonly max?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Hears of idle connections that Postgres closed (restart, network). The pool replaces them by itself. */
  readonly onConnectionError?: (error: Error) => void;
}

const INT8_OID = 20;

/**
 * Opens a pool on Postgres; nothing connects before the first query. `bigint` columns come as numbers: ours count bytes
 * and milliseconds, and a value past 2^53 - 1 (8 PiB) is an error rather than a rounded number.
 *
 * End with `db.destroy()`.
 */
export function createDb(url: string, options: CreateDbOptions = {}): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: options.applicationName ?? "hotspot",
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser },
  });
  // Without a listener a Postgres restart takes the process down.
  pool.on(
    "error",
    options.onConnectionError ?? ((error) => console.error(`lost a Postgres connection: ${error.message}`)),
  );
  // One that breaks while it is held, between two queries, has no listener either. Its next query fails and says so.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool, cursor: CopyFromCursor }) });
}

/**
 * Runs `work` in the transaction that `db` already is, or in a new one. An error thrown inside rolls back; a returned
 * error would commit, so throw.
 */
export function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db as Tx) : db.transaction().execute(work);
}

function getTypeParser(oid: number, format?: "text" | "binary") {
  if (oid === INT8_OID && format !== "binary") return parseBigint;
  return pg.types.getTypeParser(oid, format);
}

function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is past the safe range of a number`);
  return value;
}
