import { until } from "../../fixtures/until.ts";
import { Absent } from "../absent.ts";
import { middle, paired, type Side, takeTurns } from "../compare.ts";
import { startStaticUpstream } from "../nginx.ts";
import type { Bench, Part } from "../part.ts";
import { bore, chisel, frp, piko, rathole } from "../peers/native.ts";
import { localtunnel, pipenet } from "../peers/npm-packages.ts";
import type { Peer } from "../peers/peer.ts";
import type { RowPlan } from "../rows.ts";
import { startTunnel } from "../tunnel.ts";

const CONNECTIONS = 64;
/** With the bar and the aim for requests/s of ours against theirs. */
const PEERS: readonly (readonly [peer: Peer, bar: number, aim: number])[] = [
  [frp, 1.5, 3],
  [piko, 1.5, 3],
  [chisel, 1.5, 3],
  [rathole, 1.5, 3],
  [bore, 1.5, 3],
  [pipenet, 10, 15],
  [localtunnel, 10, 15],
];

/** The same load through other tunnels, each beside ours in turns. Those that know only TCP do less for a request. */
export const peers: Part = {
  name: "peers",
  rows: PEERS.map(
    ([{ name, kind }, bar, aim]): RowPlan => ({
      key: name,
      what: `the same load at ${CONNECTIONS} connections against ${name} (${kind})`,
      unit: "x",
      better: "higher",
      bar,
      aim,
    }),
  ),
  async run(bench, report) {
    const upstream = await startStaticUpstream(bench);
    const ours = (await startTunnel(bench, { upstreamPort: upstream.port })).side();
    const figures: Record<string, unknown> = {};
    const faults: string[] = [];
    for (const [peer] of PEERS) {
      try {
        const turns = await beside(bench, ours, await start(bench, peer, upstream.port));
        const rate = paired(
          turns.runs,
          ours.name,
          peer.name,
          (a, b) => a.requestsPerSecond / b.requestsPerSecond,
        );
        const [us, them] = [ours.name, peer.name].map((name) =>
          middle(turns.runs[name]!, (run) => run.requestsPerSecond).toFixed(0),
        );
        report(peer.name, { value: rate.median, spread: rate, note: `${us} against ${them} requests/s` });
        figures[peer.name] = turns;
      } catch (error) {
        // One that does not run keeps nobody else from being measured.
        const reason = (error as Error).message;
        bench.log(`  ${peer.name}: ${reason.split("\n")[0]}`);
        if (error instanceof Absent) report(peer.name, { absent: reason });
        else faults.push(`${peer.name}: ${reason}`);
      }
    }
    if (faults.length > 0) throw new Error(faults.join("; "));
    return figures;
  },
};

async function start(bench: Bench, peer: Peer, upstreamPort: number): Promise<Side> {
  const { port, headers, processes } = await peer.start(bench, upstreamPort);
  const target = { port, path: "/1k", headers };
  // Its client needs a moment to be known to its server.
  await until(() => bench.load(target, 1, 1), 20_000, 200);
  return { name: peer.name, target, processes };
}

function beside(bench: Bench, ours: Side, theirs: Side) {
  return takeTurns(bench.load, [theirs, ours], {
    ...bench.settings,
    connections: CONNECTIONS,
    onRun: (side, run) => bench.log(`  ${side.padEnd(12)} ${run.requestsPerSecond.toFixed(0)} req/s`),
  });
}
