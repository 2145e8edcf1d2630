import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "./codes.ts";
import { END, FrameReader, FrameType, writeFrameHeader } from "./frames.ts";
import { decodeHello, decodeWelcome, encodeHello, sharedFeatures } from "./hello.ts";
import { FRAME_HEADER_BYTES } from "./limits.ts";
import { createPair } from "./testing/pair.ts";
import vectors from "./vectors.json" with { type: "json" };

interface Seen {
  type: number;
  end: boolean;
  stream: number;
  payload: string;
}

function read(message: Uint8Array): Seen[] {
  const reader = new FrameReader();
  const seen: Seen[] = [];
  reader.reset(message);
  while (reader.next()) {
    const payload = Buffer.from(message.subarray(reader.start, reader.stop)).toString("hex");
    seen.push({ type: reader.type, end: reader.end, stream: reader.streamId, payload });
  }
  return seen;
}

function write(frames: Seen[]): Uint8Array {
  return Buffer.concat(
    frames.map(({ type, end, stream, payload }) => {
      const body = Buffer.from(payload, "hex");
      const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
      writeFrameHeader(frame, 0, body.length, end ? type | END : type, stream);
      frame.set(body, FRAME_HEADER_BYTES);
      return frame;
    }),
  );
}

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hexBytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((value) => Buffer.from(value).toString("hex"));
const stream = fc.integer({ min: 1, max: 0xffff_ffff });
const frame = fc.oneof(
  fc.record({
    type: fc.constant(FrameType.state),
    end: fc.constant(false),
    stream: fc.constant(0),
    payload: hexBytes(1, 257),
  }),
  fc.record({
    type: fc.constantFrom(FrameType.data, FrameType.open, FrameType.head),
    end: fc.boolean(),
    stream,
    payload: hexBytes(2, 300),
  }),
  fc.record({
    type: fc.constant(FrameType.trailers),
    end: fc.constant(true),
    stream,
    payload: hexBytes(0, 99),
  }),
  fc.record({
    type: fc.constant(FrameType.window),
    end: fc.constant(false),
    stream,
    payload: hexBytes(4, 4),
  }),
  fc.record({
    type: fc.constant(FrameType.reset),
    end: fc.constant(false),
    stream,
    payload: hexBytes(4, 260),
  }),
  fc.record({
    type: fc.constantFrom(FrameType.ping, FrameType.pong),
    end: fc.constant(false),
    stream: fc.constant(0),
    payload: hexBytes(8, 8),
  }),
);

describe("frames", () => {
  it.each(vectors.valid)("reads and writes the vector: $name", ({ hex, frames }) => {
    expect(read(fromHex(hex))).toEqual(frames);
    expect(Buffer.from(write(frames)).toString("hex")).toBe(hex.replaceAll(" ", ""));
  });

  it.each(vectors.invalid)("refuses the vector: $name", ({ hex, goaway }) => {
    expect(() => read(fromHex(hex))).toThrow(
      expect.objectContaining({ name: "ProtocolError", code: goaway }),
    );
  });

  it("come back as they were written, however many share a message", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), (frames) => {
        expect(read(write(frames))).toEqual(frames);
      }),
    );
  });

  it("refuse a message cut anywhere but between frames", () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), fc.nat(), (frames, seed) => {
        const message = write(frames);
        const cut = 1 + (seed % Math.max(1, message.length - 1));
        const boundaries = frames.map((_, i) => write(frames.slice(0, i + 1)).length);
        if (boundaries.includes(cut))
          expect(read(message.subarray(0, cut)).length).toBe(boundaries.indexOf(cut) + 1);
        else expect(() => read(message.subarray(0, cut))).toThrow(ProtocolError);
      }),
    );
  });

  it("random bytes give frames or a ProtocolError, nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        try {
          read(message);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("a session survives any sequence of valid frames: it answers, or ends with GOAWAY and a close", () => {
    fc.assert(
      fc.property(fc.array(fc.array(frame, { maxLength: 6 }), { maxLength: 6 }), (messages) => {
        const pair = createPair({}, { onOpen: () => null });
        for (const frames of messages) {
          pair.relay.receive(write(frames));
          pair.connector.receive(write(frames));
          pair.settle();
        }
        for (const [session, wire] of [
          [pair.relay, pair.toConnector],
          [pair.connector, pair.toRelay],
        ] as const) {
          expect(session.closed).toBe(wire.closedWith !== null);
          expect(wire.closedWith?.code).not.toBe(1011);
        }
      }),
    );
  });
});

describe("HELLO and WELCOME", () => {
  const hello = { versions: [1], agent: "t/1", capacity: 0, links: 2, linkIndex: 1, subdomain: "acme" };
  const features = ["state", "of-a-later-version"];
  const welcome = {
    version: 1,
    linkId: "lnk_1",
    slug: "acme",
    publicBaseUrl: "http://acme.localhost:8789",
    windowBytes: 262_144,
    maxPayloadBytes: 65_536,
    pingIntervalMs: 10_000,
    idleTimeoutMs: 20_000,
  };

  it("come back as they were written", () => {
    expect(decodeHello(encodeHello({ ...hello, features }))).toEqual({ ...hello, features });
    expect(decodeWelcome(encodeHello({ ...welcome, features }))).toEqual({ ...welcome, features });
    // Peers of before that field was there.
    expect(decodeHello(encodeHello(hello))).toEqual({ ...hello, features: [] });
    expect(decodeWelcome(encodeHello(welcome))).toEqual({ ...welcome, features: [] });
  });

  it.each([
    ["{}", 1],
    ["[]", 1],
    ["not JSON", 1],
    ['{"versions":[1],"agent":7}', 1],
    ['{"versions":[2,3],"agent":"t"}', 8],
    ['{"versions":[],"agent":"t"}', 8],
    ['{"versions":["1"],"agent":"t"}', 1],
    ['{"versions":1,"agent":"t"}', 1],
    [JSON.stringify({ ...hello, links: 17 }), 1],
    [JSON.stringify({ ...hello, linkIndex: 2 }), 1],
    [JSON.stringify({ ...hello, features: "state" }), 1],
    [JSON.stringify({ ...hello, features: [1] }), 1],
    [JSON.stringify({ ...hello, features: ["x".repeat(41)] }), 1],
    [JSON.stringify({ ...hello, features: Array(33).fill("x") }), 1],
    [JSON.stringify({ ...hello, links: -1 }), 1],
    [JSON.stringify({ ...hello, agent: "x".repeat(201) }), 1],
  ])("refuses %s", (json, code) => {
    expect(() => decodeHello(new TextEncoder().encode(json))).toThrow(expect.objectContaining({ code }));
  });

  it("share version 1 whatever newer ones the connector lists, or say which are spoken", () => {
    expect(decodeHello(encodeHello({ ...hello, versions: [1, 2] })).versions).toContain(1);
    for (const [versions, spoken] of [
      [[2], "2"],
      [[], "none"],
    ] as const) {
      expect(() => decodeHello(encodeHello({ ...hello, versions: [...versions] }))).toThrow(
        expect.objectContaining({
          code: 8,
          message: `this relay speaks version 1, the connector ${spoken}`,
        }),
      );
    }
  });

  it("agree on the features that both know", () => {
    expect(sharedFeatures(features)).toEqual(["state"]);
    expect(sharedFeatures(undefined)).toEqual([]);
  });

  it("is refused as HELLO when it is nested or full beyond reason, without a look at what it holds", () => {
    const nested = (open: string, close: string) => open.repeat(2_000) + close.repeat(2_000);
    for (const json of [
      nested("[", "]"),
      `${'{"a":'.repeat(600)}1${"}".repeat(600)}`,
      `{"versions":${nested("[", "]").slice(0, 1_990)}}`,
      `{"__proto__":{"versions":[1]},"agent":"t"}`,
      JSON.stringify({ ...hello, versions: Array(17).fill(1) }),
      JSON.stringify({ ...hello, capacity: 1e300 }),
    ]) {
      expect(() => decodeHello(new TextEncoder().encode(json))).toThrow(ProtocolError);
    }
  });

  it("are refused by the header of their frame when they are long: no byte of them is asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 0x7f }),
        fc.integer({ min: 65_537, max: 0xff_ffff }),
        fc.nat({ max: 0xffff_ffff }),
        (type, length, streamId) => {
          const header = new Uint8Array(FRAME_HEADER_BYTES);
          writeFrameHeader(header, 0, length, type, streamId);
          expect(() => read(header)).toThrow(/of \d+ bytes|unknown frame type/);
        },
      ),
    );
  });

  it("never throws anything but ProtocolError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (payload) => {
        expect(() => decodeHello(payload)).toThrow(ProtocolError);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(() => decodeWelcome(new TextEncoder().encode(json))).toThrow(ProtocolError);
      }),
    );
  });
});
