import type { z } from "zod";
import type { World } from "../world.ts";
import type { Stored } from "./table.ts";

/** One call, as a handler sees it. */
export interface Call<Input> {
  readonly world: World;
  /** Parts of the path, by their name in the pattern. */
  readonly path: Record<string, string>;
  readonly input: Input;
  readonly expand: readonly string[];
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly pattern: RegExp;
  readonly schema: z.ZodType;
  readonly handle: (call: Call<never>) => object | Promise<object>;
}

/**
 * @param pattern a path like `/v1/customers/:customer`
 * @param schema what the call takes, `expand` apart, which all take
 */
export function route<S extends z.ZodType>(
  method: Route["method"],
  pattern: string,
  schema: S,
  handle: (call: Call<z.output<S>>) => object | Promise<object>,
): Route {
  const source = pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)");
  return { method, pattern: new RegExp(`^${source}$`), schema, handle };
}

export interface List<T> {
  object: "list";
  data: T[];
  has_more: boolean;
  url: string;
}

/**
 * One page of a list.
 * @param rows newest first
 */
export function pageOf<T extends Stored>(
  rows: readonly T[],
  input: { limit: number; starting_after?: string | undefined; ending_before?: string | undefined },
  url: string,
  missing: (id: string, param: string) => never,
): List<T> {
  const { limit, starting_after, ending_before } = input;
  const at = (id: string, param: string) => {
    const index = rows.findIndex((row) => row.id === id);
    return index < 0 ? missing(id, param) : index;
  };
  if (ending_before !== undefined) {
    const end = at(ending_before, "ending_before");
    const start = Math.max(0, end - limit);
    return { object: "list", data: rows.slice(start, end), has_more: start > 0, url };
  }
  const start = starting_after === undefined ? 0 : at(starting_after, "starting_after") + 1;
  const data = rows.slice(start, start + limit);
  return { object: "list", data, has_more: rows.length > start + limit, url };
}
