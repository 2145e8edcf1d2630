import { expect, test } from "vitest";
import { readChatBody } from "./chat-stream.ts";
import { noTry, rawLimit, type TryAction, type TryState, tryReducer } from "./try-state.ts";

const input = { method: "POST", path: "/v1/chat/completions", body: "{}" } as const;
const head = { status: 200, headers: [] };
const text = (body: string, answer = "", ms = 5): TryAction => ({
  type: "text",
  text: body,
  answer,
  tokens: 0,
  ms,
});
const end: TryAction = { type: "end", ms: 90, readWhole: readChatBody };
const run = (...actions: TryAction[]): TryState =>
  actions.reduce(tryReducer, tryReducer(noTry, { type: "send", input }));

test("an answer grows by its pieces, and its first text has a time", () => {
  const state = run(
    { type: "head", head, ms: 3 },
    text("a", ""),
    text("b", "Hel", 40),
    text("c", "lo", 50),
    end,
  );
  expect(state).toMatchObject({
    phase: "done",
    answer: "Hello",
    raw: "abc",
    headMs: 3,
    firstTokenMs: 40,
    totalMs: 90,
    problem: null,
  });
});

test("an answer that was not streamed is read at its end", () => {
  const body = '{"choices":[{"message":{"content":"whole"}}]}';
  expect(run({ type: "head", head, ms: 3 }, text(body), end).answer).toBe("whole");
});

test("a refusal shows the sentence of its body, or at least its status", () => {
  const refused: TryAction = { type: "head", head: { ...head, status: 502 }, ms: 3 };
  const body = '{"error":{"message":"No connector is connected."}}';
  expect(run(refused, text(body), end).problem).toBe("No connector is connected.");
  expect(run(refused, text("oops"), end).problem).toBe("The answer has status 502.");
});

test("a body is kept up to the limit, and said to be cut", () => {
  const state = run({ type: "head", head, ms: 3 }, text("x".repeat(rawLimit)), text("y"), end);
  expect(state.raw).toHaveLength(rawLimit);
  expect(state.rawCut).toBe(true);
});

test("sending again forgets what was there", () => {
  const before = run({ type: "fail", message: "broken", ms: 9 });
  expect(tryReducer(before, { type: "send", input })).toEqual({ ...noTry, phase: "waiting", input });
});
