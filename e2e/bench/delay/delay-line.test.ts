import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DelayLine } from "./delay-line.ts";

describe("a wire with a delay", () => {
  it("gives nothing before its time, and everything at it", () => {
    const line = new DelayLine<string>(25, 1_000);
    line.put("a", 1, 0);
    line.put("b", 1, 10);
    expect(line.nextAt).toBe(25);
    expect(line.take(24.9)).toBeUndefined();
    expect(line.take(25)).toBe("a");
    expect(line.take(34)).toBeUndefined();
    expect(line.nextAt).toBe(35);
    expect(line.take(35)).toBe("b");
    expect(line.nextAt).toBeNull();
  });

  it("is full at its limit and empties as things leave it", () => {
    const line = new DelayLine<string>(5, 100);
    line.put("a", 60, 0);
    expect(line.isFull).toBe(false);
    line.put("b", 60, 0);
    expect([line.isFull, line.heldBytes]).toEqual([true, 120]);
    line.take(5);
    expect([line.isFull, line.heldBytes]).toEqual([false, 60]);
  });

  it("keeps the order and loses nothing, whatever comes when", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.nat(30), takes: fc.nat(4) }), { maxLength: 3_000 }),
        (steps) => {
          const line = new DelayLine<number>(25, 10);
          const out: number[] = [];
          let now = 0;
          const takeOne = () => {
            const item = line.take(now);
            if (item !== undefined) out.push(item);
          };
          for (const [n, { wait, takes }] of steps.entries()) {
            now += wait;
            line.put(n, 1, now);
            for (let times = 0; times < takes; times++) takeOne();
          }
          now += 25;
          for (let times = 0; times < steps.length; times++) takeOne();
          expect(out).toEqual(steps.map((_, n) => n));
          expect(line.heldBytes).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});
