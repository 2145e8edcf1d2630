import { describe, expect, it } from "vitest";
import { alternate, paired, takeTurns } from "./compare.ts";

describe("taking turns", () => {
  it("turns the order round each time and keeps what belongs together in one place", async () => {
    const order: string[] = [];
    let clock = 0;
    const side = (name: string) => ({
      name,
      run: async () => {
        order.push(name);
        return ++clock;
      },
    });
    const runs = await alternate(3, [side("a"), side("b"), side("c")], 0);
    expect(order.join("")).toBe("abccbaabc");
    expect(runs).toEqual({ a: [1, 6, 7], b: [2, 5, 8], c: [3, 4, 9] });
  });

  it("counts all requests of a side, with those that warmed it up", async () => {
    const side = { name: "ours", target: { port: 1, path: "/", headers: {} }, processes: [] };
    const result = { requestsPerSecond: 1, p50Ms: 1, p99Ms: 1 };
    const load = async (_target: object, connections: number, seconds: number) => ({
      ...result,
      requests: connections * seconds,
    });
    const turns = await takeTurns(load, [side], { connections: 2, pairs: 2, seconds: 3, warmUpSeconds: 5 });
    expect(turns.served).toEqual({ ours: 2 * 5 + 2 * (2 * 3) });
  });

  it("compares inside a turn only: a machine twice as slow in the second turn changes no ratio", () => {
    const runs = { ours: [300, 150, 330], theirs: [200, 100, 200] };
    expect(paired(runs, "ours", "theirs", (a, b) => a / b)).toEqual({ min: 1.5, median: 1.5, max: 1.65 });
  });
});
