import { setTimeout as delay } from "node:timers/promises";
import { RawHttp } from "../../fixtures/raw-http.ts";

// A client of another tenant, in a process of its own: how long its answers take is what an abuser does to others.

export interface BesidePlan {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly seconds: number;
  /** Between two requests of a lane, ms; 5 when absent. */
  readonly pauseMs?: number;
}

/** Median and 99th percentile, ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

export interface BesideResult {
  /** Of requests on kept connections. */
  readonly kept: Latency;
  /** Of requests that each opened a connection. */
  readonly fresh: Latency;
  /** Requests that were not answered with 200. */
  readonly failed: number;
}

const plan = JSON.parse(process.argv[2] ?? "{}") as BesidePlan;
const { port, host, path, pauseMs = 5 } = plan;
const until = performance.now() + plan.seconds * 1_000;
const kept: number[] = [];
const fresh: number[] = [];
let failed = 0;

await Promise.all([...Array.from({ length: 4 }, () => lane(true)), lane(false)]);
const result: BesideResult = { kept: latencyOf(kept), fresh: latencyOf(fresh), failed };
console.log(JSON.stringify(result));
process.exit(0);

async function lane(keeps: boolean): Promise<void> {
  let http: RawHttp | null = null;
  while (performance.now() < until) {
    const at = performance.now();
    try {
      http ??= await RawHttp.open(port, "127.0.0.9");
      http.request([`GET ${path} HTTP/1.1`, `Host: ${host}`]);
      const { status } = await http.response();
      if (status !== 200) failed++;
      (keeps ? kept : fresh).push(performance.now() - at);
    } catch {
      failed++;
      http?.close();
      http = null;
    }
    if (!keeps) {
      http?.close();
      http = null;
    }
    await delay(pauseMs);
  }
  http?.close();
}

function latencyOf(times: number[]): Latency {
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN).toFixed(2));
  return { p50: at(0.5), p99: at(0.99), count: times.length };
}
