import { middle, paired } from "../compare.ts";
import type { Part } from "../part.ts";
import { spread } from "../stats.ts";
import { streamsInTurns } from "../streams-in-turns.ts";

const STREAMS = 1_000;
const RATE = 20;

/** Many chats at once over one connector: how late a token comes. */
export const tokens: Part = {
  name: "tokens",
  rows: [
    {
      key: "p99",
      what: "1,000 streams x 20 tokens/s over one connector, p99",
      unit: "ms",
      better: "lower",
      bar: 50,
      aim: 20,
    },
  ],
  async run(bench, report) {
    const runs = await streamsInTurns(bench, {
      method: "POST",
      path: `/v1/chat/completions?rate=${RATE}`,
      streams: STREAMS,
      warmUpSeconds: 2,
    });
    const p99 = spread(runs.hotspot!.map((run) => run.p99Ms));
    const direct = middle(runs.direct!, (run) => run.p99Ms);
    // Events that an overloaded upstream never sent are not late, so the rate is told beside the figure.
    const kept = paired(runs, "hotspot", "direct", (ours, theirs) => ours.events / theirs.events).median;
    const rate = middle(runs.hotspot!, (run) => run.events) / bench.settings.seconds;
    bench.log(
      `  p99 ${p99.median.toFixed(2)} ms, direct ${direct.toFixed(2)} ms, ${rate.toFixed(0)} events/s`,
    );
    report("p99", {
      value: p99.median,
      spread: p99,
      note: `${rate.toFixed(0)} events/s, ${(kept * 100).toFixed(0)} % of direct; direct p99 ${direct.toFixed(2)} ms`,
    });
    return runs;
  },
};
