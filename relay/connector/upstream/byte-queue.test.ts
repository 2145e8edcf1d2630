import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ByteQueue } from "./byte-queue.ts";

const step = fc.oneof(
  fc.record({
    kind: fc.constantFrom("append" as const, "adopt" as const),
    bytes: fc.uint8Array({ maxLength: 40 }),
  }),
  fc.record({ kind: fc.constant("consume" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

test("what goes in comes out, in order, whatever the pieces", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ByteQueue();
      let model: number[] = [];
      for (const action of steps) {
        if (action.kind === "consume") {
          const length = Math.floor(queue.length * action.share);
          queue.consume(length);
          model = model.slice(length);
        } else {
          const { bytes } = action;
          const from = Math.min(1, bytes.length);
          if (action.kind === "append") queue.append(bytes, from, bytes.length);
          else queue.adopt(bytes.slice(), from, bytes.length);
          model.push(...bytes.subarray(from));
        }
        expect([...queue.bytes.subarray(queue.start, queue.end)]).toEqual(model);
      }
    }),
  );
});

test("an empty queue holds no memory, a small rest does not pin a large buffer", () => {
  const queue = new ByteQueue();
  const large = new Uint8Array(100_000);
  queue.adopt(large, 0, 60_000);
  expect(queue.bytes).toBe(large);
  queue.consume(60_000);
  expect(queue.bytes.length).toBe(0);
  queue.adopt(large, 99_000, 100_000);
  expect(queue.bytes.buffer.byteLength).toBe(1_000);
});
