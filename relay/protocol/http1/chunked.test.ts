import fc from "fast-check";
import { expect, test } from "vitest";
import {
  areTrailers,
  ascii,
  Chunked,
  ChunkedDecoder,
  LAST_CHUNK,
  MAX_CHUNK_LINE_BYTES,
  text,
  writeChunkHead,
} from "./index.ts";
import { refusedChunks } from "./smuggling-corpus.ts";

/** Feeds the message cut at the given places; each piece is a buffer of its own, as from a socket. */
function decode(message: string, cuts: readonly number[] = []) {
  const decoder = new ChunkedDecoder();
  const ends = [...cuts].sort((a, b) => a - b);
  let data = "";
  let from = 0;
  for (const end of [...ends, message.length]) {
    const piece = ascii(message.slice(from, end));
    const result = decoder.decode(piece, 0, piece.length);
    data += text(piece, 0, decoder.dataEnd);
    if (result !== Chunked.more) return { result, data, decoder, used: from + decoder.position };
    from = end;
  }
  return { result: Chunked.more, data, decoder, used: from };
}

test.each(refusedChunks.map((c) => [c.name, c.message] as const))("refused: %s", (_, message) => {
  expect(decode(message).result).toBe(Chunked.malformed);
  for (let cut = 1; cut < Math.min(message.length, 64); cut++) {
    expect(decode(message, [cut]).result, `cut at ${cut}`).toBe(Chunked.malformed);
  }
});

test("data, extensions and trailers are told apart at every cut", () => {
  const message = "3;name=value\r\nabc\r\n00A\r\n0123456789\r\n0;x\r\nX-Sum: 1\r\nX-B:\r\n\r\n";
  for (let cut = 0; cut <= message.length; cut++) {
    const { result, data, decoder, used } = decode(`${message}GET /next`, [cut]);
    expect(result, `cut at ${cut}`).toBe(Chunked.done);
    expect(data).toBe("abc0123456789");
    expect(text(decoder.trailers, 0, decoder.trailers.length)).toBe("X-Sum: 1\r\nX-B:\r\n");
    expect(used).toBe(message.length);
  }
});

test("a decoder is used again after reset", () => {
  const decoder = new ChunkedDecoder();
  for (const body of ["a", "b"]) {
    decoder.reset();
    const bytes = ascii(`1\r\n${body}\r\n0\r\nX: 1\r\n\r\n`);
    expect(decoder.decode(bytes, 0, bytes.length)).toBe(Chunked.done);
    expect(text(bytes, 0, decoder.dataEnd)).toBe(body);
    expect(decoder.trailers.length).toBe(6);
  }
});

test("many extensions together are refused, though each is short", () => {
  const chunk = `1;${"x".repeat(MAX_CHUNK_LINE_BYTES - 10)}\r\na\r\n`;
  expect(decode(chunk.repeat(200)).result).toBe(Chunked.malformed);
});

test("what is encoded decodes to itself, however it is cut", () => {
  const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 70 }), { maxLength: 8 });
  fc.assert(
    fc.property(body, fc.array(fc.nat(700), { maxLength: 6 }), (chunks, places) => {
      let message = "";
      for (const chunk of chunks) {
        const head = new Uint8Array(15);
        message += text(head, 0, writeChunkHead(head, 0, chunk.length));
        message += `${text(chunk, 0, chunk.length)}\r\n`;
      }
      message += text(LAST_CHUNK, 0, LAST_CHUNK.length);
      const cuts = places.map((place) => place % (message.length + 1));
      const { result, data, used } = decode(message, cuts);
      expect(result).toBe(Chunked.done);
      expect(data).toBe(chunks.map((c) => text(c, 0, c.length)).join(""));
      expect(used).toBe(message.length);
    }),
  );
});

test("chunk heads are plain lower-case hex", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (length) => {
      const bytes = new Uint8Array(20);
      const end = writeChunkHead(bytes, 2, length);
      expect(text(bytes, 2, end)).toBe(`${length.toString(16)}\r\n`);
    }),
  );
});

test.each([
  ["", true],
  ["X-Sum: 1\r\n", true],
  ["X-Sum: 1", false],
  ["Content-Length: 1\r\n", false],
  ["X: 1\r\n\r\nHTTP/1.1 200 OK\r\n", false],
])("trailers handed over as %j are valid: %s", (fields, valid) => {
  expect(areTrailers(ascii(fields))).toBe(valid);
});
