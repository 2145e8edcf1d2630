import { createServer } from "node:net";
import * as z from "zod";
import { request } from "../../network/http.ts";
import { directNetwork } from "../../network/network.ts";

/** It answers on this machine: more is a process that hangs, ms. */
const TIMEOUT_MS = 3_000;

const Ready = z.object({ readyConnections: z.number().optional() });

/**
 * Connections to Cloudflare that a cloudflared holds. A wrong token does not make it end, so this is the only way to
 * know that it works.
 * @returns null when it does not answer
 */
export async function readyConnections(metricsAddress: string): Promise<number | null> {
  try {
    const answer = await request(`http://${metricsAddress}/ready`, {
      method: "GET",
      headers: {},
      timeoutMs: TIMEOUT_MS,
      network: directNetwork,
    });
    if (answer.status !== 200) return answer.status === 503 ? 0 : null;
    return Ready.parse(JSON.parse(answer.text)).readyConnections ?? 1;
  } catch {
    // Not listening yet, gone, or hanging: which of them it is, its process tells.
    return null;
  }
}

/** An address of this machine that nobody listens on now. */
export function freeAddress(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(`127.0.0.1:${address.port}`)
          : reject(new Error("no free port")),
      );
    });
  });
}
