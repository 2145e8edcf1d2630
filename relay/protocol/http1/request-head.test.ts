import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ascii,
  FieldKind,
  Framing,
  faultStatus,
  findHeadEnd,
  HEAD_INCOMPLETE,
  KnownFields,
  Method,
  parseRequestHead,
  RequestHead,
  TargetForm,
  text,
} from "./index.ts";
import { refusedRequests } from "./smuggling-corpus.ts";

const parse = (message: string) => {
  const head = new RequestHead();
  const bytes = ascii(message);
  return { head, bytes, result: parseRequestHead(head, bytes, 0, bytes.length) };
};

const plain =
  "POST /v1/chat?x=1 HTTP/1.1\r\nHost: acme.localhost\r\nX-A:  b c \t\r\nContent-Length: 3\r\n\r\n";

test("a plain head becomes offsets", () => {
  const { head, bytes, result } = parse(`${plain}abc`);
  expect(result).toBe(plain.length);
  expect(head.end).toBe(plain.length);
  expect(head.method).toBe(Method.POST);
  expect(text(bytes, head.targetStart, head.targetEnd)).toBe("/v1/chat?x=1");
  expect(text(bytes, head.pathStart, head.pathEnd)).toBe("/v1/chat");
  expect(head.fields.count).toBe(3);
  expect(text(bytes, head.fields.valueStart(head.host), head.fields.valueEnd(head.host))).toBe(
    "acme.localhost",
  );
  expect(text(bytes, head.fields.valueStart(1), head.fields.valueEnd(1))).toBe("b c");
  expect(text(bytes, head.fields.nameStart(1), head.fields.lineEnd(1, head.end - 2))).toBe(
    "X-A:  b c \t\r\n",
  );
  expect(head.fields.kind(2)).toBe(FieldKind.contentLength);
  expect([head.framing, head.contentLength, head.keepAlive]).toEqual([Framing.length, 3, true]);
});

test.each(refusedRequests.map((c) => [c.name, c] as const))("refused: %s", (_, { message, status = 400 }) => {
  const { result, head } = parse(message);
  expect(result).toBeLessThan(0);
  expect(faultStatus(result)).toBe(status);
  expect(head.fault === "" && status === 400).toBe(false);
});

test("a refused head is refused for every way it can be cut, never accepted early", () => {
  const head = new RequestHead();
  for (const { message, name } of refusedRequests) {
    if (message.length > 1_000) continue;
    const bytes = ascii(message);
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(parseRequestHead(head, bytes, 0, cut), `${name} cut at ${cut}`).toBeLessThanOrEqual(0);
    }
  }
});

test("every cut of a good head is incomplete, and found whole piece by piece", () => {
  const bytes = ascii(plain);
  const head = new RequestHead();
  for (let cut = 0; cut < bytes.length; cut++) {
    expect(parseRequestHead(head, bytes, 0, cut)).toBe(HEAD_INCOMPLETE);
    expect(findHeadEnd(bytes, 0, 0, cut)).toBe(HEAD_INCOMPLETE);
    expect(findHeadEnd(bytes, 0, cut, bytes.length)).toBe(bytes.length);
  }
});

test.each([
  ["one empty line first", `\r\n${plain}`, plain.length + 2],
  ["HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 18],
])("accepted: %s", (_, message, end) => {
  expect(parse(message).result).toBe(end);
});

test("absolute form with the same authority is accepted, its path found", () => {
  const { head, bytes, result } = parse(
    "GET HTTP://Acme.localhost?q HTTP/1.1\r\nHost: acme.LOCALHOST\r\n\r\n",
  );
  expect(result).toBeGreaterThan(0);
  expect(head.targetForm).toBe(TargetForm.absolute);
  expect(text(bytes, head.pathStart, head.pathEnd)).toBe("");
  expect(text(bytes, head.pathEnd, head.targetEnd)).toBe("?q");
});

test("OPTIONS * is accepted", () => {
  expect(parse("OPTIONS * HTTP/1.1\r\nHost: a.b\r\n\r\n").head.targetForm).toBe(TargetForm.asterisk);
});

test.each([
  ["1.1", "", true],
  ["1.1", "Connection: Close\r\n", false],
  ["1.1", "Connection: x, close\r\n", false],
  ["1.0", "", false],
  ["1.0", "Connection: keep-alive\r\n", true],
  ["1.0", "Connection: keep-alive, close\r\n", false],
])("HTTP/%s with %j keeps alive: %s", (version, field, expected) => {
  expect(parse(`GET / HTTP/${version}\r\nHost: a.b\r\n${field}\r\n`).head.keepAlive).toBe(expected);
});

test("fields named by Connection are known, without case", () => {
  const { head, bytes } = parse("GET / HTTP/1.1\r\nHost: a.b\r\nX-Secret: 1\r\nConnection: x-secret\r\n\r\n");
  const { fields, connection } = head;
  expect(connection.isNamed(bytes, fields.nameStart(1), fields.nameEnd(1))).toBe(true);
  expect(connection.isNamed(bytes, fields.nameStart(0), fields.nameEnd(0))).toBe(false);
});

test.each([
  ["Connection: Upgrade\r\nUpgrade: websocket\r\n", true],
  ["Connection: keep-alive, Upgrade\r\nUpgrade: h2c, WebSocket\r\n", true],
  ["Upgrade: websocket\r\n", false],
  ["Connection: Upgrade\r\nUpgrade: h2c\r\n", false],
  ["Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", false],
  ["Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", false],
])("%j asks for a WebSocket: %s", (fields, expected) => {
  expect(parse(`GET / HTTP/1.1\r\nHost: a.b\r\n${fields}\r\n`).head.websocket).toBe(expected);
});

test("Expect: 100-continue counts in HTTP/1.1 only", () => {
  expect(parse("POST / HTTP/1.1\r\nHost: a.b\r\nExpect: 100-Continue\r\n\r\n").head.expectContinue).toBe(
    true,
  );
  expect(parse("POST / HTTP/1.0\r\nHost: a.b\r\nExpect: 100-continue\r\n\r\n").head.expectContinue).toBe(
    false,
  );
});

test("no bytes whatever make the parser throw, read past the end or accept a control character", () => {
  const head = new RequestHead();
  const piece = fc.constantFrom(
    ...[
      "GET / HTTP/1.1\r\n",
      "Host: a\r\n",
      "\r\n",
      "\n",
      "\r",
      "\0",
      " ",
      ":",
      "a",
      "Content-Length: 1\r\n",
    ],
    ...["Transfer-Encoding: chunked\r\n", "Connection: x\r\n", "\t", "\xff", "HTTP/1.1"],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const bytes = ascii(pieces.join(""));
      const end = parseRequestHead(head, bytes, 0, bytes.length);
      expect(end).toBeLessThanOrEqual(bytes.length);
      if (end <= 0) return;
      const lines = text(bytes, head.start, end).split("\r\n");
      expect(lines.at(-1)).toBe("");
      for (const line of lines) expect(line).not.toMatch(/[\r\n\0]/);
      expect(head.fields.count).toBe(lines.length - 3);
    }),
    { numRuns: 2_000 },
  );
});

test("a head whose field lines are known is read as if they were not", () => {
  const usual = fc
    .subarray(["Accept: */*\r\n", "X-A:  1 \r\n", "Connection: close\r\n", "Cookie: a\r\n"])
    .map((others) => ["Host: acme.localhost\r\n", ...others]);
  const odd = fc.subarray([
    "Host: acme.localhost\r\n",
    "host: b.localhost\r\n",
    "Accept: */*\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, X-A\r\n",
    "X-A:  1 \r\n",
    "Upgrade: websocket\r\nConnection: upgrade\r\n",
    "Upgrade: h2c\r\n",
    "Expect: 100-continue\r\n",
    "X-Bad : 1\r\n",
  ]);
  const lines = fc.oneof({ arbitrary: usual, weight: 3 }, odd);
  const line = fc.constantFrom(
    "GET / HTTP/1.1",
    "GET /other?x HTTP/1.1",
    "POST / HTTP/1.1",
    "GET / HTTP/1.0",
    "CONNECT acme.localhost:1 HTTP/1.1",
    "GET http://acme.localhost/ HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "GET  / HTTP/1.1",
  );
  const read = (message: string, known: KnownFields | null) => {
    const head = new RequestHead();
    // What an earlier head left behind must not show.
    parseRequestHead(head, ascii(plain), 0, plain.length);
    const bytes = ascii(`xx${message}abc`);
    const result = parseRequestHead(head, bytes, 2, bytes.length, known);
    if (result <= 0) return { result, fault: head.fault };
    const { fields, connection, known: wasKnown, fault, bytes: _, ...rest } = head;
    const table = Array.from({ length: fields.count }, (_, i) =>
      [
        fields.kind(i),
        fields.nameStart(i),
        fields.nameEnd(i),
        fields.valueStart(i),
        fields.valueEnd(i),
      ].join(),
    );
    const { close, keepAlive, upgrade, namesFields } = connection;
    return { result, wasKnown, head: { ...rest, table, close, keepAlive, upgrade, namesFields } };
  };
  let hits = 0;
  fc.assert(
    fc.property(lines, line, line, fc.boolean(), lines, (first, lineOne, lineTwo, same, other) => {
      const head = new RequestHead();
      const one = ascii(`${lineOne}\r\n${first.join("")}\r\n`);
      const known = parseRequestHead(head, one, 0, one.length) > 0 ? KnownFields.of(head) : null;
      const two = `${lineTwo}\r\n${(same ? first : other).join("")}\r\n`;
      const { wasKnown, ...withKnown } = read(two, known);
      const { wasKnown: never, ...without } = read(two, null);
      expect(withKnown).toEqual(without);
      if (wasKnown != null) hits++;
    }),
    { numRuns: 3_000 },
  );
  expect(hits).toBeGreaterThan(100);
});
