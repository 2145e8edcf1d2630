import { randomUUID } from "node:crypto";
import { CONNECTIONS } from "../edge/protocol.ts";
import { type ConfigFile, localConfig, readIdentity } from "./config.ts";
import { keepConnection, type Shared } from "./connection.ts";
import { serveMetrics } from "./metrics.ts";
import type { CommandLine } from "./options.ts";

/** Of the real release whose behaviour this follows. */
export const VERSION = "2026.8.2";
const DEFAULT_GRACE_SECONDS = 30;
const NO_RULES =
  "No ingress rules were defined in provided config (if any) nor from the cli, cloudflared will return 503 for all incoming HTTP requests";

/**
 * `cloudflared tunnel run`: four connections to the edge until SIGINT or SIGTERM, then what is under way is finished.
 *
 * @returns the exit code
 */
export async function run(
  line: CommandLine,
  file: ConfigFile | null,
  named: string | undefined,
): Promise<number> {
  const identity = readIdentity(line, file, named);
  const shared = share(identity, localConfig(file));
  shared.log("INF", `Starting tunnel tunnelID=${identity.tunnelId}`);
  shared.log("INF", `Version ${VERSION}`);
  shared.log("INF", `Generated Connector ID: ${shared.hello.connectorId}`);
  if (!shared.config) shared.log("WRN", NO_RULES);
  const stopped = stopOnSignal(shared, graceSeconds(line));
  const metrics = await serveMetrics(line.flags.get("metrics") ?? file?.metrics, shared);
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => keepConnection(shared, index)));
  await stopped;
  metrics.closeAllConnections();
  metrics.close();
  shared.log("INF", "Metrics server stopped");
  return 0;
}

function share(identity: ReturnType<typeof readIdentity>, config: ReturnType<typeof localConfig>): Shared {
  const [host, port] = (process.env.CLOUDFLARED_STANDIN_EDGE ?? "").split(":");
  if (!host || !port) throw new Error("CLOUDFLARED_STANDIN_EDGE says where the edge is; it is missing");
  return {
    hello: {
      ...identity,
      connectorId: randomUUID(),
      version: VERSION,
      arch: `${process.platform}_${process.arch}`,
      localConfig: config,
    },
    edge: { host, port: Number(port) },
    config,
    configVersion: -1,
    open: new Set(),
    requests: 0,
    stopping: new AbortController(),
    log(level, message) {
      const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      process.stderr.write(`${at} ${level} ${message}\n`);
    },
  };
}

async function stopOnSignal(shared: Shared, seconds: number): Promise<void> {
  const signal = await new Promise<string>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(name));
  });
  shared.log("INF", `Initiating graceful shutdown due to signal ${signal} ...`);
  shared.stopping.abort();
  const late = setTimeout(() => {
    for (const session of shared.open) session.destroy();
  }, seconds * 1_000);
  // No new stream is taken; a session closes with its last one.
  await Promise.all([...shared.open].map((session) => new Promise<void>((done) => session.close(done))));
  clearTimeout(late);
}

function graceSeconds({ flags }: CommandLine): number {
  const seconds = /^(\d+)s$/.exec(flags.get("grace-period") ?? "")?.[1];
  return seconds === undefined ? DEFAULT_GRACE_SECONDS : Number(seconds);
}
