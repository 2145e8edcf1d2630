import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { compare, type Side } from "./compare.ts";
import { chooseLoad } from "./load.ts";
import { startStaticUpstream } from "./nginx.ts";
import { type Section, table } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { startTunnel, type TunnelUnderTest } from "./tunnel.ts";

/**
 * What metering costs: journal, hand-over, rows and sums in Postgres, on the same CPUs as all the rest. Two whole
 * tunnels before one upstream, of which one counts nothing.
 */
export async function benchMetering(dir: string, settings: BenchSettings): Promise<Section> {
  const { load, name: loadName } = await chooseLoad();
  console.log(`metering: ${loadName}; ${settings.pairs} pairs of ${settings.seconds} s`);
  const cleanups: (() => Promise<void>)[] = [];
  try {
    await mkdir(join(dir, "metering"), { recursive: true });
    const upstream = await startStaticUpstream(join(dir, "metering", "nginx"));
    cleanups.unshift(upstream.stop);
    const sideOf = async (metering: "off" | "on"): Promise<[Side, TunnelUnderTest]> => {
      const tunnel = await startTunnel(join(dir, "metering", metering), upstream.port, {
        RELAY_METERING: metering,
      });
      cleanups.unshift(tunnel.stop);
      const processes = [
        { name: "relay", pid: tunnel.relay.pid },
        { name: "connector", pid: tunnel.connector.pid },
        { name: "postgres", pid: tunnel.postgresPid },
      ];
      return [{ name: `metering ${metering}`, target: tunnel.target, processes }, tunnel];
    };
    const [[off, silent], [on]] = [await sideOf("off"), await sideOf("on")];
    const compared = await compare(load, [off, on], {
      connections: 64,
      pairs: settings.pairs,
      seconds: settings.seconds,
      onRun: (side, run) =>
        console.log(`  ${side.name.padEnd(17)} ${run.requestsPerSecond.toFixed(0)} req/s`),
    });
    const uncounted = await silent.loggedRequests();
    if (uncounted > 0) throw new Error(`metering was off, and ${uncounted} requests were logged`);
    return {
      name: "metering",
      text: table(compared),
      figures: { load: loadName, compared },
      verdicts: [
        {
          label: "requests/s with metering of those without",
          value: compared.throughputRatio,
          bar: ">= 0.95",
          met: compared.throughputRatio >= 0.95,
        },
      ],
    };
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}
