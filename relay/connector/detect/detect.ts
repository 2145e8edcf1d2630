import { type Candidate, candidates as usual } from "./candidates.ts";

/** Programs on this machine answer in milliseconds; one that is starting up gets a little more. */
const TIMEOUT_MS = 700;

export interface Found {
  name: string;
  url: string;
}

/**
 * Looks for known programs on their usual ports of this machine, all at once.
 * @returns those that answer as they should, in order of preference
 */
export async function detectUpstreams(
  candidates: Candidate[] = usual,
  timeoutMs = TIMEOUT_MS,
): Promise<Found[]> {
  const results = await Promise.all(
    candidates.map(async ({ name, port, probes }): Promise<Found | null> => {
      const url = `http://127.0.0.1:${port}`;
      const hits = await Promise.all(
        probes.map((probe) => matches(`${url}${probe.path}`, probe.shape, timeoutMs)),
      );
      return hits.includes(true) ? { name, url } : null;
    }),
  );
  return results.filter((found) => found !== null);
}

async function matches(url: string, shape: Candidate["probes"][number]["shape"], timeoutMs: number) {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    return shape.safeParse(JSON.parse(await response.text())).success;
  } catch {
    // Nobody there, too slow, or not JSON: all mean that it is not what we look for.
    return false;
  }
}
