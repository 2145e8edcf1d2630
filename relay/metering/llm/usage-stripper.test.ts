import fc from "fast-check";
import { expect, test } from "vitest";
import { chatUsage, chunk, finish, sse } from "./testing/meter-exchange.ts";
import { UsageStripper } from "./usage-stripper.ts";

function strip(stream: string, pieces: readonly number[] = []) {
  const bytes = Buffer.from(stream);
  const out: Buffer[] = [];
  const stripper = new UsageStripper((part) => void out.push(Buffer.from(part)));
  let at = 0;
  for (const length of pieces) {
    if (at < bytes.length) stripper.feed(bytes.subarray(at, at + length));
    at += length;
  }
  if (at < bytes.length) stripper.feed(bytes.subarray(at));
  stripper.end();
  return { text: Buffer.concat(out).toString(), stripped: stripper.stripped, writes: out.length };
}

const own = sse({ ...chunk(null), choices: [], ...chatUsage(11, 2) });
const before = sse(chunk("Grüße 👋"), finish({ usage: null }));
const after = sse("[DONE]");

test.each(["\n", "\r\n", "\r"])("the usage event goes, every other byte stays, line ends %j", (lineEnd) => {
  const [a, b, c] = [before, own, after].map((text) => text.replaceAll("\n", lineEnd));
  const stream = a + b + c;
  const { length } = Buffer.from(stream);
  expect(strip(stream)).toMatchObject({ text: a + c, stripped: 1 });
  for (let cut = 1; cut < length; cut++) expect(strip(stream, [cut]).text, `cut at ${cut}`).toBe(a + c);
  expect(strip(stream, new Array(length).fill(1)).text).toBe(a + c);
});

test.each([
  ["an event with usage and text", sse({ ...chunk("x"), ...chatUsage(1, 1) })],
  ["an event without choices whose usage is null", sse({ choices: [], usage: null })],
  ["a leading event of a content filter", sse({ choices: [], prompt_filter_results: [] })],
  ["text that quotes one", sse(chunk('{"choices":[],"usage":{}}'))],
  ["comments and empty lines", "\n\n: keep-alive\n\n\n"],
  ["what is no JSON", 'data: "usage" "choices"\n\n'],
])("%s stays", (_, stream) => {
  expect(strip(stream + before)).toMatchObject({ text: stream + before, stripped: 0 });
});

test("one without its empty line goes, too, and the beginning of another event does not", () => {
  expect(strip(before + own.trimEnd())).toMatchObject({ text: before, stripped: 1 });
  expect(strip(`${before}data: {"choices":`)).toMatchObject({
    text: `${before}data: {"choices":`,
    stripped: 0,
  });
});

test("it may stand over several lines, with an id, after [DONE]", () => {
  const odd = 'id: 7\ndata: {"choices":[],\ndata: "usage":{"total_tokens":3}}\n\n';
  expect(strip(before + after + odd)).toMatchObject({ text: before + after, stripped: 1 });
});

test("whole events pass at once, a long one is not held back", () => {
  const seen: string[] = [];
  const stripper = new UsageStripper((part) => void seen.push(Buffer.from(part).toString()));
  stripper.feed(Buffer.from(before));
  expect(seen.join("")).toBe(before);
  const long = sse(chunk("x".repeat(100_000)));
  stripper.feed(Buffer.from(long.slice(0, 20_000)));
  expect([seen.join(""), stripper.atEventEnd]).toEqual([before + long.slice(0, 20_000), false]);
  stripper.feed(Buffer.from(long.slice(20_000) + own));
  expect([seen.join(""), stripper.stripped, stripper.atEventEnd]).toEqual([before + long, 1, true]);
});

test("in any stream and any pieces, only usage events go", () => {
  const event = fc.constantFrom(
    before,
    after,
    own,
    ": c\n\n",
    "data\n\n",
    "\n",
    sse(chunk("\r\r")),
    "event: x\n\n",
  );
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 12 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 60 }),
      (events, lineEnd, pieces) => {
        const kept = events.filter((text) => text !== own);
        const [all, rest] = [events, kept].map((some) => some.join("").replaceAll("\n", lineEnd));
        expect(strip(all, pieces).text).toBe(rest);
      },
    ),
    { numRuns: 1_000 },
  );
});
