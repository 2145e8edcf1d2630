import type { ApiKind } from "../token-usage.ts";
import type { StreamMarks } from "./reader.ts";

/** What a stream that we end has had, for formats that state it. */
export interface FinalCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface FinalEventInput {
  readonly kind: ApiKind;
  readonly format: "sse" | "lines";
  readonly marks: StreamMarks;
  readonly counts: FinalCounts;
  /** The client asked for a usage chunk itself. */
  readonly asksUsage: boolean;
  readonly now: Date;
}

/**
 * The bytes that end a stream before its time so that its reader sees a whole answer that reached a limit, as the interface
 * says it: `length`, `max_tokens`, `incomplete`. They may follow a whole event or line only.
 */
export function finalEvent({ kind, format, marks, counts, asksUsage, now }: FinalEventInput): Buffer {
  const model = marks.model ?? "";
  const seconds = Math.floor(now.getTime() / 1_000);
  const { inputTokens, outputTokens } = counts;
  if (format === "lines") {
    const said = kind === "ollama_chat" ? { message: { role: "assistant", content: "" } } : { response: "" };
    const ended = { done: true, done_reason: "length" };
    const tokens = { prompt_eval_count: inputTokens, eval_count: outputTokens };
    return Buffer.from(
      `${JSON.stringify({ model, created_at: now.toISOString(), ...said, ...ended, ...tokens })}\n`,
    );
  }
  if (kind === "anthropic_messages") {
    const stop =
      marks.openBlock === null ? "" : named({ type: "content_block_stop", index: marks.openBlock });
    const delta = { stop_reason: "max_tokens", stop_sequence: null };
    return Buffer.from(
      stop +
        named({ type: "message_delta", delta, usage: { output_tokens: outputTokens } }) +
        named({ type: "message_stop" }),
    );
  }
  if (kind === "openai_responses") {
    const usage = {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    };
    const response = {
      id: marks.id ?? "",
      object: "response",
      created_at: marks.created ?? seconds,
      status: "incomplete",
      error: null,
      incomplete_details: { reason: "max_output_tokens" },
      model,
      output: [],
      usage,
    };
    const sequence_number = (marks.sequence ?? -1) + 1;
    return Buffer.from(named({ type: "response.incomplete", sequence_number, response }));
  }
  const isChat = kind === "openai_chat";
  const shared = {
    id: marks.id ?? "",
    object: isChat ? "chat.completion.chunk" : "text_completion",
    created: marks.created ?? seconds,
    model,
  };
  const choice = { index: 0, ...(isChat ? { delta: {} } : { text: "" }), finish_reason: "length" };
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
  const end = `data: ${JSON.stringify({ ...shared, choices: [choice] })}\n\n`;
  const chunk = asksUsage ? `data: ${JSON.stringify({ ...shared, choices: [], usage })}\n\n` : "";
  return Buffer.from(`${end}${chunk}data: [DONE]\n\n`);
}

function named(event: { type: string; [name: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
