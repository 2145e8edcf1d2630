import { paths } from "./paths.ts";
import { readTryHead, type TryHead } from "./try-head.ts";

export interface TryInput {
  method: "GET" | "POST";
  /** Path with query on the endpoint, starting with `/`. */
  path: string;
  /** JSON text; only with POST. */
  body?: string;
}

export interface TryEvents {
  onHead(head: TryHead): void;
  /** A piece of the body, decoded as UTF-8. */
  onText(text: string): void;
}

/**
 * Sends one request through the public way of an endpoint and hands its answer on as it comes.
 *
 * @throws Error with a sentence to show when the portal could not send it
 */
export async function sendTry(
  slug: string,
  input: TryInput,
  events: TryEvents,
  signal: AbortSignal,
): Promise<void> {
  const form = new FormData();
  form.set("method", input.method);
  form.set("path", input.path);
  if (input.body !== undefined) form.set("body", input.body);
  const response = await fetch(paths.endpointTryRequest(slug), { method: "POST", body: form, signal });
  const head = readTryHead(response);
  if (!head) throw new Error(await portalMessage(response));
  events.onHead(head);
  if (!response.body) return;
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    const text = decoder.decode(value, { stream: !done });
    if (text) events.onText(text);
    if (done) return;
  }
}

async function portalMessage(response: Response): Promise<string> {
  const isJson = response.headers.get("content-type")?.includes("json");
  const body = isJson ? ((await response.json()) as { error?: { message?: string } }) : null;
  return body?.error?.message ?? "The portal did not send the request. Reload the page and try again.";
}
