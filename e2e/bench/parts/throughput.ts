import { startBareTunnel } from "../bare.ts";
import { middle, paired, type Run, type Side, type Turns, takeTurns } from "../compare.ts";
import { nginxSide, startProxy, startStaticUpstream } from "../nginx.ts";
import type { Bench, Part, Report } from "../part.ts";
import { startTunnel } from "../tunnel.ts";
import { waitUntilLogged } from "../wait-until-logged.ts";

const CONNECTIONS = [32, 64, 256] as const;
const ONE = "nginx";
const TWO = "nginx twice";
const OURS = "hotspot";
const BARE = "bare";

const oneHop = (connections: number, bar: number, aim: number) =>
  ({
    key: `nginx-${connections}`,
    what: `1 KB GET, ${connections} connections, requests/s against one nginx proxy_pass`,
    unit: "x",
    better: "higher",
    bar,
    aim,
  }) as const;
const twoHops = (connections: number) =>
  ({
    key: `nginx-twice-${connections}`,
    what: `the same at ${connections} connections against two chained nginx`,
    unit: "x",
    better: "higher",
    bar: 1,
    aim: 1.25,
  }) as const;

const ceiling = (connections: number) =>
  ({
    key: `bare-${connections}`,
    what: `the same at ${connections} connections: two programs on our runtime that only forward, against one nginx`,
    unit: "x",
    better: "higher",
    bar: null,
    aim: null,
  }) as const;

/** Requests a second, CPU and tail latency beside nginx in front of the same upstream, once and chained. */
export const throughput: Part = {
  name: "throughput",
  rows: [
    oneHop(32, 0.75, 0.9),
    oneHop(64, 0.75, 0.9),
    oneHop(256, 1, 1.3),
    twoHops(32),
    twoHops(64),
    twoHops(256),
    ceiling(32),
    ceiling(64),
    ceiling(256),
    {
      key: "relay-cpu",
      what: "CPU of the relay for a request at 64 connections against nginx",
      unit: "x",
      better: "lower",
      bar: 0.85,
      aim: 0.7,
    },
    {
      key: "p99-32",
      what: "p99 at 32 connections against nginx",
      unit: "x",
      better: "lower",
      bar: 2.5,
      aim: 1.5,
    },
    {
      key: "logged",
      what: "rows of the request log per request",
      unit: "rows",
      better: "higher",
      bar: 1,
      aim: null,
    },
  ],
  async run(bench, report) {
    const upstream = await startStaticUpstream(bench);
    const proxy = await startProxy(bench, upstream);
    const inner = await startProxy(bench, upstream, { name: "inner" });
    const outer = await startProxy(bench, inner, { name: "outer" });
    const tunnel = await startTunnel(bench, { upstreamPort: upstream.port });
    const bare = await startBareTunnel(bench, BARE, upstream.port);
    const sides = [nginxSide(ONE, proxy), nginxSide(TWO, outer, inner), tunnel.side(OURS), bare];
    const figures: Turns[] = [];
    for (const connections of CONNECTIONS) figures.push(await measure(bench, report, sides, connections));
    const served = figures.reduce((sum, turns) => sum + turns.served[OURS]!, 0);
    const logged = await waitUntilLogged(tunnel.loggedRequests, served);
    // The load generator does not count what it breaks off at its end; the log does.
    report("logged", { value: logged / served });
    return { served, logged, turns: figures };
  },
};

async function measure(
  bench: Bench,
  report: Report,
  sides: readonly Side[],
  connections: (typeof CONNECTIONS)[number],
): Promise<Turns> {
  const { pairs, seconds } = bench.settings;
  // More connections need no more than to be open.
  const warmUpSeconds = connections === CONNECTIONS[0] ? bench.settings.warmUpSeconds : 1;
  const turns = await takeTurns(bench.load, sides, {
    connections,
    pairs,
    seconds,
    warmUpSeconds,
    onRun: (side, run) =>
      bench.log(
        `  ${String(connections).padStart(3)}  ${side.padEnd(12)} ${run.requestsPerSecond.toFixed(0).padStart(6)} req/s  p99 ${run.p99Ms.toFixed(2)} ms`,
      ),
  });
  const { runs } = turns;
  const against = (other: string, of: (ours: Run, theirs: Run) => number, side = OURS) => {
    const found = paired(runs, side, other, of);
    return { value: found.median, spread: found };
  };
  const rate = (ours: Run, theirs: Run) => ours.requestsPerSecond / theirs.requestsPerSecond;
  const absolute = (name: string) => middle(runs[name]!, (run) => run.requestsPerSecond).toFixed(0);
  report(`nginx-${connections}`, {
    ...against(ONE, rate),
    note: `${absolute(OURS)} against ${absolute(ONE)} requests/s`,
  });
  report(`nginx-twice-${connections}`, {
    ...against(TWO, rate),
    note: `${absolute(OURS)} against ${absolute(TWO)} requests/s`,
  });
  report(`bare-${connections}`, {
    ...against(ONE, rate, BARE),
    note: `${absolute(BARE)} against ${absolute(ONE)} requests/s; nothing is parsed, checked, limited, counted or logged`,
  });
  if (connections === 64) {
    const micros = (name: string, process: string) =>
      middle(runs[name]!, (run) => run.cpuPerRequest[process]!).toFixed(1);
    report("relay-cpu", {
      ...against(ONE, (ours, theirs) => ours.cpuPerRequest.relay! / theirs.cpuPerRequest.nginx!),
      note: `relay ${micros(OURS, "relay")} µs, connector ${micros(OURS, "connector")}, Postgres ${micros(OURS, "postgres")}; nginx ${micros(ONE, "nginx")}; bare ${micros(BARE, "relay")} and ${micros(BARE, "connector")}`,
    });
  }
  if (connections === 32) {
    const tail = (name: string) => middle(runs[name]!, (run) => run.p99Ms).toFixed(2);
    report("p99-32", {
      ...against(ONE, (ours, theirs) => ours.p99Ms / theirs.p99Ms),
      note: `${tail(OURS)} against ${tail(ONE)} ms`,
    });
  }
  return turns;
}
