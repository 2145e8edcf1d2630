import type { Side } from "./compare.ts";
import type { Bench } from "./part.ts";
import { startProgram } from "./program.ts";

/**
 * Two processes of the same shape as ours on the same runtime, that do nothing but forward: what no relay on it, however
 * lean, can be expected to exceed.
 */
export async function startBareTunnel(bench: Bench, name: string, upstreamPort: number): Promise<Side> {
  const relay = await startProgram<{ port: number; linkPort: number }>(
    bench,
    "programs/bare-relay-main.ts",
    null,
  );
  const { port, linkPort } = relay.said;
  const connector = await startProgram<unknown>(bench, "programs/bare-connector-main.ts", {
    linkPort,
    upstreamPort,
  });
  return {
    name,
    target: { port, path: "/1k", headers: {} },
    processes: [
      { name: "relay", pid: relay.process.pid },
      { name: "connector", pid: connector.process.pid },
    ],
  };
}
