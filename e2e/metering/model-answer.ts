import type { ModelPlan } from "./model-plan.ts";

/** One event, line or whole body of an answer. */
export interface Piece {
  readonly text: string;
  /** Tokens that it brings. */
  readonly tokens: number;
  /** It exists only because usage was asked for by the relay: its client must not see it. */
  readonly hidden: boolean;
}

/** Four bytes, one token, and not all of one script. */
const words = [" tok", " ab", " né", " 世", "👋", "x"];

const wordsOf = (plan: ModelPlan, event: number) =>
  Array.from({ length: plan.tokensPerEvent }, (_, i) => words[(plan.number + event + i) % words.length]).join(
    "",
  );

/**
 * The answer in pieces, whole.
 * @param asked the request as it arrived has `include_usage`
 */
export function modelAnswer(plan: ModelPlan, asked: boolean): Piece[] {
  if (!plan.stream)
    return [{ text: JSON.stringify(wholeAnswer(plan)), tokens: totalOutput(plan), hidden: false }];
  switch (plan.kind) {
    case "responses":
      return responses(plan);
    case "messages":
      return messages(plan);
    case "ollama-chat":
    case "ollama-generate":
      return ollama(plan);
    default:
      return chat(plan, asked);
  }
}

/** What stands in the middle of a stream that fails. */
export function errorPiece(plan: ModelPlan): Piece {
  const error = { type: "server_error", message: "out of memory" };
  const text = plan.kind.startsWith("ollama")
    ? line(plan, { error: error.message })
    : plan.kind === "chat" || plan.kind === "completions"
      ? data(plan, { error })
      : named(plan, { type: "error", error });
  return { text, tokens: 0, hidden: false };
}

/** Output of the whole answer, visible or not. */
export const totalOutput = (plan: ModelPlan) => {
  const embeds = plan.kind === "embeddings" || plan.kind === "ollama-embed";
  return embeds ? 0 : plan.events * plan.tokensPerEvent + plan.reasoningTokens;
};

function wholeAnswer(plan: ModelPlan): object {
  const text = Array.from({ length: plan.events }, (_, i) => wordsOf(plan, i)).join("");
  const output = totalOutput(plan);
  const usage = chatUsage(plan, output);
  const counts = {
    prompt_eval_count: plan.promptTokens,
    eval_count: output,
    done: true,
    done_reason: "stop",
  };
  switch (plan.kind) {
    case "chat":
      return { model: "m1", choices: [{ message: { content: text }, finish_reason: "stop" }], usage };
    case "completions":
      return { model: "m1", choices: [{ text, finish_reason: "stop" }], usage };
    case "embeddings":
      return { model: "m1", data: [{ embedding: [0.5] }], usage: { prompt_tokens: plan.promptTokens } };
    case "responses":
      return { ...response(plan, "completed"), output: [{ content: [{ text }] }] };
    case "messages":
      return {
        type: "message",
        model: "m1",
        content: [{ type: "text", text }],
        stop_reason: "end_turn",
        usage: { ...inputUsage(plan), output_tokens: output },
      };
    case "ollama-chat":
      return { model: "m1", message: { content: text }, ...counts };
    case "ollama-generate":
      return { model: "m1", response: text, ...counts };
    case "ollama-embed":
      return { model: "m1", embeddings: [[0.5]], prompt_eval_count: plan.promptTokens };
  }
}

function chat(plan: ModelPlan, asked: boolean): Piece[] {
  const { usage: style, events } = plan;
  const isChat = plan.kind === "chat";
  const usageAt = (event: number) => {
    if (style === "every-chunk") return { usage: chatUsage(plan, (event + 1) * plan.tokensPerEvent) };
    if (style === "zeros") return { usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } };
    if (style === "last-content" && event === events - 1)
      return { usage: chatUsage(plan, totalOutput(plan)) };
    return asked && (style === "asked" || style === "client-asked") ? { usage: null } : {};
  };
  const pieces: Piece[] = Array.from({ length: events }, (_, i) => {
    const said = isChat ? { delta: { content: wordsOf(plan, i) } } : { text: wordsOf(plan, i) };
    const choices = [{ index: 0, ...said, finish_reason: null }];
    return piece(data(plan, { id: "c1", model: "m1", choices, ...usageAt(i) }), plan.tokensPerEvent);
  });
  const finish = { index: 0, ...(isChat ? { delta: {} } : { text: "" }), finish_reason: "stop" };
  const groq = style === "groq" ? { x_groq: { usage: chatUsage(plan, totalOutput(plan)) } } : {};
  pieces.push(piece(data(plan, { id: "c1", model: "m1", choices: [finish], ...groq })));
  const totals = { id: "c1", model: "m1", choices: [], usage: chatUsage(plan, totalOutput(plan)) };
  const own = data(plan, totals, false);
  const done = piece(data(plan, "[DONE]"));
  const isAsked = asked && (style === "asked" || style === "client-asked");
  if (isAsked || style === "zeros") {
    // The relay asked in all styles but one, and takes this event out then, whatever it was sent for.
    pieces.push({ text: own, tokens: 0, hidden: style !== "client-asked" });
  }
  pieces.push(done);
  if (style === "after-done") pieces.push({ text: own, tokens: 0, hidden: true });
  return pieces;
}

function responses(plan: ModelPlan): Piece[] {
  const first = { type: "response.created", response: { ...response(plan, "in_progress"), usage: null } };
  return [
    piece(named(plan, first)),
    ...Array.from({ length: plan.events }, (_, i) =>
      piece(
        named(plan, { type: "response.output_text.delta", delta: wordsOf(plan, i) }),
        plan.tokensPerEvent,
      ),
    ),
    piece(named(plan, { type: "response.completed", response: response(plan, "completed") })),
  ];
}

function response(plan: ModelPlan, status: string) {
  const usage = {
    input_tokens: plan.promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: totalOutput(plan),
    output_tokens_details: { reasoning_tokens: plan.reasoningTokens },
  };
  return { id: "r1", object: "response", model: "m1", status, output: [], usage };
}

function messages(plan: ModelPlan): Piece[] {
  const message = { id: "a1", type: "message", model: "m1", content: [], stop_reason: null };
  const start = {
    type: "message_start",
    message: { ...message, usage: { ...inputUsage(plan), output_tokens: 1 } },
  };
  const unknown = { input_tokens: null, cache_read_input_tokens: null };
  return [
    piece(named(plan, start)),
    piece(named(plan, { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } })),
    piece(named(plan, { type: "ping" })),
    ...Array.from({ length: plan.events }, (_, i) => {
      const delta = { type: "text_delta", text: wordsOf(plan, i) };
      return piece(named(plan, { type: "content_block_delta", index: 0, delta }), plan.tokensPerEvent);
    }),
    piece(named(plan, { type: "content_block_stop", index: 0 })),
    piece(
      named(plan, {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { output_tokens: totalOutput(plan), ...unknown },
      }),
    ),
    piece(named(plan, { type: "message_stop" })),
  ];
}

function ollama(plan: ModelPlan): Piece[] {
  const said = (text: string) =>
    plan.kind === "ollama-chat" ? { message: { role: "assistant", content: text } } : { response: text };
  const counts = { prompt_eval_count: plan.promptTokens, eval_count: totalOutput(plan) };
  return [
    ...Array.from({ length: plan.events }, (_, i) =>
      piece(line(plan, { model: "m1", ...said(wordsOf(plan, i)), done: false }), plan.tokensPerEvent),
    ),
    piece(line(plan, { model: "m1", ...said(""), done: true, done_reason: "stop", ...counts })),
  ];
}

function chatUsage(plan: ModelPlan, output: number) {
  const { promptTokens, cachedTokens } = plan;
  const details = { prompt_tokens_details: { cached_tokens: cachedTokens } };
  return {
    prompt_tokens: promptTokens,
    completion_tokens: output,
    total_tokens: promptTokens + output,
    ...details,
  };
}

/** Cache tokens stand beside the input here. */
function inputUsage({ promptTokens, cachedTokens }: ModelPlan) {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: cachedTokens,
  };
}

const piece = (text: string, tokens = 0): Piece => ({ text, tokens, hidden: false });
const line = (plan: ModelPlan, value: object) => `${JSON.stringify(value)}${plan.lineEnd}`;

function data({ lineEnd, number }: ModelPlan, value: object | string, comments = true): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const comment = comments && number % 7 === 0 ? `: keep-alive${lineEnd}${lineEnd}` : "";
  return `${comment}data:${number % 3 === 0 ? "" : " "}${text}${lineEnd}${lineEnd}`;
}

function named(plan: ModelPlan, value: { type: string; [name: string]: unknown }): string {
  return `event: ${value.type}${plan.lineEnd}data: ${JSON.stringify(value)}${plan.lineEnd}${plan.lineEnd}`;
}
