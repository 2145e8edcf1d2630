import { claimOfOllama } from "./claim.ts";
import { type AnswerReader, type StreamMarks, textOrNull } from "./reader.ts";
import type { Tally } from "./tally.ts";
import { isObject, type JsonObject } from "./token-count.ts";

/** Ollama's own chat, generate and embed. Only the object with `done: true` has counts. */
export class OllamaReader implements AnswerReader {
  private readonly tally: Tally;

  constructor(tally: Tally) {
    this.tally = tally;
  }

  get marks(): StreamMarks {
    return { id: null, created: null, model: this.tally.modelOrNull, openBlock: null, sequence: null };
  }

  read(object: JsonObject): void {
    const { tally } = this;
    tally.model(object.model);
    if (typeof object.error === "string") {
      tally.failed = true;
      return;
    }
    if (isObject(object.message)) this.message(object.message);
    tally.text(object.response);
    tally.text(object.thinking);
    if (typeof object.done === "boolean") tally.recognised = true;
    if (object.done === true) {
      tally.finish(object.done_reason);
      tally.claim(claimOfOllama(object));
      tally.ended = true;
    } else if (Array.isArray(object.embeddings) || Array.isArray(object.embedding)) {
      tally.recognised = true;
      if (object.prompt_eval_count !== undefined) tally.claim(claimOfOllama(object));
    }
  }

  private message(message: JsonObject): void {
    const { tally } = this;
    tally.text(message.content);
    tally.text(message.thinking);
    if (!Array.isArray(message.tool_calls)) return;
    for (const call of message.tool_calls) {
      if (!isObject(call) || !isObject(call.function)) continue;
      const { name } = call.function;
      tally.text(`${textOrNull(name) ?? ""}${JSON.stringify(call.function.arguments ?? {})}`);
    }
  }
}
