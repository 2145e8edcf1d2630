import { expect, test } from "vitest";
import { ascii, Framing, HEAD_INCOMPLETE, parseResponseHead, ResponseHead, text } from "./index.ts";
import { refusedResponses } from "./smuggling-corpus.ts";

const parse = (message: string, toHead = false) => {
  const head = new ResponseHead();
  const bytes = ascii(message);
  return { head, bytes, result: parseResponseHead(head, bytes, 0, bytes.length, toHead) };
};

test.each(refusedResponses.map((c) => [c.name, c.message] as const))("refused: %s", (_, message) => {
  const { result, head } = parse(message);
  expect(result).toBeLessThan(0);
  expect(head.fault).not.toBe("");
  if (message.length > 1_000) return;
  for (let cut = 0; cut < message.length; cut++) {
    expect(parseResponseHead(head, ascii(message), 0, cut, false), `cut at ${cut}`).toBeLessThanOrEqual(0);
  }
});

test("status, reason and end are found at every cut only when whole", () => {
  const message = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";
  const { head, bytes, result } = parse(`${message}hello`);
  expect(result).toBe(message.length);
  expect(head.status).toBe(404);
  expect(text(bytes, head.reasonStart, head.reasonEnd)).toBe("Not Found");
  expect(head.fields.count).toBe(3);
  for (let cut = 0; cut < message.length; cut++) {
    expect(parseResponseHead(head, bytes, 0, cut, false)).toBe(HEAD_INCOMPLETE);
  }
});

test.each([
  ["200 OK\r\nContent-Length: 5\r\n", false, Framing.length, 5, true],
  ["200 OK\r\nTransfer-Encoding: Chunked\r\n", false, Framing.chunked, -1, true],
  ["200 OK\r\n", false, Framing.untilClose, -1, false],
  ["200\r\nContent-Length: 0\r\n", false, Framing.length, 0, true],
  ["200 OK\r\nContent-Length: 5\r\n", true, Framing.none, 5, true],
  ["204 No Content\r\nContent-Length: 0\r\n", false, Framing.none, 0, true],
  ["304 Not Modified\r\nContent-Length: 5\r\n", false, Framing.none, 5, true],
  ["200 OK\r\nContent-Length: 5\r\nConnection: close\r\n", false, Framing.length, 5, false],
  ["999 Odd\r\nContent-Length: 1\r\n", false, Framing.length, 1, true],
])("HTTP/1.1 %j, to HEAD %s", (rest, toHead, framing, contentLength, keepAlive) => {
  const { head, result } = parse(`HTTP/1.1 ${rest}\r\n`, toHead);
  expect(result).toBeGreaterThan(0);
  expect([head.framing, head.contentLength, head.keepAlive]).toEqual([framing, contentLength, keepAlive]);
});

test("HTTP/1.0 stays open only when it says so", () => {
  expect(parse("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n").head.keepAlive).toBe(false);
  expect(parse("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n").head.keepAlive).toBe(
    true,
  );
});

test("1xx are informational, 101 is an upgrade only when it names websocket", () => {
  expect(parse("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n").head.informational).toBe(true);
  const upgrade = parse("HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n").head;
  expect([upgrade.informational, upgrade.websocket]).toEqual([false, true]);
  expect(parse("HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n").head.websocket).toBe(false);
});
