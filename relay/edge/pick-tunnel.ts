import type { Tunnel } from "../routes/tunnel.ts";

let turn = 0;

/** The accepting tunnel with the fewest streams; ties go round. `avoid` is taken only when there is no other. */
export function pickTunnel(tunnels: readonly Tunnel[], avoid: Tunnel | null): Tunnel | null {
  const { length } = tunnels;
  let best: Tunnel | null = null;
  turn = (turn + 1) & 0xffff;
  for (let i = 0; i < length; i++) {
    const tunnel = tunnels[(turn + i) % length];
    if (!tunnel.accepting) continue;
    if (best === null || best === avoid) best = tunnel;
    else if (tunnel !== avoid && tunnel.outstanding < best.outstanding) best = tunnel;
  }
  return best;
}
