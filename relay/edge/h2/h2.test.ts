import { describe, expect, it } from "vitest";
import { PREFACE } from "./first-bytes.ts";
import { FrameWatch } from "./frame-watch.ts";
import { requestText, trailerText } from "./request-text.ts";
import { ResponseReader } from "./response-reader.ts";

const base = [":method", "GET", ":path", "/a?b", ":scheme", "https", ":authority", "acme.localhost"];
const text = (raw: string[], ended = true) => {
  const made = requestText(raw, ended);
  return "fault" in made ? made.fault : made.head.toString("latin1");
};

describe("a request in HTTP/2 as text", () => {
  it("has its fields in order, cookies in one line, and a framing that fits", () => {
    const fields = ["cookie", "a=1", "x-a", "1", "cookie", "b=2", "x-a", "caf\xe9", "te", "trailers"];
    expect(text([...base, ...fields])).toBe(
      "GET /a?b HTTP/1.1\r\nhost: acme.localhost\r\nx-a: 1\r\nx-a: caf\xe9\r\nte: trailers\r\ncookie: a=1; b=2\r\n\r\n",
    );
    const post = [":method", "POST", ...base.slice(2)];
    expect(text(post)).toContain("\r\ncontent-length: 0\r\n");
    expect(text(post, false)).toContain("\r\ntransfer-encoding: chunked\r\n");
    expect(text([...post, "content-length", "5"], false)).toMatch(/content-length: 5\r\n\r\n$/);
    expect(text([...base.slice(0, 6), "host", "acme.localhost"])).toContain("host: acme.localhost\r\n");
    expect(text([...base, "host", "ACME.localhost"])).toContain("host: acme.localhost\r\n\r\n");
  });

  it.each([
    ["a line in a value", [...base, "x-a", "1\r\nx-b: 2"]],
    ["NUL in a value", [...base, "x-a", "a\0"]],
    ["a character that is LF in one byte", [...base, "x-a", "\u010a"]],
    ["white space around a value", [...base, "x-a", " a"]],
    ["upper case in a name", [...base, "X-A", "1"]],
    ["a colon in a name", [...base, "x:a", "1"]],
    ["an empty name", [...base, "", "1"]],
    ["Connection", [...base, "connection", "close"]],
    ["Transfer-Encoding", [...base, "transfer-encoding", "chunked"]],
    ["Upgrade", [...base, "upgrade", "websocket"]],
    ["TE other than trailers", [...base, "te", "gzip"]],
    ["two lengths", [...base, "content-length", "0", "content-length", "0"]],
    ["a signed length", [...base, "content-length", "+0"]],
    ["a length without a body", [...base, "content-length", "3"]],
    ["another host", [...base, "host", "other.localhost"]],
    ["two hosts", [...base.slice(0, 6), "host", "a.localhost", "host", "b.localhost"]],
    ["no authority", base.slice(0, 6)],
    ["an empty authority", [...base.slice(0, 6), ":authority", ""]],
    ["a line in the authority", [...base.slice(0, 6), ":authority", "a\r\nx: y"]],
    ["a space in the path", [":method", "GET", ":path", "/a b", ...base.slice(4)]],
    ["a line in the path", [":method", "GET", ":path", "/\r\n", ...base.slice(4)]],
    ["an absolute path", [":method", "GET", ":path", "http://b/", ...base.slice(4)]],
    ["a method of two words", [":method", "GET /", ...base.slice(2)]],
    ["a pseudo-header twice", [...base, ":path", "/b"]],
    ["a pseudo-header after a field", ["x-a", "1", ...base]],
    ["an extended CONNECT", [...base, ":protocol", "websocket"]],
    ["another scheme", [...base.slice(0, 4), ":scheme", "ftp", ...base.slice(6)]],
  ])("is refused with %s", (_what, raw) => {
    expect(text(raw)).not.toContain("HTTP/1.1");
  });

  it("takes trailers, but no pseudo-header or line among them", () => {
    expect(trailerText(["grpc-status", "0"])).toBe("grpc-status: 0\r\n");
    expect(trailerText([":path", "/"])).toBeNull();
    expect(trailerText(["x", "a\r\nb: c"])).toBeNull();
  });
});

describe("the watch over frames", () => {
  const frame = (type: number, flags: number, length = 0) => {
    const bytes = Buffer.alloc(9 + length);
    bytes.writeUIntBE(length, 0, 3);
    bytes[3] = type;
    bytes[4] = flags;
    return bytes;
  };
  const watching = () => {
    const watch = new FrameWatch();
    watch.look(PREFACE, 0, 0);
    return watch;
  };
  /** How many of these frames pass, one after another, at one moment. */
  const passing = (bytes: Buffer, bytesOut = 0) => {
    const watch = watching();
    let count = 0;
    while (count < 5_000 && watch.look(bytes, 0, bytesOut) === null) count++;
    return count;
  };

  it("lets frames that carry something pass without end, and counts those that only cost", () => {
    expect(passing(Buffer.concat([frame(1, 4, 20), frame(0, 1, 100)]))).toBe(5_000);
    expect(passing(frame(3, 0, 4))).toBe(200);
    for (const type of [2, 4, 6, 200]) expect(passing(frame(type, 0, 8))).toBe(1_000);
    expect(passing(frame(0, 0))).toBe(1_000);
    expect(passing(frame(8, 0, 4))).toBe(1_000);
    expect(passing(frame(8, 0, 4), 1_000_000)).toBe(1_000 + Math.floor(1_000_000 / 512));
  });

  it("forgives with time, and reads frames that come in any pieces", () => {
    const watch = watching();
    const reset = frame(3, 0, 4);
    for (let i = 0; i < 200; i++)
      for (const byte of reset) expect(watch.look(Buffer.of(byte), 0, 0)).toBeNull();
    expect(watch.look(reset, 1_000, 0)).toBeNull();
    for (let i = 0; i < 19; i++) watch.look(reset, 1_000, 0);
    expect(watch.look(reset, 1_000, 0)).toBe("resets");
  });

  it("ends heads that do not end, and frames larger than were offered", () => {
    const watch = watching();
    expect(watch.look(frame(1, 0, 16_384), 0, 0)).toBeNull();
    expect(watch.inHeaders).toBe(true);
    expect(watch.look(frame(9, 0, 16_384), 0, 0)).toBeNull();
    expect(watch.look(frame(9, 0, 1), 0, 0)).toBe("headers");
    expect(watching().look(frame(0, 0, 16_385), 0, 0)).toBe("frameSize");
  });
});

describe("an answer of the edge read back", () => {
  function read(pieces: string[], toHead = false) {
    const seen: unknown[] = [];
    const reader = new ResponseReader(toHead, {
      onInterim: (status, fields) => seen.push([status, fields]),
      onHead: (status, fields, body) => seen.push([status, fields, body]),
      onBody: (bytes, last) => seen.push([Buffer.from(bytes).toString(), last]),
      onTrailers: (fields) => seen.push(fields),
    });
    for (const piece of pieces) reader.read(Buffer.from(piece, "latin1"), 0, piece.length);
    return { seen, done: reader.isDone };
  }

  it("keeps fields, duplicates and length, and loses the framing of HTTP/1.1", () => {
    const head =
      "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: close\r\nContent-Length: 4\r\n\r\n";
    expect(read(["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", `${head}ab`, "cd"])).toEqual({
      seen: [
        [103, { link: "</a>" }],
        [200, { "set-cookie": ["a", "b"], "content-length": "4" }, "length"],
        ["ab", false],
        ["cd", true],
      ],
      done: true,
    });
    expect(read([head], true)).toMatchObject({ done: true, seen: [[200, {}, "none"]] });
    expect(read(["HTTP/1.1 204 No Content\r\n\r\n"]).done).toBe(true);
  });

  it("reads chunks and trailers in pieces of any size", () => {
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const body = "00003\r\nabc\r\n2\r\nde\r\n0\r\nGrpc-Status: 0\r\nX-A: 1\r\nx-a: 2\r\n\r\n";
    const whole = read([head + body]);
    expect(whole.seen.slice(1)).toEqual([
      ["abc", false],
      ["de", false],
      { "grpc-status": "0", "x-a": ["1", "2"] },
    ]);
    const bytewise = read([head, ...body]);
    expect(bytewise.done).toBe(true);
    expect(bytewise.seen.at(-1)).toEqual(whole.seen.at(-1));
  });
});
