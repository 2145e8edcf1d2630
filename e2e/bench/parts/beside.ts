import { alternate, middle, paired } from "../compare.ts";
import { startProxy, startStaticUpstream } from "../nginx.ts";
import type { Bench, Part, Report } from "../part.ts";
import { readEvents, startBackground, startStreamingUpstream } from "../program.ts";
import { startTunnel } from "../tunnel.ts";

const MIB = 1024 * 1024;
const SMALL_CONNECTIONS = 4;

/** What small things wait for beside large ones. */
export const beside: Part = {
  name: "beside",
  rows: [
    {
      key: "small",
      what: "small requests' p50 beside four unthrottled downloads, against nginx in the same place",
      unit: "x",
      better: "lower",
      bar: 1,
      aim: 0.5,
    },
    {
      key: "events",
      what: "SSE p99 beside a bulk body and a stalled reader, against idle",
      unit: "x",
      better: "lower",
      bar: 2,
      aim: 1.2,
    },
  ],
  async run(bench, report) {
    return { small: await smallRequests(bench, report), events: await eventStreams(bench, report) };
  },
};

async function smallRequests(bench: Bench, report: Report): Promise<unknown> {
  const upstream = await startStaticUpstream(bench, 1024 * MIB);
  const proxy = await startProxy(bench, upstream);
  const tunnel = await startTunnel(bench, { upstreamPort: upstream.port });
  const { seconds } = bench.settings;
  const side = (name: string, port: number, headers: Record<string, string>) => ({
    name,
    run: async () => {
      const small = { port, headers, path: "/1k" };
      await bench.load(small, SMALL_CONNECTIONS, Math.min(2, seconds));
      const downloads = await startBackground(bench, {
        port,
        headers,
        path: "/bulk",
        mode: "again",
        connections: 4,
      });
      try {
        return await bench.load(small, SMALL_CONNECTIONS, seconds);
      } finally {
        await downloads.stop();
      }
    },
  });
  const runs = await alternate(bench.settings.pairs, [
    side("nginx", proxy.port, {}),
    side("hotspot", tunnel.port, tunnel.headers),
  ]);
  const found = paired(runs, "hotspot", "nginx", (ours, theirs) => ours.p50Ms / theirs.p50Ms);
  const [ours, theirs] = ["hotspot", "nginx"].map((name) =>
    middle(runs[name]!, (run) => run.p50Ms).toFixed(2),
  );
  bench.log(`  small requests beside downloads: p50 ${ours} ms, nginx ${theirs} ms`);
  report("small", { value: found.median, spread: found, note: `${ours} against ${theirs} ms` });
  return runs;
}

async function eventStreams(bench: Bench, report: Report): Promise<unknown> {
  const upstream = await startStreamingUpstream(bench);
  const tunnel = await startTunnel(bench, { upstreamPort: upstream.port, name: "tunnel-events" });
  const { port, headers } = tunnel;
  const read = () =>
    readEvents(bench, {
      port,
      headers,
      method: "GET",
      path: "/events?rate=100",
      streams: 20,
      warmUpSeconds: 1,
      seconds: bench.settings.seconds,
    });
  const path = `/bulk?bytes=${1024 * MIB}`;
  const runs = await alternate(bench.settings.pairs, [
    { name: "idle", run: read },
    {
      name: "loaded",
      run: async () => {
        const others = [
          await startBackground(bench, { port, headers, path, mode: "stall", connections: 1 }),
          await startBackground(bench, { port, headers, path, mode: "again", connections: 1 }),
        ];
        try {
          return await read();
        } finally {
          for (const other of others) await other.stop();
        }
      },
    },
  ]);
  const found = paired(runs, "loaded", "idle", (loaded, idle) => loaded.p99Ms / idle.p99Ms);
  const [loaded, idle] = ["loaded", "idle"].map((name) => middle(runs[name]!, (run) => run.p99Ms).toFixed(2));
  bench.log(`  SSE p99 ${loaded} ms beside bulk, ${idle} ms idle`);
  report("events", { value: found.median, spread: found, note: `${loaded} against ${idle} ms` });
  return runs;
}
