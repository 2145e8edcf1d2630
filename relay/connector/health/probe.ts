import net from "node:net";

/** What says that an upstream is ready: an address that answers 2xx or 3xx, or a port that accepts a connection. */
export type ProbeTarget =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "port"; readonly host: string; readonly port: number };

/** Looks once. @returns null when it is ready, else why not in a few words */
export function probe(target: ProbeTarget, timeoutMs: number): Promise<string | null> {
  return target.kind === "url" ? probeUrl(target.url, timeoutMs) : probePort(target, timeoutMs);
}

async function probeUrl(url: string, timeoutMs: number): Promise<string | null> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.status < 400 ? null : `${url} answers ${response.status}`;
  } catch (error) {
    const { name } = error as Error;
    return name === "TimeoutError" ? `${url} does not answer in time` : `${url} cannot be reached`;
  }
}

function probePort(target: { host: string; port: number }, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: target.host, port: target.port });
    const settle = (fault: string | null) => {
      socket.destroy();
      resolve(fault);
    };
    socket.setTimeout(timeoutMs, () => settle(`port ${target.port} does not answer in time`));
    socket.once("connect", () => settle(null));
    socket.once("error", () => settle(`nothing listens on port ${target.port}`));
  });
}
