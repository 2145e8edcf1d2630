/**
 * What one request to a scripted model does, made from its number alone: client and upstream know the same plan, and with it
 * how many tokens are delivered.
 */
export const interfaces = [
  "chat",
  "completions",
  "responses",
  "embeddings",
  "messages",
  "ollama-chat",
  "ollama-generate",
  "ollama-embed",
] as const;
export type Interface = (typeof interfaces)[number];

/** How a chat or completions stream tells its usage. */
export const usageStyles = [
  "asked",
  "client-asked",
  "never",
  "every-chunk",
  "last-content",
  "after-done",
  "zeros",
  "groq",
] as const;
export type UsageStyle = (typeof usageStyles)[number];

export type Ending =
  | "complete"
  /** The client goes away after `deliveredEvents`. */
  | "client-abort"
  /** The upstream resets its connection after them. */
  | "upstream-abort"
  /** An error event comes after them. */
  | "error-event"
  /** No answer, but a status of 400 or more. */
  | "refused";

export interface ModelPlan {
  readonly number: number;
  readonly kind: Interface;
  readonly stream: boolean;
  readonly usage: UsageStyle;
  readonly ending: Ending;
  readonly lineEnd: "\n" | "\r\n" | "\r";
  readonly coding: "identity" | "gzip" | "br";
  readonly contentType: string | null;
  /** Tokens of the prompt, as the upstream counts them. */
  readonly promptTokens: number;
  /** Output events of the whole answer. */
  readonly events: number;
  readonly tokensPerEvent: number;
  /** Of them, before the end that is not `complete`. */
  readonly deliveredEvents: number;
  readonly reasoningTokens: number;
  readonly cachedTokens: number;
  /** The answer is cut into pieces of this many bytes; 0: one event at a time. */
  readonly pieceBytes: number;
  /** The last event lacks its empty line. */
  readonly unclosed: boolean;
  readonly path: string;
}

const paths: Record<Interface, string> = {
  chat: "/v1/chat/completions",
  completions: "/v1/completions",
  responses: "/v1/responses",
  embeddings: "/v1/embeddings",
  messages: "/v1/messages",
  "ollama-chat": "/api/chat",
  "ollama-generate": "/api/generate",
  "ollama-embed": "/api/embed",
};

/** @param number from 0; each gives another mix */
export function modelPlan(number: number): ModelPlan {
  const random = generator(number);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const kind = interfaces[number % interfaces.length]!;
  const embeds = kind === "embeddings" || kind === "ollama-embed";
  const stream = !embeds && random() < 0.75;
  const isOllama = kind.startsWith("ollama");
  const ending = pickEnding(random(), embeds, stream);
  const events = upTo(14);
  const usage = pick(usageStyles);
  // Only a usage that is told with each event makes an early end of larger events exact.
  const tokensPerEvent = usage === "every-chunk" && (kind === "chat" || kind === "completions") ? upTo(5) : 1;
  const promptTokens = upTo(3_000);
  const compresses = !ending.endsWith("abort") && random() < 0.25;
  return {
    number,
    kind,
    stream,
    usage,
    ending,
    lineEnd: isOllama ? pick(["\n", "\r\n"]) : pick(["\n", "\n", "\r\n", "\r"]),
    coding: compresses ? pick(["gzip", "br"]) : "identity",
    contentType: stream && random() < 0.1 ? "text/plain" : null,
    promptTokens,
    events,
    tokensPerEvent,
    deliveredEvents: Math.floor(random() * events),
    reasoningTokens: kind === "responses" ? upTo(500) : 0,
    cachedTokens: kind === "messages" || kind === "chat" ? Math.floor(random() * promptTokens) : 0,
    pieceBytes: random() < 0.5 ? 0 : upTo(400),
    unclosed: random() < 0.1,
    path: `/n${number}${paths[kind]}`,
  };
}

function pickEnding(at: number, embeds: boolean, stream: boolean): Ending {
  if (at < 0.05) return "refused";
  if (at < 0.7 || embeds) return "complete";
  if (at < 0.82) return "client-abort";
  if (at < 0.94) return "upstream-abort";
  return stream ? "error-event" : "complete";
}

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
