import OpenAI, { NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoUpstream, startDemoUpstream } from "./server.ts";

let upstream: DemoUpstream;
let client: OpenAI;

beforeAll(async () => {
  upstream = await startDemoUpstream({ wordDelayMs: 0 });
  client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "unused", maxRetries: 0 });
});
afterAll(() => upstream.close());

const post = (path: string, body: string) =>
  fetch(`${upstream.url}${path}`, { method: "POST", body }).then(async (response) => ({
    status: response.status,
    body: (await response.json()) as { error: { message: string; param: string | null; type: string } },
  }));

describe("chat completions", () => {
  const request = { model: "demo", messages: [{ role: "user" as const, content: "Is anybody there?" }] };

  it("answers the same question with the same bytes and says that it is a demo", async () => {
    const [first, second] = [
      await client.chat.completions.create(request),
      await client.chat.completions.create(request),
    ];
    expect(first).toEqual(second);
    expect(first.choices[0]!.message.content).toMatch(/demo model.*"Is anybody there\?"/);
    expect(first.usage).toMatchObject({ prompt_tokens: 3 });
  });

  it("streams the same text word by word, usage last when it is asked for", async () => {
    const whole = await client.chat.completions.create(request);
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await Array.fromAsync(stream);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(chunks.length).toBe(whole.usage!.completion_tokens + 3);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  });

  it("stops at max_tokens and says so", async () => {
    const answer = await client.chat.completions.create({ ...request, max_tokens: 2 });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "length",
      message: { content: "Hello from" },
    });
  });

  it("ends a stream with [DONE]", async () => {
    const response = await fetch(`${upstream.url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ ...request, stream: true }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
  });
});

it("gives equal inputs equal vectors of unit length, as floats and as base64", async () => {
  const input = ["same", "same", "other"];
  const viaBase64 = await client.embeddings.create({ model: "demo", input });
  const viaFloat = await client.embeddings.create({ model: "demo", input, encoding_format: "float" });
  expect(viaBase64.data[0]!.embedding).toEqual(viaFloat.data[0]!.embedding);
  expect(viaFloat.data[0]!.embedding).toEqual(viaFloat.data[1]!.embedding);
  expect(viaFloat.data[0]!.embedding).not.toEqual(viaFloat.data[2]!.embedding);
  expect(Math.hypot(...viaFloat.data[0]!.embedding)).toBeCloseTo(1, 5);
});

describe("errors have OpenAI's shape", () => {
  it("names an unknown model", async () => {
    await expect(client.models.retrieve("gpt-99")).rejects.toThrow(NotFoundError);
    await expect(client.chat.completions.create({ model: "gpt-99", messages: [] })).rejects.toThrow();
  });

  it.each([
    ["{", null],
    ["[]", null],
    ['{"model":"demo"}', "messages"],
    ['{"model":"demo","messages":[]}', "messages"],
    ['{"model":"demo","messages":[{"role":"wizard","content":"x"}]}', "messages.0.role"],
    ['{"model":"demo","messages":[{"role":"user","content":"x"}],"stream":"yes"}', "stream"],
    ['{"model":"demo","messages":[{"role":"user","content":"x"}],"max_tokens":0}', "max_tokens"],
  ])("answers 400 to %s and names %s", async (body, param) => {
    const answer = await post("/v1/chat/completions", body);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { type: "invalid_request_error", param } },
    });
    expect(answer.body.error.message).toMatch(/\.$/);
  });

  it("answers 404 with a code to an unknown path", async () => {
    const answer = await post("/v1/images", "{}");
    expect(answer).toMatchObject({ status: 404, body: { error: { code: "unknown_url" } } });
  });
});
