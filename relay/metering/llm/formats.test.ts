import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it, test } from "vitest";
import type { TokenUsage } from "../token-usage.ts";
import {
  chatUsage,
  chunk,
  finish,
  lines,
  meterExchange,
  namedSse,
  sse,
  type TestExchange,
} from "./testing/meter-exchange.ts";

type Expected = Partial<TokenUsage>;
interface Case extends TestExchange {
  readonly name: string;
  readonly expected: Expected;
}

const usageChunk = { ...chunk(null), choices: [], ...chatUsage(11, 2) };
const streamed: Expected = {
  model: "llama3",
  inputTokens: 11,
  outputTokens: 2,
  source: "provider",
  status: "complete",
  finishReason: "stop",
};
const chat = { kind: "openai_chat" } as const;
const json = { type: "application/json" } as const;

const messages = namedSse(
  {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude",
      content: [],
      stop_reason: null,
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 5,
        cache_read_input_tokens: 100,
        output_tokens: 1,
      },
    },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "ping" },
  {
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: "Grüße 👋, a long piece of text" },
  },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: " and some more of it" } },
  { type: "content_block_stop", index: 0 },
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn" },
    usage: {
      output_tokens: 9,
      input_tokens: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
    },
  },
  { type: "message_stop" },
);

const responses = namedSse(
  {
    type: "response.created",
    sequence_number: 0,
    response: { id: "resp_1", model: "gpt-5", status: "in_progress", output: [], usage: null },
  },
  { type: "response.output_text.delta", sequence_number: 1, delta: "Hi" },
  { type: "response.output_text.delta", sequence_number: 2, delta: " you" },
  {
    type: "response.completed",
    sequence_number: 3,
    response: {
      id: "resp_1",
      model: "gpt-5",
      status: "completed",
      output: [],
      usage: {
        input_tokens: 20,
        input_tokens_details: { cached_tokens: 16 },
        output_tokens: 64,
        output_tokens_details: { reasoning_tokens: 60 },
      },
    },
  },
);

const ollama = lines(
  { model: "llama3", message: { role: "assistant", content: "Hi" }, done: false },
  { model: "llama3", message: { role: "assistant", content: " 世界" }, done: false },
  {
    model: "llama3",
    message: { role: "assistant", content: "" },
    done: true,
    done_reason: "stop",
    prompt_eval_count: 26,
    eval_count: 3,
  },
);

const cases: Case[] = [
  {
    name: "chat, usage in a chunk of its own",
    ...chat,
    answer: sse(chunk("Hi"), chunk(" é👋"), finish(), usageChunk, "[DONE]"),
    expected: streamed,
  },
  {
    name: "chat, usage: null on ordinary chunks",
    ...chat,
    answer: sse(chunk("Hi", { usage: null }), chunk(" you"), finish({ usage: null }), usageChunk, "[DONE]"),
    expected: streamed,
  },
  {
    name: "chat, cumulative usage on every chunk",
    ...chat,
    answer: sse(
      chunk("Hi", chatUsage(11, 1)),
      chunk(" you", chatUsage(11, 2)),
      finish(chatUsage(11, 2)),
      "[DONE]",
    ),
    expected: streamed,
  },
  {
    name: "chat, usage after [DONE]",
    ...chat,
    answer: sse(chunk("Hi"), chunk(" you"), finish(), "[DONE]", usageChunk),
    expected: streamed,
  },
  {
    name: "chat, no [DONE], no final empty line",
    ...chat,
    answer: sse(chunk("Hi"), chunk(" you"), finish(), usageChunk).trimEnd(),
    expected: streamed,
  },
  {
    name: "chat, usage in the last chunk with content",
    ...chat,
    answer: sse(
      chunk("Hi"),
      {
        ...finish(chatUsage(11, 2)),
        choices: [{ index: 0, delta: { content: "!" }, finish_reason: "stop" }],
      },
      "[DONE]",
    ),
    expected: streamed,
  },
  {
    name: "chat, Groq's own key",
    ...chat,
    answer: sse(chunk("Hi"), finish({ x_groq: { id: "r", ...chatUsage(11, 2) } }), "[DONE]"),
    expected: streamed,
  },
  {
    name: "chat, timings of llama.cpp",
    ...chat,
    answer: sse(chunk("Hi"), finish({ timings: { cache_n: 4, prompt_n: 7, predicted_n: 2 } }), "[DONE]"),
    expected: { ...streamed, cachedTokens: 4 },
  },
  {
    name: "chat, floats and strings",
    ...chat,
    answer: sse(chunk("Hi"), finish(chatUsage(11.0, "2")), "[DONE]"),
    expected: streamed,
  },
  {
    name: "chat, leading chunk of a content filter without choices",
    ...chat,
    answer: sse(
      { id: "", model: "", choices: [], prompt_filter_results: [] },
      chunk("Hi"),
      finish(),
      usageChunk,
      "[DONE]",
    ),
    expected: { ...streamed, model: null },
  },
  {
    name: "chat, byte order mark, comments, data without a space, over two lines, in CRLF",
    ...chat,
    answer: `\ufeff: OPENROUTER PROCESSING\r\n\r\ndata:${JSON.stringify(chunk("Hi"))}\r\n\r\nid: 1\r\nretry: 10\r\ndata: ${JSON.stringify(finish()).slice(0, -1)},\r\ndata: "usage":{"prompt_tokens":11,"completion_tokens":2}}\r\n\r\ndata: [DONE] \r\n\r\n`,
    expected: streamed,
  },
  {
    name: "chat as text/plain",
    ...chat,
    type: "text/plain; charset=utf-8",
    answer: sse(chunk("Hi"), finish(), usageChunk, "[DONE]"),
    expected: streamed,
  },
  {
    name: "chat, negative and null counts are none: estimated",
    ...chat,
    answer: sse(chunk("Hi"), chunk(" you"), finish(chatUsage(-5, null)), "[DONE]"),
    request: '{"model":"m","messages":[{"role":"user","content":"12345678"}]}',
    expected: { inputTokens: 6, outputTokens: 2, source: "estimated" },
  },
  {
    name: "chat, no usage at all: one token an event",
    ...chat,
    answer: sse(chunk(""), chunk("Hi"), chunk(" you"), finish(), "[DONE]"),
    expected: { outputTokens: 2, source: "estimated", status: "complete" },
  },
  {
    name: "chat, no usage, long pieces: bytes/4",
    ...chat,
    answer: sse(chunk("x".repeat(40)), chunk("y".repeat(41)), finish(), "[DONE]"),
    expected: { outputTokens: 21, source: "estimated" },
  },
  {
    name: "chat, tool calls count as output",
    ...chat,
    answer: sse(
      {
        ...chunk(null),
        choices: [
          { index: 0, delta: { tool_calls: [{ index: 0, function: { name: "f", arguments: "" } }] } },
        ],
      },
      {
        ...chunk(null),
        choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] } }],
      },
      "[DONE]",
    ),
    expected: { outputTokens: 2, source: "estimated" },
  },
  {
    name: "chat, an error in the middle",
    ...chat,
    answer: sse(chunk("Hi"), { error: { message: "out of memory", type: "server_error" } }),
    expected: { outputTokens: 1, status: "error", source: "estimated" },
  },
  {
    name: "chat, details",
    ...chat,
    ...json,
    answer: JSON.stringify({
      model: "gpt",
      choices: [{ message: { content: "Hi", reasoning_content: "hm" }, finish_reason: "stop" }],
      ...chatUsage(100, 50, {
        prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 48 },
      }),
    }),
    expected: {
      inputTokens: 100,
      cachedTokens: 60,
      cacheWriteTokens: 10,
      outputTokens: 50,
      reasoningTokens: 48,
      source: "provider",
      status: "complete",
      finishReason: "stop",
    },
  },
  {
    name: "chat, an error answer costs nothing",
    ...chat,
    ...json,
    status: 429,
    request: '{"messages":[{"content":"hello"}]}',
    answer: '{"error":{"message":"slow down"}}',
    expected: { inputTokens: 0, outputTokens: 0, source: "none", status: "error" },
  },
  {
    name: "chat, HTML",
    ...chat,
    type: "text/html",
    answer: "<html>data: {}</html>",
    expected: { inputTokens: 0, outputTokens: 0, source: "none" },
  },
  {
    name: "completions, zeros on every chunk and the real one last",
    kind: "openai_completions",
    answer: sse(
      { model: "llama3", choices: [{ text: "Hi", index: 0, finish_reason: null }], ...chatUsage(0, 0) },
      { model: "llama3", choices: [{ text: "!", index: 0, finish_reason: "stop" }], ...chatUsage(0, 0) },
      { model: "llama3", choices: [], ...chatUsage(11, 2) },
      "[DONE]",
    ),
    expected: streamed,
  },
  {
    name: "responses",
    kind: "openai_responses",
    answer: responses,
    expected: {
      model: "gpt-5",
      inputTokens: 20,
      cachedTokens: 16,
      outputTokens: 64,
      reasoningTokens: 60,
      source: "provider",
      status: "complete",
      finishReason: "completed",
    },
  },
  {
    name: "responses, incomplete",
    kind: "openai_responses",
    answer: namedSse(
      { type: "response.output_text.delta", delta: "Hi" },
      {
        type: "response.incomplete",
        response: {
          model: "g",
          status: "incomplete",
          incomplete_details: { reason: "max_output_tokens" },
          usage: { input_tokens: 3, output_tokens: 1 },
        },
      },
    ),
    expected: { inputTokens: 3, outputTokens: 1, finishReason: "max_output_tokens", status: "complete" },
  },
  {
    name: "responses, not streamed",
    kind: "openai_responses",
    ...json,
    answer: JSON.stringify({
      id: "r",
      model: "g",
      status: "completed",
      output: [{ content: [{ text: "Hi" }] }],
      usage: { input_tokens: 3, output_tokens: 1 },
    }),
    expected: { inputTokens: 3, outputTokens: 1, source: "provider", finishReason: "completed" },
  },
  {
    name: "embeddings",
    kind: "openai_embeddings",
    ...json,
    answer: JSON.stringify({
      data: [{ embedding: [0.1] }],
      model: "e",
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
    expected: { model: "e", inputTokens: 8, outputTokens: 0, source: "provider" },
  },
  {
    name: "messages: cache tokens beside the input, output from the last delta",
    kind: "anthropic_messages",
    answer: messages,
    expected: {
      model: "claude",
      inputTokens: 115,
      cachedTokens: 100,
      cacheWriteTokens: 5,
      outputTokens: 9,
      source: "provider",
      status: "complete",
      finishReason: "end_turn",
    },
  },
  {
    name: "messages, input corrected by a delta",
    kind: "anthropic_messages",
    answer: namedSse(
      {
        type: "message_start",
        message: { model: "m", content: [], usage: { input_tokens: 7, output_tokens: 0 } },
      },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { input_tokens: 9, output_tokens: 1 },
      },
      { type: "message_stop" },
    ),
    expected: { inputTokens: 9, outputTokens: 1, source: "provider" },
  },
  {
    name: "messages, error in the middle",
    kind: "anthropic_messages",
    answer: namedSse(
      {
        type: "message_start",
        message: { model: "m", content: [], usage: { input_tokens: 7, output_tokens: 1 } },
      },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: " you" } },
      { type: "error", error: { type: "overloaded_error" } },
    ),
    expected: { inputTokens: 7, outputTokens: 2, source: "estimated", status: "error" },
  },
  {
    name: "messages, not streamed",
    kind: "anthropic_messages",
    ...json,
    answer: JSON.stringify({
      type: "message",
      model: "m",
      content: [{ type: "text", text: "Hi" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 4, output_tokens: 3, cache_read_input_tokens: null },
    }),
    expected: { inputTokens: 4, outputTokens: 3, source: "provider", finishReason: "end_turn" },
  },
  {
    name: "Ollama chat",
    kind: "ollama_chat",
    type: "application/x-ndjson",
    answer: ollama,
    expected: { ...streamed, inputTokens: 26, outputTokens: 3 },
  },
  {
    name: "Ollama chat without its type",
    kind: "ollama_chat",
    type: "",
    answer: ollama,
    expected: { ...streamed, inputTokens: 26, outputTokens: 3 },
  },
  {
    name: "Ollama lines called JSON",
    kind: "ollama_chat",
    ...json,
    answer: ollama,
    expected: { ...streamed, inputTokens: 26, outputTokens: 3 },
  },
  {
    name: "Ollama generate, not streamed",
    kind: "ollama_generate",
    ...json,
    answer: JSON.stringify({
      model: "llama3",
      response: "Hi you",
      done: true,
      done_reason: "stop",
      prompt_eval_count: 11,
      eval_count: 2,
    }),
    expected: streamed,
  },
  {
    name: "Ollama done without counts: a model was loaded",
    kind: "ollama_generate",
    ...json,
    answer: JSON.stringify({ model: "llama3", response: "", done: true, done_reason: "load" }),
    expected: {
      inputTokens: 0,
      outputTokens: 0,
      source: "provider",
      finishReason: "load",
      status: "complete",
    },
  },
  {
    name: "Ollama done without counts, but with text",
    kind: "ollama_chat",
    type: "application/x-ndjson",
    request: '{"model":"x","messages":[{"role":"user","content":"1234"}]}',
    answer: lines(
      { message: { content: "Hi" }, done: false },
      { message: { content: " you" }, done: false },
      { done: true },
    ),
    expected: { model: "x", inputTokens: 5, outputTokens: 2, source: "estimated" },
  },
  {
    name: "Ollama, error in the middle, no line end",
    kind: "ollama_chat",
    type: "application/x-ndjson",
    answer: `${lines({ model: "llama3", message: { content: "Hi" }, done: false })}{"error":"model crashed"}`,
    expected: { outputTokens: 1, status: "error", source: "estimated" },
  },
  {
    name: "Ollama embed",
    kind: "ollama_embed",
    ...json,
    answer: JSON.stringify({ model: "e", embeddings: [[0.1]], prompt_eval_count: 8 }),
    expected: { inputTokens: 8, outputTokens: 0, source: "provider" },
  },
  {
    name: "Ollama embeddings: no counts, input by its bytes",
    kind: "ollama_embed",
    ...json,
    request: '{"model":"e","prompt":"sixteen bytes ok"}',
    answer: JSON.stringify({ embedding: [0.1] }),
    expected: { model: "e", inputTokens: 4, outputTokens: 0, source: "estimated" },
  },
];

describe.each(cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
  it("is counted", () => {
    const { usage, live } = meterExchange(one);
    expect(usage).toMatchObject(one.expected);
    expect(live).toBe(usage.inputTokens + usage.outputTokens);
  });

  it("is counted alike at every split position, and byte by byte", () => {
    const whole = meterExchange(one).usage;
    const { length } = Buffer.from(one.answer);
    for (let cut = 1; cut < length; cut++) {
      expect(meterExchange({ ...one, pieces: [cut] }).usage, `cut at ${cut}`).toEqual(whole);
    }
    expect(meterExchange({ ...one, pieces: new Array(length).fill(1) }).usage).toEqual(whole);
  });

  const isStream = String(one.answer).endsWith("\n");
  it.runIf(isStream).each(["\r\n", "\r"])("is counted alike with line ends %j", (lineEnd) => {
    if (one.kind.startsWith("ollama") && lineEnd === "\r") return;
    const answer = String(one.answer).replace(/\r\n|\n/g, lineEnd);
    const { usage } = meterExchange({ ...one, answer });
    expect(usage).toEqual(meterExchange(one).usage);
    for (let cut = 1; cut < Buffer.from(answer).length; cut += 3) {
      expect(meterExchange({ ...one, answer, pieces: [cut] }).usage, `cut at ${cut}`).toEqual(usage);
    }
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
  ] as const)("is counted alike in %s", (encoding, compress) => {
    const answer = compress(Buffer.from(one.answer));
    const whole = meterExchange(one).usage;
    for (const cut of [1, 2, 3, 4, 5, Math.floor(answer.length / 2), answer.length - 1]) {
      expect(meterExchange({ ...one, answer, encoding, pieces: [cut] }).usage).toEqual(whole);
    }
  });
});

test("a compression that is not named is seen by its first bytes, one that is not there is not believed", () => {
  const plain = sse(chunk("Hi"), finish(), usageChunk, "[DONE]");
  const expected = meterExchange({ ...chat, answer: plain }).usage;
  for (const compress of [gzipSync, zstdCompressSync]) {
    expect(meterExchange({ ...chat, answer: compress(Buffer.from(plain)) }).usage).toEqual(expected);
  }
  expect(meterExchange({ ...chat, answer: plain, encoding: "gzip" }).usage).toEqual(expected);
  const unknown = meterExchange({ ...chat, answer: plain, encoding: "snappy" }).usage;
  expect(unknown).toMatchObject({ source: "none", inputTokens: 0, outputTokens: 0 });
});
