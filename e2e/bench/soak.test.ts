import { describe, expect, it } from "vitest";
import { judge, type Sample } from "./soak.ts";

const MIB = 1024 * 1024;
const sample = (minute: number, change: Partial<Sample> = {}): Sample => ({
  minute,
  relayBytes: 100 * MIB,
  connectorBytes: 80 * MIB,
  relayFiles: 40,
  connectorFiles: 20,
  smallP99Ms: 5,
  eventsP99Ms: 10,
  ...change,
});

describe("judging a soak", () => {
  it("sees a leak of 2 MiB a minute, and none in the process beside it", () => {
    const samples = Array.from({ length: 12 }, (_, n) => sample(n, { relayBytes: (100 + 2 * n) * MIB }));
    const judged = judge(samples);
    expect(judged.relay).toBeCloseTo(2, 6);
    expect(judged.connector).toBe(0);
  });

  it("does not take the growth of the first quarter for a leak", () => {
    const samples = Array.from({ length: 12 }, (_, n) =>
      sample(n, { relayBytes: Math.min(100 + 30 * n, 190) * MIB }),
    );
    expect(judge(samples).relay).toBe(0);
  });

  it("compares the tail of the last third with that of the first; one slow round is no trend", () => {
    const samples = Array.from({ length: 9 }, (_, n) =>
      sample(n, { smallP99Ms: n < 6 ? 5 : 10, eventsP99Ms: n === 7 ? 500 : 10 }),
    );
    expect(judge(samples)).toMatchObject({ smallP99: 2, eventsP99: 1 });
  });
});
