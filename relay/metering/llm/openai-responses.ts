import { claimOfResponses } from "./claim.ts";
import { type AnswerReader, numberOrNull, type StreamMarks, textOrNull } from "./reader.ts";
import type { Tally } from "./tally.ts";
import { isObject, type JsonObject } from "./token-count.ts";

/** Events that end a stream; each holds the whole response with its usage. There is no `[DONE]`. */
const ENDS = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** OpenAI responses. */
export class ResponsesReader implements AnswerReader {
  private readonly tally: Tally;
  private id: string | null = null;
  private created: number | null = null;
  private sequence: number | null = null;

  constructor(tally: Tally) {
    this.tally = tally;
  }

  get marks(): StreamMarks {
    const { id, created, sequence, tally } = this;
    return { id, created, model: tally.modelOrNull, openBlock: null, sequence };
  }

  read(object: JsonObject, streamed: boolean): void {
    const { tally } = this;
    const type = textOrNull(object.type);
    if (!streamed || type === null) {
      this.response(object, true);
      return;
    }
    this.sequence = numberOrNull(object.sequence_number) ?? this.sequence;
    tally.recognised = true;
    if (type.endsWith(".delta")) {
      // Audio comes as base64: its bytes say nothing about tokens. Its transcript is text.
      if (!type.endsWith("audio.delta")) tally.text(object.delta);
    } else if (type === "error") {
      tally.failed = true;
    } else if (isObject(object.response)) {
      const ends = ENDS.has(type);
      this.response(object.response, false);
      if (type === "response.failed") tally.failed = true;
      if (ends) tally.ended = true;
    }
  }

  private response(response: JsonObject, whole: boolean): void {
    const { tally } = this;
    this.id ??= textOrNull(response.id);
    this.created ??= numberOrNull(response.created_at);
    tally.model(response.model);
    if (response.error !== undefined && response.error !== null) tally.failed = true;
    if (Array.isArray(response.output)) {
      tally.recognised = true;
      if (whole) for (const item of response.output) this.item(item);
    }
    const why = isObject(response.incomplete_details) ? response.incomplete_details.reason : null;
    if (response.status !== "in_progress" && response.status !== "queued") {
      tally.finish(typeof why === "string" ? why : response.status);
    }
    tally.claim(claimOfResponses(response.usage));
  }

  private item(item: unknown): void {
    if (!isObject(item)) return;
    this.tally.text(item.arguments);
    for (const parts of [item.content, item.summary]) {
      if (!Array.isArray(parts)) continue;
      for (const part of parts) if (isObject(part)) this.tally.text(part.text ?? part.refusal);
    }
  }
}
