import { AnthropicUsage } from "./claim.ts";
import { type AnswerReader, numberOrNull, type StreamMarks, textOrNull } from "./reader.ts";
import type { Tally } from "./tally.ts";
import { isObject, type JsonObject } from "./token-count.ts";

/** Anthropic messages. */
export class AnthropicReader implements AnswerReader {
  private readonly tally: Tally;
  private readonly usage = new AnthropicUsage();
  private id: string | null = null;
  private openBlock: number | null = null;

  constructor(tally: Tally) {
    this.tally = tally;
  }

  get marks(): StreamMarks {
    return {
      id: this.id,
      created: null,
      model: this.tally.modelOrNull,
      openBlock: this.openBlock,
      sequence: null,
    };
  }

  read(object: JsonObject): void {
    const { tally } = this;
    switch (object.type) {
      case "content_block_delta":
        if (isObject(object.delta)) this.delta(object.delta);
        break;
      case "content_block_start":
        this.openBlock = numberOrNull(object.index);
        this.block(object.content_block);
        break;
      case "content_block_stop":
        this.openBlock = null;
        break;
      case "message_start":
        if (isObject(object.message)) this.message(object.message, true);
        break;
      case "message_delta":
        if (isObject(object.delta)) tally.finish(object.delta.stop_reason);
        this.claim(object.usage, false);
        break;
      case "message_stop":
        tally.ended = true;
        break;
      case "message":
        this.message(object, false);
        break;
      case "error":
        tally.failed = true;
        break;
    }
  }

  private delta(delta: JsonObject): void {
    const { tally } = this;
    // A signature is not generated text.
    tally.text(delta.text ?? delta.partial_json ?? delta.thinking);
  }

  private message(message: JsonObject, starts: boolean): void {
    const { tally } = this;
    tally.recognised = true;
    this.id = textOrNull(message.id);
    tally.model(message.model);
    if (Array.isArray(message.content)) for (const block of message.content) this.block(block);
    tally.finish(message.stop_reason);
    this.claim(message.usage, starts);
  }

  private block(block: unknown): void {
    if (!isObject(block)) return;
    const { tally } = this;
    tally.text(block.text ?? block.thinking);
    if (isObject(block.input) && Object.keys(block.input).length > 0) tally.text(JSON.stringify(block.input));
  }

  private claim(usage: unknown, provisional: boolean): void {
    if (!isObject(usage)) return;
    this.usage.add(usage, provisional);
    this.tally.claim(this.usage.claim());
  }
}
