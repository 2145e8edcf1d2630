import { middle, paired, takeTurns } from "../compare.ts";
import { nginxSide, startProxy, startStaticUpstream } from "../nginx.ts";
import type { Part } from "../part.ts";
import { startTunnel } from "../tunnel.ts";

/** What one request at a time waits longer than behind nginx. */
export const latency: Part = {
  name: "latency",
  rows: [
    {
      key: "added-p50",
      what: "added median latency at 1 connection, over nginx proxy_pass",
      unit: "ms",
      better: "lower",
      bar: 0.15,
      aim: 0.08,
    },
  ],
  async run(bench, report) {
    const upstream = await startStaticUpstream(bench);
    const proxy = await startProxy(bench, upstream);
    const tunnel = await startTunnel(bench, { upstreamPort: upstream.port });
    const sides = [nginxSide("direct", upstream), nginxSide("nginx", proxy), tunnel.side()];
    const turns = await takeTurns(bench.load, sides, {
      ...bench.settings,
      connections: 1,
      onRun: (side, run) => bench.log(`  ${side.padEnd(12)} p50 ${run.p50Ms.toFixed(3)} ms`),
    });
    const added = paired(turns.runs, "hotspot", "nginx", (ours, theirs) => ours.p50Ms - theirs.p50Ms);
    const p50 = (name: string) => middle(turns.runs[name]!, (run) => run.p50Ms).toFixed(3);
    report("added-p50", {
      value: added.median,
      spread: added,
      note: `${p50("hotspot")} ms; nginx ${p50("nginx")}, no proxy at all ${p50("direct")}`,
    });
    return turns;
  },
};
