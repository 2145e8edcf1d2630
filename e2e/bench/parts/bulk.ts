import { alternate, middle, paired } from "../compare.ts";
import { startProxy, startStaticUpstream } from "../nginx.ts";
import type { Bench, Part, Report } from "../part.ts";
import { moveBulk, startStreamingUpstream } from "../program.ts";
import type { BulkPlan, BulkResult } from "../programs/bulk-main.ts";
import { startTunnel } from "../tunnel.ts";

const MIB = 1024 * 1024;

/** One body at a time, down and up, beside nginx. */
export const bulk: Part = {
  name: "bulk",
  rows: [
    {
      key: "down",
      what: "one-stream download of 256 MiB against nginx",
      unit: "x",
      better: "higher",
      bar: 0.65,
      aim: 0.85,
    },
    {
      key: "up",
      what: "one-stream upload of 256 MiB against nginx",
      unit: "x",
      better: "higher",
      bar: 0.6,
      aim: 0.85,
    },
  ],
  async run(bench, report) {
    const bytes = (bench.settings.short ? 32 : 256) * MIB;
    const source = await startStaticUpstream(bench, bytes);
    const sink = await startStreamingUpstream(bench);
    const down = await inTurns(bench, report, "down", source.port, {
      method: "GET",
      path: "/bulk",
      bytes,
      maxSeconds: 60,
    });
    const up = await inTurns(bench, report, "up", sink.port, {
      method: "PUT",
      path: "/sink",
      bytes,
      maxSeconds: 60,
    });
    return { bytes, down, up };
  },
};

async function inTurns(
  bench: Bench,
  report: Report,
  key: "down" | "up",
  upstreamPort: number,
  plan: Pick<BulkPlan, "method" | "path" | "bytes" | "maxSeconds">,
): Promise<Record<string, BulkResult[]>> {
  const proxy = await startProxy(bench, { port: upstreamPort }, { name: key });
  const tunnel = await startTunnel(bench, { upstreamPort, name: `tunnel-${key}` });
  const sides = [
    { name: "nginx", run: () => moveBulk(bench, { ...plan, port: proxy.port, headers: {} }) },
    { name: "hotspot", run: () => moveBulk(bench, { ...plan, port: tunnel.port, headers: tunnel.headers }) },
  ];
  // Warms them up.
  for (const side of sides) await side.run();
  const runs = await alternate(bench.settings.pairs, sides);
  const rate = paired(runs, "hotspot", "nginx", (a, b) => a.megabytesPerSecond / b.megabytesPerSecond);
  const [ours, theirs] = ["hotspot", "nginx"].map((name) =>
    middle(runs[name]!, (run) => run.megabytesPerSecond).toFixed(0),
  );
  bench.log(`  ${key} ${ours} MB/s, nginx ${theirs} MB/s`);
  report(key, { value: rate.median, spread: rate, note: `${ours} against ${theirs} MB/s` });
  return runs;
}
