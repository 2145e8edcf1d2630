import type { Log } from "../upstream/log.ts";
import type { Output } from "./reporter.ts";

/** Writes the log to stderr. Levels below warn are for finding faults: HOTSPOT_DEBUG=1 shows them. */
export function createLog(
  json: boolean,
  env: Record<string, string | undefined>,
  output: Pick<Output, "stderr">,
): Log {
  const debug = Boolean(env.HOTSPOT_DEBUG);
  return (level, message, fields) => {
    if (!debug && level !== "warn" && level !== "error") return;
    const line = { event: "log", time: new Date().toISOString(), level, message, ...fields };
    output.stderr(
      json ? `${JSON.stringify(line)}\n` : `${level}: ${message} ${JSON.stringify(fields ?? {})}\n`,
    );
  };
}
