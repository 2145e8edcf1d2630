import { createHash } from "node:crypto";
import { type ChatRequest, DEMO_MODEL } from "./schemas.ts";

/** One moment for all answers, so that the same request gives the same bytes: 2026-01-01. */
export const CREATED = 1_767_225_600;

/** Characters of the question that are repeated in the answer. */
const QUOTE_LENGTH = 120;

export interface ChatAnswer {
  readonly id: string;
  /** The answer in pieces as they are streamed; joined they are the text. */
  readonly pieces: readonly string[];
  readonly finishReason: "stop" | "length";
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

/** Answers by rule; a word counts as a token. */
export function answerChat(request: ChatRequest): ChatAnswer {
  const texts = request.messages.map((message) => textOf(message.content));
  const question = texts[request.messages.findLastIndex((message) => message.role === "user")] ?? "";
  const quoted = question.length > QUOTE_LENGTH ? `${question.slice(0, QUOTE_LENGTH)}…` : question;
  const words = pieces(
    `Hello from Hotspot's built-in demo model: your request came through the tunnel. You said: "${quoted}". ` +
      "I only repeat; connect a model of your own to get real answers.",
  );
  const limit = request.max_completion_tokens ?? request.max_tokens ?? words.length;
  const taken = words.slice(0, limit);
  const promptTokens = texts.reduce((sum, text) => sum + pieces(text).length, 0);
  return {
    id: `chatcmpl-${createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 24)}`,
    pieces: taken,
    finishReason: taken.length < words.length ? "length" : "stop",
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: taken.length,
      total_tokens: promptTokens + taken.length,
    },
  };
}

export function completionBody(answer: ChatAnswer) {
  return {
    id: answer.id,
    object: "chat.completion",
    created: CREATED,
    model: DEMO_MODEL,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: answer.pieces.join(""), refusal: null },
        logprobs: null,
        finish_reason: answer.finishReason,
      },
    ],
    usage: answer.usage,
  };
}

/** The chunks of a streamed answer in order, without the closing `[DONE]`. */
export function* completionChunks(answer: ChatAnswer, includeUsage: boolean) {
  const chunk = (choices: object[], usage: object | null = null) => ({
    id: answer.id,
    object: "chat.completion.chunk",
    created: CREATED,
    model: DEMO_MODEL,
    choices,
    ...(includeUsage ? { usage } : {}),
  });
  const choice = (delta: object, finishReason: string | null = null) => [
    { index: 0, delta, logprobs: null, finish_reason: finishReason },
  ];
  yield chunk(choice({ role: "assistant", content: "" }));
  for (const content of answer.pieces) yield chunk(choice({ content }));
  yield chunk(choice({}, answer.finishReason));
  if (includeUsage) yield chunk([], answer.usage);
}

function textOf(content: ChatRequest["messages"][number]["content"]): string {
  if (!content) return "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}

/** Words, each with the space before it. */
function pieces(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}
