import { RawHttp } from "../../fixtures/raw-http.ts";
import type { BesideResult, Latency } from "../programs/beside-main.ts";
import { askBeside } from "./programs.ts";
import type { AbuseWorld } from "./world.ts";

/** How long the other tenant's answers take, for so long. */
export async function latencyBeside(world: AbuseWorld, seconds: number): Promise<Latency> {
  return (await besideFor(world, seconds)).kept;
}

/** The same with requests on new connections, and those that failed. */
export function besideFor(world: AbuseWorld, seconds: number, pauseMs = 5): Promise<BesideResult> {
  const { port, besideHost: host, besidePath: path } = world;
  return askBeside({ port, host, path, seconds, pauseMs });
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
