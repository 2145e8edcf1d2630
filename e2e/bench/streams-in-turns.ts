import { alternate } from "./compare.ts";
import type { Bench } from "./part.ts";
import { readEvents, startStreamingUpstream } from "./program.ts";
import type { EventsPlan } from "./programs/events-main.ts";
import { startTunnel } from "./tunnel.ts";

/** The same streams straight from the upstream and through the tunnel, in turns: `direct` and `hotspot`. */
export async function streamsInTurns(bench: Bench, plan: Omit<EventsPlan, "port" | "headers" | "seconds">) {
  const upstream = await startStreamingUpstream(bench);
  const tunnel = await startTunnel(bench, { upstreamPort: upstream.port });
  const read = (port: number, headers: Record<string, string>) =>
    readEvents(bench, { ...plan, port, headers, seconds: bench.settings.seconds });
  return await alternate(bench.settings.pairs, [
    { name: "direct", run: () => read(upstream.port, {}) },
    { name: "hotspot", run: () => read(tunnel.port, tunnel.headers) },
  ]);
}
