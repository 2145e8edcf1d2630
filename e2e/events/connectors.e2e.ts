import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { processMemory } from "../fixtures/process-memory.ts";
import { promised } from "../fixtures/promised.ts";
import { startSwallowingForwarder } from "../fixtures/swallowing-forwarder.ts";
import { until } from "../fixtures/until.ts";
import { startUpstream, type Upstream } from "../standins/upstream.ts";
import { connect, type LabTenant, makeTenant } from "../tunnel/lab.ts";
import { relayWorld } from "../tunnel/relay-world.ts";
import { Load, serveLoad } from "./load.ts";

const GRACE_MS = 5_000;
const MIB = 1024 * 1024;
const world = await relayWorld({ env: { RELAY_GRACE_MS: String(GRACE_MS) } });
const parts = {} as { upstream: Upstream };
const ROUNDS = [1, 2, 3];

beforeAll(async () => {
  parts.upstream = await startUpstream();
  serveLoad(parts.upstream);
});
afterAll(() => parts.upstream?.stop());

/** A tenant with its own connector, under load. */
async function underLoad(
  count = 1,
): Promise<{ tenant: LabTenant; connectors: ManagedProcess[]; load: Load }> {
  const tenant = await makeTenant(world, { plan: "team" });
  const start = () => connect(world, tenant, { to: parts.upstream.url });
  const connectors = await Promise.all(Array.from({ length: count }, start));
  const load = new Load({ port: () => world.relay.port, host: tenant.host });
  await load.served();
  return { tenant, connectors, load };
}

// Three rounds of processes that start: a minute is short for them where the machine is not ours alone.
describe.concurrent("under 20 requests a second and 10 open streams, three times in a row", {
  timeout: 180_000,
}, () => {
  test("a connector is killed and started again: served within 2 s of its return, never a hang", async () => {
    const { tenant, connectors, load } = await underLoad();
    let [connector] = connectors;
    for (const _ of ROUNDS) {
      const killedAt = Date.now();
      connector!.kill("SIGKILL");
      await connector!.exited;
      connector = await connect(world, tenant, { to: parts.upstream.url });
      const backAt = Date.now();
      await load.served();
      const firstAfter = Math.min(
        ...load.ended.filter((one) => one.status === 200 && one.endedAt >= backAt).map((one) => one.endedAt),
      );
      const soon = promised(2_000);
      expect(firstAfter - backAt).toBeLessThan(soon);
      for (const one of load.since(killedAt)) expect(one.endedAt - one.sentAt).toBeLessThan(GRACE_MS + soon);
    }
    await load.stop();
    // What was on the link when it died may be a 502; what came in the gap waited for the successor.
    for (const { status } of load.ended) expect([200, 502]).toContain(status);
    expect(load.ended.filter((one) => one.status !== 200).length).toBeLessThanOrEqual(3 * ROUNDS.length);
  });

  test("a connector is stopped while a second one is up: no request is lost, streams end whole, it leaves when they have", async () => {
    const { tenant, connectors, load } = await underLoad(2);
    for (const _ of ROUNDS) {
      const leaving = connectors.shift()!;
      connectors.push(await connect(world, tenant, { to: parts.upstream.url }));
      const started = Date.now();
      leaving.kill("SIGTERM");
      expect(await leaving.exited).toBe(0);
      // Its streams run for a second; the ten that it may take are not waited for.
      expect(Date.now() - started).toBeLessThan(promised(6_000));
      await load.served();
    }
    await load.stop();
    expect(load.ended.filter((one) => one.status !== 200)).toEqual([]);
    expect(load.cutStreams).toBe(0);
    expect(load.wholeStreams).toBeGreaterThan(20);
  });

  test("a connector stands still and goes on: nothing is lost, and what waits costs the relay nothing to speak of", async () => {
    const { connectors, load } = await underLoad();
    const before = processMemory(world.relay.process.pid).residentBytes;
    for (const _ of ROUNDS) {
      const asked = load.ended.length;
      connectors[0]!.kill("SIGSTOP");
      await until(() => expect(load.pending).toBeGreaterThan(30));
      connectors[0]!.kill("SIGCONT");
      await load.served();
      expect(load.ended.length - asked).toBeGreaterThan(30);
    }
    const grown = processMemory(world.relay.process.pid).residentBytes - before;
    await load.stop();
    expect(load.ended.filter((one) => one.status !== 200)).toEqual([]);
    expect(load.cutStreams).toBe(0);
    expect(grown).toBeLessThan(24 * MIB);
  });

  test("links that swallow bytes without closing, three at once: noticed within 25 s, and the old session never evicts the new", async () => {
    const forwarder = await startSwallowingForwarder(() => world.relay.port);
    const tenants = await Promise.all(ROUNDS.map(() => makeTenant(world)));
    await Promise.all(
      tenants.map((tenant) =>
        connect(world, tenant, {
          to: parts.upstream.url,
          args: ["--relay", `ws://127.0.0.1:${forwarder.port}/ws/connect`],
        }),
      ),
    );
    const loads = tenants.map(
      (tenant) =>
        new Load({ port: () => world.relay.port, host: tenant.host, streams: 2, requestsPerSecond: 5 }),
    );
    await Promise.all(loads.map((load) => load.served(2, 2)));
    const cutAt = Date.now();
    expect(forwarder.swallow()).toBeGreaterThanOrEqual(3);
    const servedAt = await Promise.all(
      loads.map(async (load) => {
        await until(
          () => expect(load.since(cutAt + 500).some((one) => one.status === 200)).toBe(true),
          26_000,
        );
        return Date.now();
      }),
    );
    for (const at of servedAt) expect(at - cutAt).toBeLessThan(25_000);
    console.log(`half-open links: served again after ${servedAt.map((at) => at - cutAt).join(", ")} ms`);
    // The relay gives up the old ones as well, and the new ones still serve.
    const ids = tenants.map(({ tenantId }) => tenantId);
    await until(
      async () => {
        const rows = await world.db
          .selectFrom("connectors")
          .select("links")
          .where("tenant_id", "in", ids)
          .execute();
        expect(rows.map(({ links }) => links)).toEqual([1, 1, 1]);
      },
      26_000,
      200,
    );
    const quiet = Date.now();
    await Promise.all(loads.map((load) => load.served(3, 3)));
    for (const load of loads) {
      expect(load.since(quiet).filter((one) => one.status !== 200)).toEqual([]);
      await load.stop();
    }
    await forwarder.stop();
  });
});
