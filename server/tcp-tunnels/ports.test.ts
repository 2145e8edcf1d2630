import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PortRange } from "../config.ts";
import { choosePort, holds, placeBlock, type UsedPort } from "./ports.ts";

const all: PortRange = { first: 20_000, last: 20_039 };

interface World {
  blocks: { tenant: string; range: PortRange }[];
  tunnels: (UsedPort & { tenant: string })[];
  clock: number;
}

/** Opens as the verb does, on plain arrays. */
function open(world: World, tenant: string, name: string, size: number): number | null {
  const live = world.tunnels.find(
    (used) => used.tenant === tenant && used.name === name && used.releasedAt === null,
  );
  if (live !== undefined) return live.port;
  const own = () => world.blocks.filter((block) => block.tenant === tenant).map(({ range }) => range);
  const tunnel = { endpointId: `ep_${tenant}`, name };
  const history = world.tunnels.filter((used) => used.tenant === tenant);
  let port = choosePort(own(), history, tunnel);
  if (port === null) {
    const taken = world.blocks.map(({ range }) => range);
    const range = placeBlock(all, taken, own(), size);
    if (range === null) return null;
    world.blocks.push({ tenant, range });
    port = range.first;
  }
  world.tunnels.push({ ...tunnel, tenant, port, releasedAt: null });
  return port;
}

const step = fc.record({
  tenant: fc.constantFrom("a", "b", "c", "d"),
  name: fc.constantFrom("22", "db", "web", "x", "y"),
  size: fc.integer({ min: 1, max: 10 }),
  release: fc.boolean(),
});

describe("ports of TCP tunnels", () => {
  it("are never shared, stay in blocks that do not overlap, and come back to the same name", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world: World = { blocks: [], tunnels: [], clock: 0 };
        for (const { tenant, name, size, release } of steps) {
          world.clock++;
          const port = open(world, tenant, name, size);
          if (port === null) continue;
          expect(open(world, tenant, name, size)).toBe(port);
          if (release) {
            const at = world.tunnels.findIndex((used) => used.port === port && used.releasedAt === null);
            world.tunnels[at] = { ...world.tunnels[at]!, releasedAt: new Date(world.clock) };
            expect(open(world, tenant, name, size)).toBe(port);
          }
        }
        const live = world.tunnels.filter(({ releasedAt }) => releasedAt === null);
        expect(new Set(live.map(({ port }) => port)).size).toBe(live.length);
        for (const { tenant, port } of world.tunnels) {
          const ranges = world.blocks.filter((block) => block.tenant === tenant).map(({ range }) => range);
          expect(holds(ranges, port)).toBe(true);
          expect(holds([all], port)).toBe(true);
        }
        const ports = world.blocks.flatMap(({ range: { first, last } }) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        );
        expect(new Set(ports).size).toBe(ports.length);
      }),
    );
  });

  it("continue the tenant's own block when they can, else take the first gap that is large enough", () => {
    const taken = [
      { first: 20_000, last: 20_004 },
      { first: 20_010, last: 20_019 },
    ];
    expect(placeBlock(all, taken, [taken[0]!], 10)).toEqual({ first: 20_005, last: 20_009 });
    expect(placeBlock(all, taken, [taken[1]!], 10)).toEqual({ first: 20_020, last: 20_029 });
    expect(placeBlock(all, taken, [], 10)).toEqual({ first: 20_020, last: 20_029 });
    expect(placeBlock(all, taken, [], 30)).toEqual({ first: 20_020, last: 20_039 });
    expect(placeBlock(all, [all], [], 1)).toBeNull();
  });

  it("are taken by a new name from those nobody had, then from those given back longest ago", () => {
    const own = [{ first: 20_000, last: 20_002 }];
    const used = (port: number, name: string, at: number | null) => ({
      port,
      name,
      endpointId: "ep_a",
      releasedAt: at === null ? null : new Date(at),
    });
    const history = [used(20_000, "22", 5), used(20_001, "db", 3)];
    const choose = (name: string, more: UsedPort[] = []) =>
      choosePort(own, [...history, ...more], { endpointId: "ep_a", name });
    expect(choose("new")).toBe(20_002);
    expect(choose("new", [used(20_002, "web", null)])).toBe(20_001);
    expect(choose("22")).toBe(20_000);
    // Another name had it in between.
    expect(choose("22", [used(20_000, "web", 9)])).toBe(20_002);
    expect(
      choosePort(
        own,
        [20_000, 20_001, 20_002].map((port) => used(port, "x", null)),
        used(0, "n", 0),
      ),
    ).toBeNull();
  });
});
