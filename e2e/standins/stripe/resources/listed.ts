import { noSuch } from "../core/errors.ts";
import { type List, pageOf } from "../core/routes.ts";
import type { Stored, Table } from "../core/table.ts";

/** One page of what a table holds, newest first. */
export function listed<T extends Stored>(
  table: Table<T>,
  input: { limit: number; starting_after?: string | undefined; ending_before?: string | undefined },
  url: string,
  wanted: (row: T) => boolean = () => true,
): List<T> {
  return pageOf(table.newest(wanted), input, url, (id, param) => {
    throw noSuch(table.kind, id, param, 400);
  });
}
