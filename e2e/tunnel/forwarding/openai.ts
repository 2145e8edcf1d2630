import OpenAI from "openai";
import { expect, test } from "vitest";
import { gate, within } from "../../fixtures/gate.ts";
import { bodyOf } from "../../standins/upstream.ts";
import type { Lab } from "../lab.ts";

const chunk = (content: string) =>
  `data: ${JSON.stringify({
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })}\n\n`;

/** The published client of OpenAI, unmodified, against a tenant host. */
export function openaiClient(lab: Lab): void {
  const client = (base: string) =>
    new OpenAI({ apiKey: "sk-of-the-upstream", baseURL: `${lab.url}/${base}/v1`, maxRetries: 0 });

  test("openai client: a whole completion, with the caller's own Authorization at the upstream", async () => {
    lab.upstream.on("/whole/v1/chat/completions", async (req, res) => {
      const asked = JSON.parse((await bodyOf(req)).toString());
      res.setHeader("content-type", "application/json");
      res.end(
        JSON.stringify({
          id: "c2",
          object: "chat.completion",
          created: 1,
          model: asked.model,
          choices: [
            {
              index: 0,
              finish_reason: "stop",
              message: {
                role: "assistant",
                content: `${req.headers.authorization} ${asked.messages[0].content}`,
              },
            },
          ],
          usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
        }),
      );
    });
    const completion = await client("whole").chat.completions.create({
      model: "grünes-modell",
      messages: [{ role: "user", content: "Zürich 🚆" }],
    });
    expect(completion.choices[0]?.message.content).toBe("Bearer sk-of-the-upstream Zürich 🚆");
    expect(completion.model).toBe("grünes-modell");
    expect(completion.usage?.total_tokens).toBe(7);
  });

  test("openai client: an event is at the client before the upstream sends the next", async () => {
    const firstArrived = gate();
    let sentSecond = false;
    lab.upstream.on("/stream/v1/chat/completions", async (req, res) => {
      await bodyOf(req);
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.write(chunk("one"));
      await firstArrived.opened;
      sentSecond = true;
      res.write(chunk("two"));
      res.end("data: [DONE]\n\n");
    });
    const stream = await client("stream").chat.completions.create({
      model: "m",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    });
    const events = stream[Symbol.asyncIterator]();
    const first = await within(30_000, "first event at the client", events.next());
    expect(first.value?.choices[0]?.delta.content).toBe("one");
    expect(sentSecond).toBe(false);
    firstArrived.open();
    expect((await events.next()).value?.choices[0]?.delta.content).toBe("two");
    expect((await events.next()).done).toBe(true);
  });

  test("openai client: breaking off a stream ends it at the upstream", async () => {
    const gone = gate();
    lab.upstream.on("/broken-off/v1/chat/completions", async (req, res) => {
      await bodyOf(req);
      res.on("close", () => gone.open());
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.write(chunk("one"));
    });
    const stream = await client("broken-off").chat.completions.create({
      model: "m",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    });
    for await (const event of stream) {
      expect(event.choices[0]?.delta.content).toBe("one");
      break;
    }
    await within(30_000, "close at the upstream", gone.opened);
  });
}
