import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { withIncludeUsage } from "./include-usage.ts";
import { RequestScan } from "./request-scan.ts";

function scanOf(body: Uint8Array, cut = body.length): RequestScan {
  const scan = new RequestScan();
  scan.feed(body, 0, cut);
  scan.feed(body, cut, body.length);
  return scan;
}

function changed(text: string): string | null {
  const body = Buffer.from(text);
  return withIncludeUsage(body, scanOf(body))?.toString() ?? null;
}

const ASK = '"stream_options":{"include_usage":true}';

test.each([
  ["in front", '{"stream":true,"a":1}', `{${ASK},"stream":true,"a":1}`],
  [
    "white space, big numbers, order and unknown fields stay",
    ' {\n "seed": 12345678901234567890, "stream" :\ttrue }\n',
    ` {${ASK},\n "seed": 12345678901234567890, "stream" :\ttrue }\n`,
  ],
  [
    "options without it",
    '{"stream":true,"stream_options":{"x":1}}',
    '{"stream":true,"stream_options":{"include_usage":true,"x":1}}',
  ],
  [
    "options that are empty",
    '{"stream_options": { },"stream":true}',
    '{"stream_options": {"include_usage":true },"stream":true}',
  ],
  [
    "options that are null",
    '{"stream_options":null,"stream":true}',
    '{"stream_options":{"include_usage":true},"stream":true}',
  ],
  [
    "a client that said no",
    '{"stream":true,"stream_options":{"include_usage": false}}',
    '{"stream":true,"stream_options":{"include_usage": true}}',
  ],
  ["an escaped key", '{"str\\u0065am":true}', `{${ASK},"str\\u0065am":true}`],
  [
    "keys of the same name further in",
    '{"stream":true,"m":{"stream_options":{"include_usage":true},"stream":false}}',
    `{${ASK},"stream":true,"m":{"stream_options":{"include_usage":true},"stream":false}}`,
  ],
  [
    "quotes and brackets in strings",
    '{"m":"\\"stream\\":false}]\\\\","stream":true}',
    `{${ASK},"m":"\\"stream\\":false}]\\\\","stream":true}`,
  ],
])("added: %s", (_, body, expected) => {
  expect(changed(body)).toBe(expected);
  expect(JSON.parse(expected)).toMatchObject({ stream_options: { include_usage: true } });
});

test.each([
  ["no stream", '{"a":1}'],
  ["stream: false", '{"stream":false}'],
  ['stream: "true"', '{"stream":"true"}'],
  ["the client asked", `{"stream":true,${ASK}}`],
  ["stream twice", '{"stream":false,"stream":true}'],
  ["options twice", '{"stream":true,"stream_options":{},"stream_options":{}}'],
  ["the wish twice", '{"stream":true,"stream_options":{"include_usage":false,"include_usage":true}}'],
  ["options of another type", '{"stream":true,"stream_options":[1]}'],
  ["a wish of another type", '{"stream":true,"stream_options":{"include_usage":"no"}}'],
  ["an array", '[{"stream":true}]'],
  ["two objects", '{"stream":true}{"stream":true}'],
  ["cut off", '{"stream":true,'],
  ["a byte order mark", '\ufeff{"stream":true}'],
  ["brackets that do not fit", '{"a":[1},"stream":true]'],
  ["nothing", ""],
  ["a key without a value", '{"stream"}'],
])("left as it is: %s", (_, body) => {
  expect(changed(body)).toBeNull();
});

test("whatever else is in a body, every byte of it stays, and only the wish is new", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(6), (fields, indent) => {
      const value = { ...fields, stream: true };
      delete (value as Record<string, unknown>).stream_options;
      const body = JSON.stringify(value, null, indent);
      const result = changed(body);
      expect(result).not.toBeNull();
      expect(result?.replace(`${ASK},`, "")).toBe(body);
    }),
    { numRuns: 500 },
  );
});

describe("the scan of a request", () => {
  const body = Buffer.from(
    JSON.stringify({
      model: 'llama3 "x" é',
      messages: [
        { role: "system", content: "12345678" },
        {
          role: "user",
          content: [
            { type: "text", text: 'back\\slash "quoted" \n' },
            { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(900)}` } },
          ],
        },
      ],
    }),
  );

  it("is the same in any two pieces", () => {
    const whole = scanOf(body);
    expect(whole).toMatchObject({ isWhole: true, messages: 2, model: 'llama3 "x" é', textBytes: 8 + 25 });
    for (let cut = 0; cut <= body.length; cut++) {
      const scan = scanOf(body, cut);
      expect([scan.isWhole, scan.messages, scan.model, scan.textBytes, scan.spans]).toEqual([
        true,
        2,
        whole.model,
        whole.textBytes,
        whole.spans,
      ]);
    }
  });

  it("is whole for every JSON object, with the spans of its values", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (value) => {
        const text = Buffer.from(JSON.stringify(value, null, 1));
        const scan = scanOf(text);
        expect(scan.isWhole).toBe(true);
        expect(scan.spans.map(({ start, end }) => JSON.parse(text.subarray(start, end).toString()))).toEqual(
          Object.values(JSON.parse(text.toString())),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("never throws and never calls whole what JSON.parse does not take for brackets' sake", () => {
    const token = fc.constantFrom("{", "}", "[", "]", '"a"', ":", ",", "1", " ", "true", '"');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), (tokens) => {
        const text = tokens.join("");
        const scan = scanOf(Buffer.from(text));
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          return;
        }
        expect(scan.isWhole).toBe(typeof parsed === "object" && parsed !== null && !Array.isArray(parsed));
      }),
      { numRuns: 3_000 },
    );
  });
});
