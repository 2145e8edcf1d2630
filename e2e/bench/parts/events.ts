import { middle, paired } from "../compare.ts";
import type { Part } from "../part.ts";
import { streamsInTurns } from "../streams-in-turns.ts";

/** What the tunnel adds to the way of an event, over the same streams straight from the upstream. */
export const events: Part = {
  name: "events",
  rows: [
    {
      key: "added-p50",
      what: "20 SSE streams x 100 events/s, added p50",
      unit: "ms",
      better: "lower",
      bar: 0.4,
      aim: 0.2,
    },
    {
      key: "added-p99",
      what: "20 SSE streams x 100 events/s, added p99",
      unit: "ms",
      better: "lower",
      bar: 4,
      aim: 2,
    },
  ],
  async run(bench, report) {
    const runs = await streamsInTurns(bench, {
      method: "GET",
      path: "/events?rate=100",
      streams: 20,
      warmUpSeconds: 1,
    });
    for (const key of ["p50", "p99"] as const) {
      const added = paired(runs, "hotspot", "direct", (a, b) => a[`${key}Ms`] - b[`${key}Ms`]);
      const [ours, direct] = ["hotspot", "direct"].map((name) =>
        middle(runs[name]!, (run) => run[`${key}Ms`]),
      );
      bench.log(`  ${key} ${ours!.toFixed(3)} ms, direct ${direct!.toFixed(3)} ms`);
      report(`added-${key}`, {
        value: added.median,
        spread: added,
        note: `${ours!.toFixed(2)} ms; direct ${direct!.toFixed(2)}`,
      });
    }
    return runs;
  },
};
