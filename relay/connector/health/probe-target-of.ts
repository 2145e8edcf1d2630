import type { UpstreamTarget } from "../upstream/target.ts";
import type { ProbeTarget } from "./probe.ts";

/** What says whether an upstream is well: its health address, a whole one or a path; else that its port answers. */
export function probeTargetOf(plan: { health: string | null; target: UpstreamTarget }): ProbeTarget {
  const { health, target } = plan;
  if (health === null) return { kind: "port", host: target.host, port: target.port };
  const url = /^https?:\/\//i.test(health) ? health : `${target.url}/${health.replace(/^\/+/, "")}`;
  return { kind: "url", url };
}
