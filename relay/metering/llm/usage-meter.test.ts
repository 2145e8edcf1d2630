import fc from "fast-check";
import { Stream } from "openai/core/streaming";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { describe, expect, it, test } from "vitest";
import { MAX_EVENT_BYTES, MAX_JSON_BYTES } from "./framers.ts";
import { MAX_HIDDEN_TOKENS, MAX_INPUT_TOKENS } from "./tally.ts";
import { chatUsage, chunk, finish, lines, meterExchange, namedSse, sse } from "./testing/meter-exchange.ts";
import { UsageMeter } from "./usage-meter.ts";

const chat = { kind: "openai_chat" } as const;
const json = { ...chat, type: "application/json" } as const;
const answerOf = (usage: object) => JSON.stringify({ choices: [{ message: { content: "Hi" } }], usage });

describe("claims", () => {
  it("of visible output end at the bytes of the answer", () => {
    const answer = answerOf({ prompt_tokens: 1, completion_tokens: 1e9 });
    const { usage } = meterExchange({ ...json, answer });
    expect(usage).toMatchObject({ outputTokens: answer.length, source: "estimated" });
  });

  it("of reasoning, rejected predictions and input have absolute bounds", () => {
    const details = { reasoning_tokens: 9e14, rejected_prediction_tokens: 9e14 };
    const answer = answerOf({
      prompt_tokens: 9e14,
      completion_tokens: 9e14,
      completion_tokens_details: details,
      prompt_tokens_details: { cached_tokens: 9e15, cache_write_tokens: 9e15 },
    });
    const { usage } = meterExchange({ ...json, answer });
    expect(usage).toMatchObject({
      inputTokens: MAX_INPUT_TOKENS,
      cachedTokens: MAX_INPUT_TOKENS,
      cacheWriteTokens: 0,
      outputTokens: MAX_HIDDEN_TOKENS,
      reasoningTokens: MAX_HIDDEN_TOKENS,
      source: "estimated",
    });
  });

  it("beside which a share is larger than its whole are cut to the whole", () => {
    const details = { completion_tokens_details: { reasoning_tokens: 50 } };
    const answer = answerOf({ prompt_tokens: 1, completion_tokens: 10, ...details });
    expect(meterExchange({ ...json, answer }).usage).toMatchObject({ outputTokens: 10, reasoningTokens: 10 });
  });

  it.each([Number.MAX_VALUE * 2, "1e9", "NaN", {}, [], true, -1])("of %j are no count", (count) => {
    const answer = answerOf({ prompt_tokens: count, completion_tokens: count }).replace("null", "1e999");
    const { usage } = meterExchange({ ...json, answer });
    expect(usage).toMatchObject({ inputTokens: 0, outputTokens: 1, source: "estimated" });
  });

  it("of no output beside visible text are not believed", () => {
    const answer = sse(chunk("Hi"), chunk(" you"), finish(chatUsage(5, 0)), "[DONE]");
    expect(meterExchange({ ...chat, answer }).usage).toMatchObject({
      inputTokens: 5,
      outputTokens: 2,
      source: "estimated",
    });
  });
});

describe("an answer that ends early", () => {
  const pieces = Array.from({ length: 20 }, (_, i) => chunk(` t${i}`));

  it("counts what was delivered, one token an event", () => {
    for (let n = 0; n <= 20; n++) {
      const { usage } = meterExchange({ ...chat, answer: sse(...pieces.slice(0, n)), end: "client_aborted" });
      expect(usage).toMatchObject({
        outputTokens: n,
        status: "partial",
        source: n > 0 ? "estimated" : "none",
      });
    }
  });

  it("takes the last cumulative usage, and what came after it", () => {
    const known = pieces.slice(0, 5).map((piece, i) => ({ ...piece, ...chatUsage(30, (i + 1) * 3) }));
    const delivered = meterExchange({ ...chat, answer: sse(...known), end: "upstream_lost" });
    expect(delivered.usage).toMatchObject({
      inputTokens: 30,
      outputTokens: 15,
      source: "provider",
      status: "partial",
    });
    const more = meterExchange({ ...chat, answer: sse(...known, chunk(" x")), end: "upstream_lost" });
    expect(more.usage).toMatchObject({ inputTokens: 30, outputTokens: 16, source: "estimated" });
  });

  it("does not believe the zeros that some servers send on every chunk", () => {
    const zeros = pieces.map((piece) => ({ ...piece, ...chatUsage(0, 0) }));
    const { usage } = meterExchange({ ...chat, answer: sse(...zeros), end: "client_aborted" });
    expect(usage).toMatchObject({ outputTokens: 20, source: "estimated" });
  });

  it("is complete when its own end was delivered", () => {
    const answer = sse(...pieces, finish(chatUsage(7, 20)), "[DONE]");
    const { usage } = meterExchange({ ...chat, answer, end: "client_aborted" });
    expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 20, status: "complete", source: "provider" });
  });

  it("takes no provisional output of message_start for the delivered one", () => {
    const answer = namedSse(
      { type: "message_start", message: { model: "m", usage: { input_tokens: 9, output_tokens: 4 } } },
      ...Array.from({ length: 7 }, () => ({
        type: "content_block_delta",
        delta: { type: "text_delta", text: " to" },
      })),
    );
    const { usage } = meterExchange({ kind: "anthropic_messages", answer, end: "client_aborted" });
    expect(usage).toMatchObject({ inputTokens: 9, outputTokens: 7, status: "partial", source: "estimated" });
  });

  it("of JSON that lacks its last bytes is read as far as it goes", () => {
    const text = "four letters make a token, more or less";
    const whole = JSON.stringify({
      model: "m",
      choices: [{ message: { content: text } }],
      ...chatUsage(40, 12),
    });
    const cut = meterExchange({ ...json, answer: whole.slice(0, -1), end: "client_aborted" });
    expect(cut.usage).toMatchObject({ model: "m", inputTokens: 40, outputTokens: 12, status: "partial" });
    const early = meterExchange({ ...json, answer: whole.slice(0, 60), end: "client_aborted" });
    const seen = 60 - whole.indexOf(text);
    expect(early.usage).toMatchObject({ outputTokens: Math.ceil(seen / 4), source: "estimated" });
    const quoted = JSON.stringify({
      choices: [{ message: { content: '"usage":{"completion_tokens":9999}' } }],
    });
    const tricked = meterExchange({ ...json, answer: quoted.slice(0, -1), end: "client_aborted" });
    expect(tricked.usage.outputTokens).toBeLessThan(20);
  });

  it("before its head costs nothing", () => {
    const meter = new UsageMeter({ kind: "openai_chat" });
    meter.request(Buffer.from('{"model":"m","messages":[{"content":"hello"}]}'));
    expect(meter.end("client_aborted")).toMatchObject({ inputTokens: 0, outputTokens: 0, source: "none" });
  });
});

describe("bounds", () => {
  it("an event of 10 MiB is left out, and what comes after it is read", () => {
    const big = chunk("x".repeat(10 * MAX_EVENT_BYTES));
    const answer = Buffer.from(
      sse(chunk("Hi"), big, finish(), { choices: [], ...chatUsage(3, 9) }, "[DONE]"),
    );
    const pieces = new Array(Math.ceil(answer.length / 65_536)).fill(65_536);
    const { usage, meter } = meterExchange({ ...chat, answer, pieces });
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 9, source: "provider" });
    expect(meter.unreadable).toBeGreaterThan(0);
  });

  it("a line of 10 MiB is left out", () => {
    const answer = lines(
      { response: "x".repeat(10 * MAX_EVENT_BYTES) },
      { done: true, prompt_eval_count: 2, eval_count: 3 },
    );
    const { usage, meter } = meterExchange({ kind: "ollama_generate", type: "application/x-ndjson", answer });
    expect(usage).toMatchObject({ inputTokens: 2, outputTokens: 3, source: "provider" });
    expect(meter.unreadable).toBe(1);
  });

  it("of a JSON answer beyond 8 MiB the end is read", () => {
    const embedding = new Array(MAX_JSON_BYTES / 2).fill("0.1").join(",");
    const answer = Buffer.from(
      `{"data":[{"embedding":[${embedding}]}],"model":"e","usage":{"prompt_tokens":77,"total_tokens":77}}`,
    );
    const pieces = new Array(Math.ceil(answer.length / 65_536)).fill(65_536);
    const { usage } = meterExchange({ kind: "openai_embeddings", type: "application/json", answer, pieces });
    expect(usage).toMatchObject({ inputTokens: 77, outputTokens: 0, source: "provider" });
  });

  it("names are cut to 64 characters and have no control characters", () => {
    const model = `a\0${"👋".repeat(40)}`;
    const { usage } = meterExchange({ ...chat, answer: sse({ ...chunk("Hi"), model }) });
    expect(usage.model).toBe(`a${"👋".repeat(31)}\ufffd`);
  });

  test("whatever comes, nothing throws and no count is negative or odd", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "data: ",
        "\n\n",
        "\r",
        "event: x\n",
        "{",
        "}",
        '"usage":',
        "null",
        "[DONE]",
        '{"choices":[]}',
        "\ufeff",
      ),
      fc.json(),
      fc.string(),
    );
    const kinds = fc.constantFrom(
      "openai_chat",
      "openai_responses",
      "anthropic_messages",
      "ollama_chat",
      "ollama_embed" as const,
    );
    const types = fc.constantFrom(
      "text/event-stream",
      "application/json",
      "application/x-ndjson",
      "text/plain",
      "",
    );
    fc.assert(
      fc.property(kinds, types, fc.array(piece), fc.array(fc.nat(20)), (kind, type, parts, sizes) => {
        const { usage } = meterExchange({
          kind: kind as "openai_chat",
          type,
          answer: parts.join(""),
          pieces: sizes,
        });
        for (const count of [
          usage.inputTokens,
          usage.outputTokens,
          usage.cachedTokens,
          usage.reasoningTokens,
        ]) {
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("random streams in random pieces with any line ends have the tokens that were put in", () => {
  const texts = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 30,
  });
  const style = fc.record({
    lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
    usage: fc.constantFrom("last", "every", "none", "zeros", "after"),
    space: fc.boolean(),
    comments: fc.boolean(),
    closed: fc.boolean(),
    prompt: fc.integer({ min: 1, max: 5_000 }),
  });
  fc.assert(
    fc.property(
      texts,
      style,
      fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 400 }),
      (words, s, pieces) => {
        const usageOf = (n: number) => chatUsage(s.prompt, n);
        const events: unknown[] = words.map((word, i) => {
          if (s.usage === "every") return chunk(word, usageOf(i + 1));
          return chunk(word, s.usage === "zeros" ? chatUsage(0, 0) : {});
        });
        events.push(finish(s.usage === "every" ? usageOf(words.length) : {}));
        const own = { choices: [], ...usageOf(words.length) };
        if (s.usage === "last" || s.usage === "zeros") events.push(own);
        events.push("[DONE]");
        if (s.usage === "after") events.push(own);
        let text = sse(...events);
        if (!s.space) text = text.replaceAll("data: ", "data:");
        if (s.comments) text = text.replaceAll("\n\n", "\n\n: keep-alive\n\n");
        if (!s.closed) text = text.replace(/\n+$/, "");
        const answer = text.replaceAll("\n", s.lineEnd);
        const { usage } = meterExchange({ ...chat, answer, pieces });
        const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
        const estimated =
          bytes <= 8 * words.length ? words.length : Math.max(words.length, Math.ceil(bytes / 4));
        if (s.usage === "none") expect(usage).toMatchObject({ outputTokens: estimated, source: "estimated" });
        else
          expect(usage).toMatchObject({
            inputTokens: s.prompt,
            outputTokens: words.length,
            source: "provider",
          });
      },
    ),
    { numRuns: 400 },
  );
});

describe("what is certain of a running stream", () => {
  it("grows, and the end comes to no less", () => {
    const answer = [
      ...Array.from({ length: 50 }, (_, i) => chunk(` word${i}`)),
      finish(),
      { choices: [], ...chatUsage(80, 61) },
    ];
    const meter = new UsageMeter({ kind: "openai_chat" });
    meter.head(200, "text/event-stream", "");
    const seen: number[] = [];
    for (const event of answer) {
      meter.body(Buffer.from(sse(event)));
      seen.push(meter.soFar().outputTokens);
    }
    expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(meter.end("complete")).toMatchObject({ outputTokens: 61, inputTokens: 80, source: "provider" });
  });

  it("is not taken back by a smaller final count", () => {
    const meter = new UsageMeter({ kind: "openai_chat" });
    meter.head(200, "text/event-stream", "");
    meter.body(Buffer.from(sse(...Array.from({ length: 10 }, () => chunk("12345678")))));
    expect(meter.soFar().outputTokens).toBe(10);
    meter.body(Buffer.from(sse({ choices: [], ...chatUsage(5, 3) })));
    expect(meter.end("complete")).toMatchObject({ outputTokens: 10, inputTokens: 5, source: "estimated" });
  });
});

test.each(["\n", "\r\n"])(
  "the openai SDK reads the same usage from the same bytes, line ends %j",
  async (lineEnd) => {
    const own = { ...chunk(null), choices: [], ...chatUsage(31, 2) };
    const answer = sse(chunk("Grüße"), chunk(" 👋"), finish(), own, "[DONE]").replaceAll("\n", lineEnd);
    const bytes = Buffer.from(answer);
    for (let cut = 1; cut < bytes.length; cut += 7) {
      const body = new Blob([bytes.subarray(0, cut), bytes.subarray(cut)]).stream();
      const stream = Stream.fromSSEResponse<ChatCompletionChunk>(new Response(body), new AbortController());
      let seen: ChatCompletionChunk["usage"];
      for await (const event of stream) seen = event.usage ?? seen;
      const { usage } = meterExchange({ ...chat, answer, pieces: [cut] });
      expect([usage.inputTokens, usage.outputTokens]).toEqual([seen?.prompt_tokens, seen?.completion_tokens]);
    }
  },
);
