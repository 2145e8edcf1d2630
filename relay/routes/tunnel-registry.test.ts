import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeRoute } from "./testing/route.ts";
import { TunnelRegistry } from "./tunnel-registry.ts";

const route = makeRoute();
const clock = { now: 0 };

function makeTunnel(connectorId = "con_1", accepting = true) {
  return {
    connectorId,
    endpointId: route.endpointId,
    outstanding: 0,
    accepting,
    healthy: true,
    open: () => null,
  };
}

function makeRegistry() {
  const made: string[] = [];
  const drained: string[] = [];
  const registry = new TunnelRegistry({
    now: () => clock.now,
    createDirect({ endpointId, upstreamBaseUrl }) {
      const url = upstreamBaseUrl ?? "";
      if (url.includes("127.")) return null;
      made.push(url);
      const drain = () => void drained.push(url);
      return {
        connectorId: null,
        endpointId,
        outstanding: 0,
        accepting: true,
        healthy: true,
        open: () => null,
        drain,
      };
    },
  });
  return { registry, made, drained };
}

beforeEach(() => {
  clock.now = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

describe("the tunnel registry", () => {
  it("hands out the links of an endpoint and counts connectors, not links", () => {
    const { registry } = makeRegistry();
    const [a, b, c] = [makeTunnel("con_1"), makeTunnel("con_1"), makeTunnel("con_2")];
    for (const tunnel of [a, b, c]) registry.add(tunnel);
    expect(registry.tunnels(route)).toEqual([a, b, c]);
    expect(registry.tunnels(route)).toBe(registry.tunnels(route));
    expect([registry.connectorCount("ep_1"), registry.linkCount("ep_1", "con_1")]).toEqual([2, 2]);
    registry.remove(a);
    registry.remove(a);
    registry.remove(c);
    expect([registry.connectorCount("ep_1"), registry.linkCount("ep_1", "con_1")]).toEqual([1, 1]);
  });

  it("makes the direct tunnel of an endpoint once per upstream, drains the old one, and prefers links", () => {
    const { registry, made, drained } = makeRegistry();
    const direct = makeRoute({ upstreamBaseUrl: "https://one.example" });
    expect(registry.tunnels(direct)).toBe(registry.tunnels({ ...direct }));
    registry.tunnels({ ...direct, upstreamBaseUrl: "https://two.example" });
    expect({ made, drained }).toEqual({
      made: ["https://one.example", "https://two.example"],
      drained: ["https://one.example"],
    });
    const link = makeTunnel();
    registry.add(link);
    expect(registry.tunnels(direct)).toEqual([link]);
  });

  it("has no tunnel for an upstream that is not acceptable", async () => {
    const { registry } = makeRegistry();
    const route = makeRoute({ upstreamBaseUrl: "http://127.0.0.1" });
    registry.learnPast([]);
    expect(registry.tunnels(route)).toEqual([]);
    expect(await registry.waitForTunnel(route, 10_000)).toBe(false);
  });

  it("lets requests wait for a connector that left a moment ago", async () => {
    const { registry } = makeRegistry();
    const link = makeTunnel();
    registry.add(link);
    registry.remove(link);
    const waiting = [registry.waitForTunnel(route, 10_000), registry.waitForTunnel(route, 10_000)];
    await vi.advanceTimersByTimeAsync(5_000);
    registry.add(makeTunnel());
    expect(await Promise.all(waiting)).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives up after the grace time, and at once when nobody was there lately", async () => {
    const { registry } = makeRegistry();
    registry.learnPast([]);
    expect(await registry.waitForTunnel(route, 10_000)).toBe(false);
    registry.learnPast(["ep_1"]);
    const waiting = registry.waitForTunnel(route, 10_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await waiting).toBe(false);
    clock.now = 60_001;
    expect(await registry.waitForTunnel(route, 10_000)).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for anybody while it has not learnt who was there before it", async () => {
    const { registry } = makeRegistry();
    const waiting = registry.waitForTunnel(route, 10_000);
    registry.learnPast([]);
    registry.add(makeTunnel());
    expect(await waiting).toBe(true);
    const other = makeRegistry().registry;
    clock.now = 15_000;
    expect(await other.waitForTunnel(route, 10_000)).toBe(false);
  });

  it("waits beside links that are draining, and not beside one that accepts", async () => {
    const { registry } = makeRegistry();
    registry.add(makeTunnel("con_1", false));
    const waiting = registry.waitForTunnel(route, 10_000);
    registry.add(makeTunnel("con_1"));
    expect(await waiting).toBe(true);
    expect(await registry.waitForTunnel(route, 10_000)).toBe(true);
  });

  it("tells everybody who waits when it closes", async () => {
    const { registry } = makeRegistry();
    registry.learnPast(["ep_1"]);
    const waiting = registry.waitForTunnel(route, 10_000);
    registry.close();
    expect(await waiting).toBe(false);
    expect(await registry.waitForTunnel(route, 10_000)).toBe(false);
  });
});

describe("links that serve TCP tunnels", () => {
  const serving = (tcp: string[], http: boolean, connectorId = "con_1") => ({
    ...makeTunnel(connectorId),
    serves: { slug: "acme", http, tcp },
  });

  it("are handed out by name, and those for TCP alone get no HTTP", () => {
    const { registry } = makeRegistry();
    const both = serving(["22", "db"], true);
    const alone = serving(["22"], false, "con_2");
    registry.add(both);
    registry.add(alone);
    expect(registry.tcp.links("ep_1", "22")).toEqual([both, alone]);
    expect(registry.tcp.links("ep_1", "db")).toEqual([both]);
    expect([registry.tcp.links("ep_1", "web"), registry.tcp.links("ep_2", "22")]).toEqual([[], []]);
    expect(registry.tunnels(route)).toEqual([both]);
    expect(registry.connectorCount("ep_1")).toBe(2);
    registry.remove(both);
    expect(registry.tcp.links("ep_1", "22")).toEqual([alone]);
    expect(registry.tunnels(route)).toEqual([]);
    expect(registry.connectorCount("ep_1")).toBe(1);
  });

  it("do not end the wait of a request when they come, nor are they waited for when they leave", async () => {
    const { registry } = makeRegistry();
    registry.learnPast([]);
    const alone = serving(["22"], false);
    registry.add(alone);
    registry.remove(alone);
    expect(await registry.waitForTunnel(route, 1_000)).toBe(false);
    registry.learnPast([route.endpointId]);
    const told = vi.fn();
    void registry.waitForTunnel(route, 1_000).then(told);
    registry.add(alone);
    await vi.advanceTimersByTimeAsync(900);
    expect(told).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(told).toHaveBeenCalledWith(false);
  });

  it("are told of when they come and go, once each", () => {
    const { registry } = makeRegistry();
    const changed = vi.fn();
    registry.tcp.onChange(changed);
    const link = serving(["22"], true);
    registry.add(makeTunnel("con_2"));
    registry.add(link);
    registry.remove(link);
    registry.remove(link);
    expect(changed.mock.calls).toEqual([
      ["ep_1", "acme"],
      ["ep_1", "acme"],
    ]);
  });
});
