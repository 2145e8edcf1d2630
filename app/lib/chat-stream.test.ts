import { describe, expect, test } from "vitest";
import { createChatReader, readChatBody, readModels } from "./chat-stream.ts";

const event = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const stream = `: hello\n\n${event("Hel")}${event("lo 👋")}data: {"choices":[]}\n\ndata: [DONE]\n\n`;

describe("createChatReader", () => {
  test("gives the text of each event", () => {
    const reader = createChatReader();
    expect(reader.push(event("Hel"))).toBe("Hel");
    expect(reader.push(event("lo"))).toBe("lo");
    expect(reader.tokens).toBe(2);
  });

  test("gives the same answer at every split point", () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const reader = createChatReader();
      expect(reader.push(stream.slice(0, at)) + reader.push(stream.slice(at))).toBe("Hello 👋");
      expect(reader.tokens).toBe(2);
    }
  });

  test.each([
    "<html>not events</html>",
    "data: {broken\n\n",
    'data: {"choices":[{"delta":{"content":7}}]}\n\n',
  ])("%j adds nothing", (text) => {
    expect(createChatReader().push(text)).toBe("");
  });
});

test("a body that was not streamed has its answer in one piece", () => {
  expect(readChatBody('{"choices":[{"message":{"content":"Hi"}}]}')).toEqual({ answer: "Hi", error: null });
});

test.each([
  ['{"error":{"message":"no such model","type":"x"}}', "no such model"],
  ['{"error":"model not found"}', "model not found"],
  ["<html></html>", null],
  ["null", null],
])("the error of %s is %j", (text, error) => {
  expect(readChatBody(text)).toEqual({ answer: null, error });
});

test("models are the ids of the list; anything else is no list of models", () => {
  expect(readModels('{"data":[{"id":"a"},{"id":1},null,{"id":"b"}]}')).toEqual(["a", "b"]);
  expect([readModels("[]"), readModels("<html>"), readModels('{"data":{}}')]).toEqual([null, null, null]);
});
