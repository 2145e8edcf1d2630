import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Sends one request the way a client does: to the relay's port, with a tenant's host name. By address, because not every
 * system resolves names below `localhost`.
 *
 * @returns the status
 */
function ask(port: number, host: string, path: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, headers: { host }, signal, agent: false };
    request(options, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
      response.once("error", reject);
    })
      .once("error", reject)
      .end();
  });
}

/**
 * Waits until a tenant's host name is served by its upstream.
 *
 * @returns `open`, or `guarded` when the endpoint asks for an access key
 * @throws Error with the last answer when it does not happen in time
 */
export async function waitUntilServed(
  port: number,
  host: string,
  timeoutMs: number,
  stopped: AbortSignal,
): Promise<"open" | "guarded"> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let last: string;
    try {
      const status = await ask(
        port,
        host,
        "/v1/models",
        AbortSignal.any([stopped, AbortSignal.timeout(5000)]),
      );
      if (status === 200) return "open";
      if (status === 401) return "guarded";
      last = `status ${status}`;
    } catch (error) {
      stopped.throwIfAborted();
      last = (error as Error).message;
    }
    if (Date.now() > deadline) throw new Error(`http://${host}/v1/models is not served: ${last}`);
    await delay(50, undefined, { signal: stopped });
  }
}
