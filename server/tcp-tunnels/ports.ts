import type { PortRange } from "../config.ts";

/** Ports are given out in blocks: few enough to serve many tenants, next to each other for a firewall's rule. */
export const BLOCK_PORTS = 10;

/** What is known of a port of the tenant from an earlier tunnel. */
export interface UsedPort {
  readonly port: number;
  /** null: in use now. */
  readonly releasedAt: Date | null;
  readonly endpointId: string;
  readonly name: string;
}

/**
 * Where a tenant's next block goes: right behind its own last one if that is free, else the first gap of `size`, else the
 * largest gap there is. null when no port is left.
 *
 * @param all ports that may be given out
 * @param taken ranges of all tenants, in any order
 * @param own those of this tenant
 */
export function placeBlock(
  all: PortRange,
  taken: readonly PortRange[],
  own: readonly PortRange[],
  size: number,
): PortRange | null {
  const gaps = gapsOf(all, taken);
  const after = Math.max(...own.map(({ last }) => last)) + 1;
  const next = gaps.find(({ first }) => first === after);
  if (next !== undefined) return startOf(next, size);
  const fitting = gaps.find((gap) => portsIn(gap) >= size);
  if (fitting !== undefined) return startOf(fitting, size);
  let largest: PortRange | null = null;
  for (const gap of gaps) if (largest === null || portsIn(gap) > portsIn(largest)) largest = gap;
  return largest;
}

/**
 * The port of a new tunnel among the tenant's own: the one this name had before, else one that nobody has had, else the
 * one that was given back longest ago. null when all are in use.
 *
 * @param history every tunnel there ever was at these ports
 */
export function choosePort(
  own: readonly PortRange[],
  history: readonly UsedPort[],
  tunnel: { readonly endpointId: string; readonly name: string },
): number | null {
  const byPort = new Map<number, UsedPort[]>();
  for (const used of history) {
    const uses = byPort.get(used.port);
    if (uses === undefined) byPort.set(used.port, [used]);
    else uses.push(used);
  }
  let best: number | null = null;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const { first, last } of own) {
    for (let port = first; port <= last; port++) {
      const rank = rankOf(byPort.get(port) ?? [], tunnel);
      if (rank === null || rank >= bestRank) continue;
      best = port;
      bestRank = rank;
    }
  }
  return best;
}

/** Lower is better; null: in use. */
function rankOf(
  uses: readonly UsedPort[],
  tunnel: { readonly endpointId: string; readonly name: string },
): number | null {
  let latest: UsedPort | null = null;
  let latestAt = 0;
  for (const use of uses) {
    if (use.releasedAt === null) return null;
    if (latest !== null && use.releasedAt.getTime() < latestAt) continue;
    latest = use;
    latestAt = use.releasedAt.getTime();
  }
  if (latest === null) return 0;
  return latest.endpointId === tunnel.endpointId && latest.name === tunnel.name ? -1 : latestAt;
}

/** Whether a port is in one of the ranges. */
export function holds(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ first, last }) => port >= first && port <= last);
}

function gapsOf(all: PortRange, taken: readonly PortRange[]): PortRange[] {
  const gaps: PortRange[] = [];
  let first = all.first;
  for (const range of [...taken].sort((a, b) => a.first - b.first)) {
    if (range.last < first) continue;
    if (range.first > all.last) break;
    if (range.first > first) gaps.push({ first, last: range.first - 1 });
    first = range.last + 1;
  }
  if (first <= all.last) gaps.push({ first, last: all.last });
  return gaps;
}

function portsIn({ first, last }: PortRange): number {
  return last - first + 1;
}

function startOf(gap: PortRange, size: number): PortRange {
  return { first: gap.first, last: Math.min(gap.last, gap.first + size - 1) };
}
