import { alternate, middle, paired } from "../compare.ts";
import type { DelayProxyOptions } from "../delay/delay-proxy.ts";
import { startStaticUpstream } from "../nginx.ts";
import type { Bench, Part, Report } from "../part.ts";
import { moveBulk, startProgram, startStreamingUpstream } from "../program.ts";
import type { BulkPlan, BulkResult } from "../programs/bulk-main.ts";
import { startTunnel } from "../tunnel.ts";

const MIB = 1024 * 1024;
/** Each way. */
const DELAY_MS = 25;
/**
 * On their way at once in each direction. A TCP sender over a round trip of 50 ms has one receive window of the kernel
 * under way, 6 MiB at most as Linux comes, half of it on its way there while the other half is being acknowledged.
 */
const MAX_BYTES = 3 * MIB;

/**
 * One stream over a long wire: the link between connector and relay has the delay, beside the same transfer over a bare
 * TCP connection with that delay. Compared over the last three quarters of the bytes; the start is told beside it.
 */
export const distance: Part = {
  name: "distance",
  rows: [
    {
      key: "down",
      what: "one stream at 50 ms round trip, download, against the raw socket through the same delay",
      unit: "x",
      better: "higher",
      bar: 0.9,
      aim: 0.97,
    },
    {
      key: "up",
      what: "one stream at 50 ms round trip, upload, against the raw socket through the same delay",
      unit: "x",
      better: "higher",
      bar: 0.9,
      aim: 0.97,
    },
  ],
  async run(bench, report) {
    const maxSeconds = 2 * bench.settings.seconds;
    const bytes = (bench.settings.short ? 64 : 384) * MIB;
    const source = await startStaticUpstream(bench, bytes);
    const sink = await startStreamingUpstream(bench);
    const down = await inTurns(bench, report, "down", source.port, {
      method: "GET",
      path: "/bulk",
      bytes,
      maxSeconds,
    });
    const up = await inTurns(bench, report, "up", sink.port, {
      method: "PUT",
      path: "/sink",
      bytes,
      maxSeconds,
    });
    return { bytes, maxSeconds, delayMs: DELAY_MS, maxBytes: MAX_BYTES, down, up };
  },
};

async function inTurns(
  bench: Bench,
  report: Report,
  key: "down" | "up",
  upstreamPort: number,
  plan: Pick<BulkPlan, "method" | "path" | "bytes" | "maxSeconds">,
): Promise<Record<string, BulkResult[]>> {
  const delayed = async (targetPort: number) => {
    const options: DelayProxyOptions = { targetPort, delayMs: DELAY_MS, maxBytes: MAX_BYTES };
    return (await startProgram<{ port: number }>(bench, "delay/delay-proxy-main.ts", options)).said.port;
  };
  const rawPort = await delayed(upstreamPort);
  const tunnel = await startTunnel(bench, { upstreamPort, name: `tunnel-${key}`, linkVia: delayed });
  const runs = await alternate(bench.settings.pairs, [
    { name: "raw", run: () => moveBulk(bench, { ...plan, port: rawPort, headers: {} }) },
    { name: "hotspot", run: () => moveBulk(bench, { ...plan, port: tunnel.port, headers: tunnel.headers }) },
  ]);
  const rate = paired(
    runs,
    "hotspot",
    "raw",
    (a, b) => a.steadyMegabytesPerSecond / b.steadyMegabytesPerSecond,
  );
  const whole = paired(runs, "hotspot", "raw", (a, b) => a.megabytesPerSecond / b.megabytesPerSecond).median;
  const [ours, raw] = ["hotspot", "raw"].map((name) =>
    middle(runs[name]!, (run) => run.steadyMegabytesPerSecond).toFixed(0),
  );
  bench.log(`  ${key} ${ours} MB/s, raw ${raw} MB/s; with the start ${whole.toFixed(2)}x`);
  report(key, {
    value: rate.median,
    spread: rate,
    note: `${ours} against ${raw} MB/s; with the start of the stream ${whole.toFixed(2)}x`,
  });
  return runs;
}
