import type { Tunnel } from "../routes/tunnel.ts";

let turn = 0;

/**
 * The accepting tunnel with the fewest streams; equal ones take turns. An unhealthy one is taken only when there is no
 * healthy one, `avoid` only when there is no other at all.
 */
export function pickTunnel(tunnels: readonly Tunnel[], avoid: Tunnel | null): Tunnel | null {
  if (tunnels.length === 1) return tunnels[0]!.accepting ? tunnels[0]! : null;
  let best: Tunnel | null = null;
  let equals = 0;
  for (const tunnel of tunnels) {
    if (!tunnel.accepting) continue;
    const order = best === null ? -1 : compare(tunnel, best, avoid);
    if (order < 0) {
      best = tunnel;
      equals = 1;
    } else if (order === 0) {
      equals++;
    }
  }
  if (equals < 2 || best === null) return best;
  turn = (turn + 1) & 0xffff;
  let skip = turn % equals;
  for (const tunnel of tunnels) {
    if (tunnel.accepting && compare(tunnel, best, avoid) === 0 && skip-- === 0) return tunnel;
  }
  return best;
}

/** Negative when `a` is to be taken before `b`. */
function compare(a: Tunnel, b: Tunnel, avoid: Tunnel | null): number {
  if ((a === avoid) !== (b === avoid)) return a === avoid ? 1 : -1;
  const { healthy } = a;
  if (healthy !== b.healthy) return healthy ? -1 : 1;
  return a.outstanding - b.outstanding;
}
