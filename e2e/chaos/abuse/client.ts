import { RawHttp } from "../../fixtures/raw-http.ts";
import type { AbuseWorld } from "./world.ts";

/** Median and 99th percentile, ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

/** Asks one thing after the other on kept connections for as long as `during` runs. */
export async function latencyOfBeside(world: AbuseWorld, during: Promise<unknown>): Promise<Latency> {
  let isOver = false;
  void during.finally(() => {
    isOver = true;
  });
  const times: number[] = [];
  const lanes = Array.from({ length: 4 }, async () => {
    const http = await RawHttp.open(world.port, "127.0.0.9");
    while (!isOver) {
      const at = performance.now();
      http.request(["GET /small HTTP/1.1", `Host: ${world.besideHost}`]);
      await http.response();
      times.push(performance.now() - at);
      await new Promise((done) => setTimeout(done, 5));
    }
    http.close();
  });
  await Promise.all(lanes);
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    Number(times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(2));
  return { p50: at(0.5), p99: at(0.99), count: times.length };
}

/** `count` requests over `lanes` kept connections. @returns answers by status */
export async function manyRequests(
  world: AbuseWorld,
  options: { host: string; path: string; count: number; lanes: number },
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let left = options.count;
  const lane = async () => {
    const http = await RawHttp.open(world.port);
    while (left > 0) {
      // Some at once: what is measured is the relay, not this process waiting for each.
      const some = Math.min(left, 8);
      left -= some;
      for (let n = 0; n < some; n++) http.request([`GET ${options.path} HTTP/1.1`, `Host: ${options.host}`]);
      for (let n = 0; n < some; n++) {
        const { status } = await http.response();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }
    http.close();
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return statuses;
}

/** Opens `count` connections, a few at a time. */
export async function openMany<T>(
  count: number,
  atOnce: number,
  open: (n: number) => Promise<T>,
): Promise<T[]> {
  const opened: T[] = [];
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) opened.push(await open(n));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return opened;
}
