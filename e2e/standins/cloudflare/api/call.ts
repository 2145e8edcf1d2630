import type { Permission } from "../core/permissions.ts";
import type { World } from "../core/world.ts";
import { Refusal, type Success } from "./envelope.ts";

/** One call, with its parts read. */
export interface Call {
  readonly world: World;
  readonly method: string;
  /** Groups of the route's pattern. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: Record<string, string | string[] | undefined>;
  /** Id of the token that asks; null: the platform's. */
  readonly tokenId: string | null;
}

export interface Route {
  readonly method: string;
  /** Of the path after `/client/v4`. `:account` and `:zone` stand for the ids that exist. */
  readonly pattern: RegExp;
  readonly permission: Permission | null;
  answer(call: Call): Success | Promise<Success>;
}

/**
 * `GET /accounts/:account/cfd_tunnel/*` as a route: `:account` and `:zone` are checked, `*` is handed over in order.
 */
export function route(
  line: string,
  permission: Permission | null,
  answer: (call: Call) => Success | Promise<Success>,
): Route {
  const [method, path] = line.split(" ") as [string, string];
  const pattern = path
    .replaceAll(":account", "(?<account>[^/]+)")
    .replaceAll(":zone", "(?<zone>[^/]+)")
    .replaceAll("*", "([^/]+)");
  return { method, pattern: new RegExp(`^${pattern}$`), permission, answer };
}

/** A body that has to be an object. */
export function bodyObject(call: Call): Record<string, unknown> {
  if (typeof call.body !== "object" || call.body === null || Array.isArray(call.body))
    throw new Refusal(400, 1_001, "the body is not a JSON object");
  return call.body as Record<string, unknown>;
}

export function textField(body: Record<string, unknown>, name: string, code: number): string {
  const value = body[name];
  if (typeof value !== "string" || value === "") throw new Refusal(400, code, `${name} is required`);
  return value;
}
