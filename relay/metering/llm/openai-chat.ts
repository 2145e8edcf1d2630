import { claimOfChat, claimOfTimings } from "./claim.ts";
import { type AnswerReader, numberOrNull, type StreamMarks, textOrNull } from "./reader.ts";
import type { Tally } from "./tally.ts";
import { isObject, type JsonObject } from "./token-count.ts";

/** OpenAI chat, completions and embeddings, and the many servers that speak alike. */
export class OpenAiReader implements AnswerReader {
  private readonly tally: Tally;
  private id: string | null = null;
  private created: number | null = null;

  constructor(tally: Tally) {
    this.tally = tally;
  }

  get marks(): StreamMarks {
    const { id, created, tally } = this;
    return { id, created, model: tally.modelOrNull, openBlock: null, sequence: null };
  }

  read(object: JsonObject): void {
    const { tally } = this;
    const { choices, usage, error } = object;
    if (this.id === null) {
      this.id = textOrNull(object.id);
      this.created = numberOrNull(object.created);
      tally.model(object.model);
    }
    if (error !== undefined && error !== null) tally.failed = true;
    if (Array.isArray(choices)) {
      tally.recognised = true;
      for (let i = 0; i < choices.length; i++) this.choice(choices[i]);
    } else if (Array.isArray(object.data)) {
      tally.recognised = true;
    }
    // After the text of the same event: a claim covers it. Groq writes it under a key of its own.
    if (usage !== undefined && usage !== null) tally.claim(claimOfChat(usage));
    else if (isObject(object.x_groq)) tally.claim(claimOfChat(object.x_groq.usage));
    else if (object.timings !== undefined && !tally.hasClaim) tally.claim(claimOfTimings(object.timings));
  }

  private choice(choice: unknown): void {
    if (!isObject(choice)) return;
    const { tally } = this;
    const said = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : null;
    if (said !== null) this.message(said);
    else tally.text(choice.text);
    tally.finish(choice.finish_reason);
  }

  private message(said: JsonObject): void {
    const { tally } = this;
    tally.text(said.content);
    tally.text(said.refusal);
    // Servers name it either way; some send both with the same text.
    tally.text(said.reasoning_content ?? said.reasoning);
    if (isObject(said.function_call)) tally.text(said.function_call.arguments);
    if (!Array.isArray(said.tool_calls)) return;
    for (const call of said.tool_calls) {
      if (!isObject(call) || !isObject(call.function)) continue;
      // A name comes once and whole, as a rule with empty arguments: together one piece.
      tally.text(`${textOrNull(call.function.name) ?? ""}${textOrNull(call.function.arguments) ?? ""}`);
    }
  }
}
