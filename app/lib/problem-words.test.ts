import { expect, test } from "vitest";
import { problemWords, slugWords } from "./problem-words.ts";

test("a known code has words of its own", () => {
  expect(problemWords("slug_taken", "acme is taken")).toBe("Somebody has this name already.");
  expect(slugWords("taken", "acme is taken")).toBe("Somebody has this name already.");
});

test.each([
  ["your plan allows 5 API keys", "Your plan allows 5 API keys."],
  ["name: Too small", "Too small."],
  ["Is it so?", "Is it so?"],
  ["", "This was refused."],
])("the phrase %j becomes %j", (message, sentence) => {
  expect(problemWords("plan_limit", message)).toBe(sentence);
});

test("a code that is a word of JavaScript is a code like any other", () => {
  expect(problemWords("constructor", "no")).toBe("No.");
});
