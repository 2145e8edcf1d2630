import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { processMemory } from "../fixtures/process-memory.ts";
import type { Bench, Part } from "./part.ts";
import { moveBulk, readEvents, startBackground, startStreamingUpstream } from "./program.ts";
import { median, slope } from "./stats.ts";
import { startTunnel, type TunnelUnderTest } from "./tunnel.ts";

const MIB = 1024 * 1024;
/** One round of the mixed load. */
const ROUND_SECONDS = 10;
/** Kept connections and files come and go: after the load they may take so long to be back. */
const SETTLE_SECONDS = 30;
/** Memory is not judged before this share of the time is over: caches fill, code is compiled. */
const WARM_SHARE = 0.25;

/** One look at the processes, at the end of a round. */
export interface Sample {
  readonly minute: number;
  readonly relayBytes: number;
  readonly connectorBytes: number;
  readonly relayFiles: number;
  readonly connectorFiles: number;
  readonly smallP99Ms: number;
  readonly eventsP99Ms: number;
}

/** Mixed load for so long: small requests, chats, an upload, a bulk body and readers that stall, all at once. */
export function soakFor(ms: number): Part {
  const growth = (name: string) => ({
    key: `${name}-memory`,
    what: `memory of the ${name}, growth under mixed load`,
    unit: "MiB/min" as const,
    better: "lower" as const,
    bar: 1,
    aim: null,
  });
  const files = (name: string) => ({
    key: `${name}-files`,
    what: `open files of the ${name} after the load, above those before it`,
    unit: "files" as const,
    better: "lower" as const,
    bar: 0,
    aim: null,
  });
  const tail = (name: string, what: string) => ({
    key: `${name}-p99`,
    what: `p99 of ${what}, last third against first third`,
    unit: "x" as const,
    better: "lower" as const,
    bar: 1.5,
    aim: null,
  });
  return {
    name: "soak",
    rows: [
      growth("relay"),
      growth("connector"),
      files("relay"),
      files("connector"),
      tail("small", "small requests"),
      tail("events", "tokens"),
    ],
    async run(bench, report) {
      const upstream = await startStreamingUpstream(bench);
      const tunnel = await startTunnel(bench, { upstreamPort: upstream.port });
      // The first request opens what stays open.
      await bench.load({ port: tunnel.port, headers: tunnel.headers, path: "/1k" }, 4, 2);
      const before = await settledFiles(tunnel, { relay: 0, connector: 0 });
      bench.log(`  open files before: relay ${before.relay}, connector ${before.connector}`);
      const samples: Sample[] = [];
      const started = performance.now();
      while (performance.now() - started < ms) {
        const sample = await round(bench, tunnel, started);
        samples.push(sample);
        bench.log(describe(sample));
      }
      const after = await settledFiles(tunnel, before);
      const judged = judge(samples);
      for (const name of ["relay", "connector"] as const) {
        report(`${name}-memory`, {
          value: judged[name],
          note: `${mebibytes(samples[0]![`${name}Bytes`])} MiB after the first round, ${mebibytes(samples.at(-1)![`${name}Bytes`])} after the last`,
        });
        report(`${name}-files`, {
          value: after[name] - before[name],
          note: `${before[name]} before, ${after[name]} after`,
        });
      }
      report("small-p99", { value: judged.smallP99 });
      report("events-p99", { value: judged.eventsP99 });
      return { before, after, samples };
    },
  };
}

/** What the samples say: growth in MiB a minute once warm, and how the last third's tail stands to the first's. */
export function judge(samples: readonly Sample[]): {
  relay: number;
  connector: number;
  smallP99: number;
  eventsP99: number;
} {
  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE));
  const growth = (bytes: (sample: Sample) => number) =>
    slope(warm.map((sample) => ({ x: sample.minute, y: bytes(sample) / MIB })));
  const third = Math.max(1, Math.floor(samples.length / 3));
  const drift = (p99: (sample: Sample) => number) =>
    median(samples.slice(-third).map(p99)) / median(samples.slice(0, third).map(p99));
  return {
    relay: growth(({ relayBytes }) => relayBytes),
    connector: growth(({ connectorBytes }) => connectorBytes),
    smallP99: drift(({ smallP99Ms }) => smallP99Ms),
    eventsP99: drift(({ eventsP99Ms }) => eventsP99Ms),
  };
}

async function round(bench: Bench, tunnel: TunnelUnderTest, started: number): Promise<Sample> {
  const { port, headers } = tunnel;
  const bulk = { port, headers, path: `/bulk?bytes=${256 * MIB}` };
  const others = [
    await startBackground(bench, { ...bulk, mode: "stall", connections: 10 }),
    await startBackground(bench, { ...bulk, mode: "again", connections: 1 }),
  ];
  try {
    const [small, chats] = await Promise.all([
      bench.load({ port, headers, path: "/1k" }, 16, ROUND_SECONDS),
      readEvents(bench, {
        port,
        headers,
        method: "POST",
        path: "/v1/chat/completions?rate=20",
        streams: 50,
        warmUpSeconds: 1,
        seconds: ROUND_SECONDS - 2,
      }),
      moveBulk(bench, { port, headers, method: "PUT", path: "/sink", bytes: 64 * MIB, maxSeconds: 0 }),
    ]);
    return {
      minute: (performance.now() - started) / 60_000,
      relayBytes: processMemory(tunnel.relay.pid).residentBytes,
      connectorBytes: processMemory(tunnel.connector.pid).residentBytes,
      relayFiles: openFiles(tunnel.relay.pid),
      connectorFiles: openFiles(tunnel.connector.pid),
      smallP99Ms: small.p99Ms,
      eventsP99Ms: chats.p99Ms,
    };
  } finally {
    for (const other of others) await other.stop();
  }
}

/** Open files once they are no more than they were, or have had their time. */
async function settledFiles(
  tunnel: TunnelUnderTest,
  wanted: { relay: number; connector: number },
): Promise<{ relay: number; connector: number }> {
  const first = wanted.relay === 0;
  for (let second = 0; ; second++) {
    await delay(1_000);
    const now = { relay: openFiles(tunnel.relay.pid), connector: openFiles(tunnel.connector.pid) };
    const back = now.relay <= wanted.relay && now.connector <= wanted.connector;
    // The connector lets an idle upstream connection go after 4 s.
    if (first ? second >= 8 : back || second >= SETTLE_SECONDS) return now;
  }
}

function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function describe(sample: Sample): string {
  return [
    `  ${sample.minute.toFixed(1).padStart(5)} min`,
    `relay ${mebibytes(sample.relayBytes)} MiB ${sample.relayFiles} files`,
    `connector ${mebibytes(sample.connectorBytes)} MiB ${sample.connectorFiles} files`,
    `p99 small ${sample.smallP99Ms.toFixed(1)} ms, tokens ${sample.eventsP99Ms.toFixed(1)} ms`,
  ].join("  ");
}

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}
