import { dataDeadline, type Standing } from "./standing.ts";

/** What is done about a hub, one at a time. The first six are those of provisioning, in their order. */
export type StepName =
  | "tunnel"
  | "ingress"
  | "dns"
  | "bucket"
  | "lifecycle"
  | "key"
  | "drop_hostnames"
  | "revoke_keys"
  | "dns_off"
  | "connections_off"
  | "tunnel_off"
  | "key_off"
  | "bucket_off"
  | "data_off";

/**
 * The rule of all work on hubs: what is there, compared with what is wanted, names the next step. Each step leaves in the rows what
 * it did, so this can be asked again after any interruption.
 *
 * @returns null: nothing is to be done now
 */
export function nextStep(standing: Standing): StepName | null {
  switch (standing.hub.state) {
    case "provisioning":
      return missing(standing);
    case "on":
      return missing(standing) ?? surplus(standing);
    case "disabling":
      return remaining(standing);
    case "off": {
      const deadline = dataDeadline(standing.hub);
      return deadline !== null && deadline <= standing.now ? "data_off" : null;
    }
  }
}

function missing({ hub, hostnames, bucket, keys }: Standing): StepName | null {
  if (hub.tunnel_id === null || hub.sealed_tunnel_token === null) return "tunnel";
  if (hub.ingress_set_at === null) return "ingress";
  if (hostnames.some(({ wanted, dns_record_id }) => wanted && dns_record_id === null)) return "dns";
  if (bucket?.state === "wanted") return "bucket";
  if (bucket?.lifecycle_set_at === null) return "lifecycle";
  if (keys.some(({ state }) => state === "wanted")) return "key";
  return null;
}

function surplus({ hostnames, keys, now }: Standing): StepName | null {
  if (hostnames.some(({ wanted }) => !wanted)) return "drop_hostnames";
  const isOver = keys.some(({ state, revoke_after }) => state === "retiring" && revoke_after! <= now);
  return isOver ? "revoke_keys" : null;
}

function remaining({ hub, hostnames, keys }: Standing): StepName {
  // First, or visitors would be led to a tunnel that is gone.
  if (hostnames.length > 0) return "dns_off";
  if (hub.tunnel_name !== null) {
    return hub.tunnel_id === null || hub.sealed_tunnel_token !== null ? "connections_off" : "tunnel_off";
  }
  return keys.length > 0 ? "key_off" : "bucket_off";
}

/** When there is something to do again though nobody asks; null: never. */
export function nextTime({ hub, keys }: Standing): Date | null {
  const times = keys.flatMap(({ state, revoke_after }) =>
    state === "retiring" && revoke_after ? [revoke_after] : [],
  );
  const deadline = dataDeadline(hub);
  if (deadline) times.push(deadline);
  return times.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;
}

/** The name that a step has in the history and in the progress that people see. */
export function shownName(step: StepName): string {
  const plain = step.replace(/_off$/, "");
  if (plain === "drop_hostnames") return "dns";
  return plain === "revoke_keys" ? "key" : plain;
}
