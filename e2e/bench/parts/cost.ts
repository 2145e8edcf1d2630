import { paired, type Run, takeTurns } from "../compare.ts";
import { startStaticUpstream } from "../nginx.ts";
import type { Part } from "../part.ts";
import { startTunnel } from "../tunnel.ts";

/**
 * What the extras cost: whole tunnels before one upstream, of which one does everything, one counts nothing, and one
 * neither counts nor checks keys. The rate limiter has no switch: it is there in all three, too high to refuse anything.
 */
export const cost: Part = {
  name: "cost",
  rows: [
    {
      key: "all",
      what: "requests/s lost to metering, request log and key check, 64 connections",
      unit: "share",
      better: "lower",
      bar: 0.08,
      aim: 0.04,
    },
    {
      key: "metering",
      what: "of this, metering and the request log alone",
      unit: "share",
      better: "lower",
      bar: 0.05,
      aim: null,
    },
  ],
  async run(bench, report) {
    const upstream = await startStaticUpstream(bench);
    const start = (name: string, metering: "on" | "off", requireAccessKey: boolean) =>
      startTunnel(bench, {
        upstreamPort: upstream.port,
        name,
        env: { RELAY_METERING: metering },
        requireAccessKey,
      });
    const bare = await start("bare", "off", false);
    const uncounted = await start("uncounted", "off", true);
    const full = await start("full", "on", true);
    const bareSide = bare.side("bare");
    const sides = [
      // A key that nobody asks for would still be looked up, for its name in the log.
      { ...bareSide, target: { ...bareSide.target, headers: { Host: bareSide.target.headers.Host! } } },
      uncounted.side("uncounted"),
      full.side("full"),
    ];
    const turns = await takeTurns(bench.load, sides, {
      ...bench.settings,
      connections: 64,
      onRun: (side, run) => bench.log(`  ${side.padEnd(12)} ${run.requestsPerSecond.toFixed(0)} req/s`),
    });
    for (const silent of [bare, uncounted]) {
      const rows = await silent.loggedRequests();
      if (rows > 0) throw new Error(`metering was off, and ${rows} requests were logged`);
    }
    const lost = (ours: Run, theirs: Run) => 1 - ours.requestsPerSecond / theirs.requestsPerSecond;
    const all = paired(turns.runs, "full", "bare", lost);
    const metering = paired(turns.runs, "full", "uncounted", lost);
    report("all", { value: all.median, spread: all, note: "the rate limiter has no switch and is in both" });
    report("metering", { value: metering.median, spread: metering });
    return turns;
  },
};
