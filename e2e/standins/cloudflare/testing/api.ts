import type { CloudflareStandIn } from "../index.ts";

export interface Told {
  status: number;
  /** Of the first error. */
  code: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every kind are looked into
  result: any;
  headers: Headers;
}

/** Calls the API as a client would, by hand. `:account` and `:zone` become the ids. */
export function createAsk(standIn: CloudflareStandIn, token = standIn.token) {
  return async (line: string, body?: object, headers: Record<string, string> = {}): Promise<Told> => {
    const [method, path] = line.split(" ") as [string, string];
    const target = path.replace(":account", standIn.accountId).replace(":zone", standIn.zoneId);
    const response = await fetch(standIn.apiBase + target, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const { errors, result } = (await response.json()) as { errors: { code: number }[]; result: unknown };
    return { status: response.status, code: errors[0]?.code ?? null, result, headers: response.headers };
  };
}
