import { z } from "zod";
import { StripeError } from "../core/errors.ts";
import type { Incoming, Outcome } from "../server.ts";
import type { Control } from "./control.ts";

/**
 * The control functions by HTTP: `POST /_control/<name>` with a JSON list of arguments, answered with the result. JSON
 * only, so that no page of another origin can send it without being asked for.
 */
export async function answerControl(
  control: Control,
  { method, url, headers, body }: Incoming,
): Promise<Outcome | null> {
  if (!url.pathname.startsWith("/_control/")) return null;
  const name = url.pathname.slice("/_control/".length);
  if (method !== "POST" || !headers["content-type"]?.startsWith("application/json")) {
    return json(405, { error: "POST application/json" });
  }
  if (!Object.hasOwn(control, name)) return json(404, { error: `no control called ${name}` });
  try {
    const args = z.array(z.unknown()).parse(JSON.parse(body || "[]"));
    const result: unknown = await (control[name as keyof Control] as (...args: unknown[]) => unknown)(
      ...args,
    );
    return json(200, result ?? null);
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError || error instanceof StripeError) {
      return json(400, { error: error.message });
    }
    throw error;
  }
}

const json = (status: number, value: unknown): Outcome => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});
