import type { ApiKind, TokenUsage } from "../../token-usage.ts";
import { type AnswerEnd, UsageMeter } from "../usage-meter.ts";

export interface TestExchange {
  readonly kind: ApiKind;
  readonly answer: Uint8Array | string;
  readonly type?: string;
  readonly encoding?: string;
  readonly status?: number;
  readonly request?: string;
  readonly end?: AnswerEnd;
  /** Lengths of the pieces that the answer comes in; what is left comes in one. */
  readonly pieces?: Iterable<number>;
}

/** Runs one exchange through a meter. */
export function meterExchange(exchange: TestExchange): {
  usage: TokenUsage;
  meter: UsageMeter;
  live: number;
} {
  let live = 0;
  const meter = new UsageMeter({
    kind: exchange.kind,
    onTokens: (delta) => {
      live += delta;
    },
  });
  meter.request(Buffer.from(exchange.request ?? ""));
  meter.head(exchange.status ?? 200, exchange.type ?? "text/event-stream", exchange.encoding ?? "");
  const bytes = Buffer.from(exchange.answer);
  let at = 0;
  for (const length of exchange.pieces ?? []) {
    if (at >= bytes.length) break;
    meter.body(bytes.subarray(at, at + length));
    at += length;
  }
  if (at < bytes.length) meter.body(bytes.subarray(at));
  const usage = meter.end(exchange.end ?? "complete");
  return { usage, meter, live };
}

/** `data:` events of these objects; a string stands for itself. */
export function sse(...events: unknown[]): string {
  return events
    .map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`)
    .join("");
}

/** Events with their type in an `event:` line, too. */
export function namedSse(...events: { type: string; [name: string]: unknown }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

export function lines(...objects: unknown[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}

export const chunk = (content: string | null, more: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_800_000_000,
  model: "llama3",
  choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason: null }],
  ...more,
});
export const finish = (more: object = {}) => ({
  ...chunk(null),
  choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
  ...more,
});
export const chatUsage = (prompt: unknown, completion: unknown, more: object = {}) => ({
  usage: { prompt_tokens: prompt, completion_tokens: completion, ...more },
});
