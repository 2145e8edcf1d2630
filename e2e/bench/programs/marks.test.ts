import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MarkReader, mark } from "./marks.ts";

const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

describe("marks in a chunked body", () => {
  it("carry a time to the microsecond", () => {
    expect(mark(1_795_244_221_125.8296)).toBe("@1795244221125830@");
    const seen: number[] = [];
    new MarkReader((at) => seen.push(at)).read(Buffer.from(chunk(`data: ${mark(1_795_244_221_125.83)}\n\n`)));
    expect(seen).toEqual([1_795_244_221_125.83]);
  });

  it("are found however chunks and pieces cut them, each once and in order", () => {
    const times = Array.from({ length: 20 }, (_, n) => 1_795_244_221_000 + n);
    const text = times.map((time) => `data: {"t":"${mark(time)}"}\n\n`).join("");
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 50 }),
        (chunks, piece) => {
          let body = "";
          for (let at = 0, n = 0; at < text.length; n++) {
            const length = chunks[n % chunks.length]!;
            body += chunk(text.slice(at, at + length));
            at += length;
          }
          const bytes = Buffer.from(`${body}0\r\n\r\n`);
          const seen: number[] = [];
          const reader = new MarkReader((at) => seen.push(at));
          for (let at = 0; at < bytes.length; at += piece) reader.read(bytes.subarray(at, at + piece));
          expect(seen).toEqual(times);
          expect(reader.ended).toBe(true);
        },
      ),
    );
  });

  it("are not looked for in something that is not chunked", () => {
    expect(() => new MarkReader(() => undefined).read(Buffer.from("data: hello\n"))).toThrow("chunk size");
  });
});
