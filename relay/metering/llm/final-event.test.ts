import { Stream } from "openai/core/streaming";
import { describe, expect, it } from "vitest";
import type { ApiKind } from "../token-usage.ts";
import { chatUsage, chunk, lines, meterExchange, namedSse, sse } from "./testing/meter-exchange.ts";
import { UsageMeter } from "./usage-meter.ts";

const now = new Date(1_800_000_000_000);

function finalOf(kind: ApiKind, answer: string, type = "text/event-stream", asksUsage = false) {
  const meter = new UsageMeter({ kind });
  meter.head(200, type, "");
  meter.body(Buffer.from(answer));
  return { meter, bytes: meter.finalEvent(asksUsage, now) };
}

async function readBySdk(text: string): Promise<Record<string, unknown>[]> {
  const response = new Response(new Blob([text]).stream());
  const events: Record<string, unknown>[] = [];
  for await (const event of Stream.fromSSEResponse<Record<string, unknown>>(
    response,
    new AbortController(),
  )) {
    events.push(event);
  }
  return events;
}

describe("a stream that is ended early ends well", () => {
  it("chat, as the openai SDK reads it", async () => {
    const start = sse(chunk("Hi", chatUsage(9, 1)));
    const { bytes } = finalOf("openai_chat", start, "text/event-stream", true);
    const events = await readBySdk(start + bytes);
    expect(events).toHaveLength(3);
    expect(events[1]).toMatchObject({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      model: "llama3",
      choices: [{ delta: {}, finish_reason: "length" }],
    });
    expect(events[2]).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
    });
    expect(bytes?.toString()).toMatch(/data: \[DONE\]\n\n$/);
  });

  it("chat without usage when the client asked for none, completions with text", () => {
    expect(finalOf("openai_chat", sse(chunk("Hi"))).bytes?.toString()).not.toContain("usage");
    const { bytes } = finalOf("openai_completions", sse({ id: "c", choices: [{ text: "Hi" }] }));
    expect(bytes?.toString()).toContain('"object":"text_completion"');
  });

  it("messages: the open block is closed first", () => {
    const start = namedSse(
      {
        type: "message_start",
        message: { id: "m", model: "c", usage: { input_tokens: 3, output_tokens: 1 } },
      },
      { type: "content_block_start", index: 2, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 2, delta: { type: "text_delta", text: "Hi" } },
    );
    const types = (text: string | undefined) => text?.match(/^event: .*$/gm)?.map((line) => line.slice(7));
    const { bytes } = finalOf("anthropic_messages", start);
    expect(types(bytes?.toString())).toEqual(["content_block_stop", "message_delta", "message_stop"]);
    const { usage } = meterExchange({ kind: "anthropic_messages", answer: start + bytes });
    expect(usage).toMatchObject({
      inputTokens: 3,
      outputTokens: 1,
      finishReason: "max_tokens",
      status: "complete",
    });
    const closed = start + namedSse({ type: "content_block_stop", index: 2 });
    expect(types(finalOf("anthropic_messages", closed).bytes?.toString())).toEqual([
      "message_delta",
      "message_stop",
    ]);
  });

  it("responses: incomplete, with the next number", () => {
    const start = namedSse(
      {
        type: "response.created",
        sequence_number: 0,
        response: { id: "r", model: "g", status: "in_progress" },
      },
      { type: "response.output_text.delta", sequence_number: 1, delta: "Hi" },
    );
    const { bytes } = finalOf("openai_responses", start);
    expect(bytes?.toString()).toContain('"sequence_number":2');
    const { usage } = meterExchange({ kind: "openai_responses", answer: start + bytes });
    expect(usage).toMatchObject({ outputTokens: 1, finishReason: "max_output_tokens", status: "complete" });
  });

  it.each(["ollama_chat", "ollama_generate"] as const)("%s: a line with done", (kind) => {
    const start = lines({ model: "l", message: { content: "Hi" }, response: "", done: false });
    const { bytes } = finalOf(kind, start, "application/x-ndjson");
    const line = JSON.parse(String(bytes));
    expect(line).toMatchObject({ model: "l", done: true, done_reason: "length", eval_count: 1 });
    expect(bytes?.at(-1)).toBe(10);
  });

  it("JSON and compressed answers have no such event", () => {
    expect(finalOf("openai_chat", '{"choices":[', "application/json").bytes).toBeNull();
    expect(finalOf("openai_chat", "\x1f\ufffd\0\0\0", "text/event-stream").bytes).not.toBeNull();
    const meter = new UsageMeter({ kind: "openai_chat" });
    meter.head(200, "text/event-stream", "gzip");
    meter.body(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]));
    expect(meter.finalEvent(false, now)).toBeNull();
  });
});

describe("where an event ends", () => {
  it.each(["\n", "\r\n", "\r"])("is known at every byte, line ends %j", (lineEnd) => {
    const stream = Buffer.from(sse(chunk("Hi"), chunk(" you"), "[DONE]").replaceAll("\n", lineEnd));
    const event = Buffer.from(`${lineEnd}${lineEnd}`);
    for (let cut = 1; cut < stream.length; cut++) {
      for (const first of [1, 3, cut]) {
        const meter = new UsageMeter({ kind: "openai_chat" });
        meter.head(200, "text/event-stream", "");
        for (let at = 0; at < cut; at += first) meter.body(stream.subarray(at, Math.min(at + first, cut)));
        if (cut < 4) continue;
        // A CR ends a line at once; an LF after it changes nothing.
        const ends = stream
          .subarray(0, cut)
          .toString()
          .replace(/\r\n/g, "\n")
          .replace(/\r/g, "\n")
          .endsWith("\n\n");
        expect(meter.atEventEnd, `${cut} bytes, ${first} at a time`).toBe(ends);
        const at = meter.eventEndIn(stream.subarray(cut));
        const next = stream.indexOf(event, Math.max(0, cut - 2 * lineEnd.length + 1));
        if (lineEnd === "\n") expect(at).toBe(ends ? 0 : next + 2 - cut);
        else expect(at).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
