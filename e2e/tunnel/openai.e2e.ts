import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { startHotspot } from "../fixtures/hotspot.ts";
import { fetchThrough } from "../fixtures/http.ts";
import { makeEndpoint } from "../fixtures/tenants.ts";
import { bodyOf, startUpstream } from "../fixtures/upstream.ts";

const hotspot = await startHotspot();
const endpoint = await makeEndpoint(hotspot);
/** Answers of the upstream that wait for the test to go on. */
let nextEvent = Promise.withResolvers<void>();

const upstream = await startUpstream(async (request, response) => {
  const { stream } = JSON.parse((await bodyOf(request)).toString());
  if (!stream) {
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify(completion(request.headers.host ?? "")));
  }
  response.setHeader("content-type", "text/event-stream");
  for (const word of ["one", "two"]) {
    response.write(`data: ${JSON.stringify(chunk(word))}\n\n`);
    await nextEvent.promise;
  }
  response.end("data: [DONE]\n\n");
});
await hotspot.connect({ slug: endpoint.slug, licenseKey: endpoint.licenseKey, to: upstream.url });

const client = new OpenAI({
  baseURL: `http://${hotspot.host(endpoint.slug)}/v1`,
  apiKey: "whatever the upstream wants",
  maxRetries: 0,
  fetch: fetchThrough(hotspot.ports.relay),
});
const question = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] };

describe("the openai client on a tenant host", () => {
  it("gets the upstream's answer, and the upstream sees its own host name", async () => {
    const answer = await client.chat.completions.create(question);
    expect(answer.choices[0]!.message.content).toBe(`asked at ${new URL(upstream.url).host}`);
  });

  it("has the first event before the upstream sends the second", async () => {
    nextEvent = Promise.withResolvers<void>();
    const words: string[] = [];
    const stream = await client.chat.completions.create({ ...question, stream: true });
    for await (const event of stream) {
      words.push(event.choices[0]!.delta.content ?? "");
      nextEvent.resolve();
    }
    expect(words).toEqual(["one", "two"]);
  });

  it("is told in words what is wrong when no connector is there", async () => {
    const lonely = await makeEndpoint(hotspot);
    const answer = await hotspot.send(lonely.slug, "/v1/models");
    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({ error: { code: "connector_offline" } });
  });
});

function completion(host: string) {
  const message = { role: "assistant", content: `asked at ${host}` };
  return { id: "c", object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, message }] };
}

function chunk(content: string) {
  return {
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { content } }],
  };
}
