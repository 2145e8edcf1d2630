import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeConnection } from "../../link/testing/fake-connection.ts";
import { MAX_MESSAGE_BYTES } from "../limits.ts";
import { WebSocketFault, WebSocketReceiver } from "./receiver.ts";
import { WebSocketSender } from "./sender.ts";
import { unmask } from "./unmask.ts";

interface FrameOptions {
  opcode?: number;
  fin?: boolean;
  masked?: boolean;
  rsv?: number;
}

function frame(payload: Uint8Array, { opcode = 2, fin = true, masked = true, rsv = 0 }: FrameOptions = {}) {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + lengthBytes);
  head[0] = (fin ? 0x80 : 0) | rsv | opcode;
  head[1] = (masked ? 0x80 : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) head.writeUInt16BE(length, 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = Buffer.from([0x12, 0xf4, 0x56, 0x9a]);
  const body = masked ? payload.map((byte, i) => byte ^ mask[i & 3]!) : payload;
  return Buffer.concat([head, ...(masked ? [mask] : []), body]);
}

function receiver() {
  const messages: string[] = [];
  const pings: string[] = [];
  const closes: number[] = [];
  const clock = { now: 0 };
  const machine = new WebSocketReceiver(
    "server",
    {
      onMessage: (message) => messages.push(Buffer.from(message).toString("hex")),
      onPing: (payload) => pings.push(Buffer.from(payload).toString("hex")),
      onCloseFrame: (code) => closes.push(code),
    },
    () => clock.now,
  );
  return { machine, messages, pings, closes, clock };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const refusal = (code: number) => expect.objectContaining({ name: "WebSocketFault", code });

describe("unmask", () => {
  it("equals the byte loop of RFC 6455 at every alignment and phase", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.nat({ max: 7 }),
        fc.nat({ max: 9 }),
        (payload, mask, phase, offset) => {
          const bytes = new Uint8Array(payload.length + offset);
          bytes.set(payload, offset);
          const maskBytes = [mask >>> 24, (mask >>> 16) & 255, (mask >>> 8) & 255, mask & 255];
          unmask(bytes, offset, bytes.length, mask, phase);
          expect(hex(bytes.subarray(offset))).toBe(
            hex(payload.map((b, i) => b ^ maskBytes[(i + phase) & 3]!)),
          );
        },
      ),
    );
  });
});

describe("the receiver", () => {
  it("gives the same messages however the bytes are cut", () => {
    const part = fc.record({
      payload: fc.uint8Array({ maxLength: 70_000 }),
      cuts: fc.array(fc.nat({ max: 70_000 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 9 }),
        (parts, sizes) => {
          const wire = Buffer.concat(
            parts.map(({ payload, cuts }) => {
              const points = [...new Set(cuts.filter((cut) => cut < payload.length))].sort((a, b) => a - b);
              const pieces = [0, ...points].map((from, i) =>
                payload.subarray(from, points[i] ?? payload.length),
              );
              return Buffer.concat(
                pieces.map((piece, i) =>
                  frame(piece, { opcode: i === 0 ? 2 : 0, fin: i === pieces.length - 1 }),
                ),
              );
            }),
          );
          const { machine, messages } = receiver();
          for (let at = 0, i = 0; at < wire.length; i++) {
            const size = sizes[i % sizes.length]!;
            machine.push(new Uint8Array(wire.subarray(at, at + size)));
            at += size;
          }
          expect(messages).toEqual(parts.map(({ payload }) => hex(payload)));
          expect(machine.idle).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives messages, an end or a WebSocketFault for any bytes in any pieces, and keeps no more than what came", () => {
    const chance = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      // Headers that promise much: continuation, binary, control, with every form of length.
      fc
        .record({
          first: fc.constantFrom(0x00, 0x02, 0x80, 0x82, 0x88, 0x89),
          second: fc.constantFrom(0x80, 0x85, 0xfd, 0xfe, 0xff),
          rest: fc.uint8Array({ maxLength: 24 }),
        })
        .map(({ first, second, rest }) => Uint8Array.of(first, second, ...rest)),
      fc.uint8Array({ maxLength: 300 }).map((payload) => new Uint8Array(frame(payload))),
    );
    fc.assert(
      fc.property(fc.array(chance, { maxLength: 12 }), fc.integer({ min: 1, max: 64 }), (pieces, step) => {
        const { machine } = receiver();
        const bytes = new Uint8Array(Buffer.concat(pieces));
        const kept = machine as unknown as { parts: Uint8Array | null };
        try {
          for (let at = 0; at < bytes.length; at += step) machine.push(bytes.slice(at, at + step));
        } catch (error) {
          expect(error).toBeInstanceOf(WebSocketFault);
        }
        expect(kept.parts?.length ?? 0).toBeLessThanOrEqual(70_000 + 2 * bytes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes control frames between fragments", () => {
    const { machine, messages, pings } = receiver();
    machine.push(frame(new Uint8Array([1]), { fin: false }));
    machine.push(frame(new Uint8Array([9]), { opcode: 9 }));
    machine.push(frame(new Uint8Array([8]), { opcode: 10 }));
    machine.push(frame(new Uint8Array([2]), { opcode: 0 }));
    expect({ messages, pings }).toEqual({ messages: ["0102"], pings: ["09"] });
  });

  it.each([
    ["no mask", frame(new Uint8Array(3), { masked: false }), 1002],
    ["a reserved bit (compression)", frame(new Uint8Array(3), { rsv: 0x40 }), 1002],
    ["text", frame(new Uint8Array(3), { opcode: 1 }), 1003],
    ["an unknown opcode", frame(new Uint8Array(3), { opcode: 3 }), 1002],
    ["an unknown control opcode", frame(new Uint8Array(3), { opcode: 11 }), 1002],
    ["a fragmented control frame", frame(new Uint8Array(3), { opcode: 9, fin: false }), 1002],
    ["a long control frame", frame(new Uint8Array(126), { opcode: 9 }), 1002],
    ["a continuation of nothing", frame(new Uint8Array(3), { opcode: 0 }), 1002],
    ["a long form of a short length", Buffer.from([0x82, 0xfe, 0, 5, 0, 0, 0, 0]), 1002],
    ["a close frame of one byte", frame(new Uint8Array(1), { opcode: 8 }), 1002],
    ["a forbidden close code", frame(new Uint8Array([0x03, 0xed]), { opcode: 8 }), 1002],
  ])("refuses %s", (_name, bytes, code) => {
    expect(() => receiver().machine.push(new Uint8Array(bytes))).toThrow(refusal(code));
  });

  it.each([
    ["1 MiB and a byte", 1_048_577],
    ["a terabyte", 2 ** 40],
    ["2^63", 2 ** 63],
  ])("refuses a declared length of %s at the header, before a byte of payload", (_name, length) => {
    const head = Buffer.alloc(10);
    head[0] = 0x82;
    head[1] = 0xff;
    head.writeBigUInt64BE(BigInt(length), 2);
    expect(() => receiver().machine.push(new Uint8Array(head))).toThrow(refusal(1009));
  });

  it("refuses fragments that add up to more than a message, and endless empty ones", () => {
    const large = receiver();
    large.machine.push(new Uint8Array(frame(new Uint8Array(MAX_MESSAGE_BYTES), { fin: false })));
    expect(() => large.machine.push(frame(new Uint8Array(1), { opcode: 0 }))).toThrow(refusal(1009));
    const empty = receiver();
    empty.machine.push(frame(new Uint8Array(0), { fin: false }));
    expect(() => {
      for (let i = 0; i < 100; i++) empty.machine.push(frame(new Uint8Array(0), { opcode: 0, fin: false }));
    }).toThrow(refusal(1008));
  });

  it("refuses a flood of pings, not a steady few", () => {
    const { machine, clock } = receiver();
    for (let i = 0; i < 500; i++) {
      clock.now += 200;
      machine.push(frame(new Uint8Array(0), { opcode: 9 }));
    }
    expect(() => {
      for (let i = 0; i < 101; i++) machine.push(frame(new Uint8Array(0), { opcode: 9 }));
    }).toThrow(refusal(1008));
  });

  it("ends at a close frame and hears nothing after it", () => {
    const { machine, closes, messages } = receiver();
    machine.push(
      Buffer.concat([frame(new Uint8Array([0x03, 0xe8]), { opcode: 8 }), frame(new Uint8Array(3))]),
    );
    expect({ closes, messages }).toEqual({ closes: [1000], messages: [] });
  });
});

describe("the sender", () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 131_072])(
    "frames a message of %i bytes in one write",
    (length) => {
      const conn = new FakeConnection();
      const batch = new Uint8Array(16 + length).fill(7);
      expect(new WebSocketSender("server", conn).send(batch, 16, batch.length)).toBe(true);
      expect(conn.writes).toBe(1);
      expect(hex(conn.written())).toBe(hex(frame(new Uint8Array(length).fill(7), { masked: false })));
    },
  );

  it("keeps what the socket does not take, in order, and closes after it", () => {
    const conn = new FakeConnection();
    const sender = new WebSocketSender("server", conn);
    conn.room = 5;
    for (let i = 0; i < 3; i++) sender.send(new Uint8Array(26).fill(i), 16, 26);
    sender.close(1001, "bye");
    sender.pong(new Uint8Array(3));
    expect(sender.bufferedBytes).toBe(3 * 12 - 5 + 7);
    expect(conn.ended).toBe(false);
    while (!conn.ended) {
      conn.room = 4;
      sender.drain();
    }
    const expected = [0, 1, 2].map((i) => frame(new Uint8Array(10).fill(i), { masked: false }));
    const close = Buffer.from([0x88, 5, 0x03, 0xe9, ...Buffer.from("bye")]);
    expect(hex(conn.written())).toBe(hex(Buffer.concat([...expected, close])));
  });
});
