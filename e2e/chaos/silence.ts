import { RawHttp } from "../fixtures/raw-http.ts";
import { startChaosWorld } from "./world.ts";

/** Where proxies give up on a silent stream, seconds. */
export const LADDER = [6, 11, 31, 61, 125, 305] as const;

export interface SilentStream {
  readonly where: "head" | "body";
  readonly seconds: number;
  /** What came of it. */
  readonly outcome: string;
  readonly tookMs: number;
}

/**
 * Streams that say nothing for a long while, before their head or between two pieces of body, through real processes with
 * default settings. All at once, so it takes as long as the longest.
 */
export async function runSilence(dir: string, ladder: readonly number[]): Promise<SilentStream[]> {
  const world = await startChaosWorld(dir);
  try {
    const asked = ladder.flatMap((seconds) =>
      (["head", "body"] as const).map((where) => listen(world.target, where, seconds)),
    );
    return await Promise.all(asked);
  } finally {
    await world.stop();
  }
}

async function listen(
  target: { port: number; host: string },
  where: "head" | "body",
  seconds: number,
): Promise<SilentStream> {
  const startedAt = performance.now();
  const http = await RawHttp.open(target.port);
  let outcome: string;
  try {
    http.request([`GET /silence?${where}=${seconds} HTTP/1.1`, `Host: ${target.host}`]);
    const response = await http.response();
    const isWhole = response.status === 200 && response.body.toString() === "before after";
    outcome = isWhole ? "complete" : `${response.status} ${response.body.toString().slice(0, 200)}`;
  } catch (error) {
    outcome = `cut: ${(error as Error).message}`;
  } finally {
    http.close();
  }
  return { where, seconds, outcome, tookMs: Math.round(performance.now() - startedAt) };
}
