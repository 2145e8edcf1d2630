import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEndpoint } from "../../db/testing/index.ts";
import { root, toolEnv } from "../fixtures/clone.ts";
import { ManagedProcess } from "../fixtures/managed-process.ts";
import { metricOf } from "../fixtures/metrics.ts";
import { promised } from "../fixtures/promised.ts";
import { until } from "../fixtures/until.ts";
import { startUpstream, type Upstream } from "../standins/upstream.ts";
import { type LabTenant, makeTenant } from "../tunnel/lab.ts";
import { relayWorld } from "../tunnel/relay-world.ts";
import { Load, serveLoad } from "./load.ts";

const CONNECTORS = 200;
/** As many as one program serves. */
const PER_PROGRAM = 100;

const world = await relayWorld();
const parts = {} as { upstream: Upstream; tenant: LabTenant };

beforeAll(async () => {
  parts.upstream = await startUpstream();
  serveLoad(parts.upstream);
  parts.tenant = await makeTenant(world, { plan: "team" });
  const { slug, licenseKey } = parts.tenant;
  const more = await Promise.all(
    Array.from({ length: CONNECTORS - 1 }, () => createEndpoint(world.db, parts.tenant)),
  );
  const slugs = [slug, ...more.map((endpoint) => endpoint.slug)];
  for (let n = 0; n < CONNECTORS; n += PER_PROGRAM) {
    const config = join(world.scratchDir, `connectors-${n}.yaml`);
    const entries = slugs
      .slice(n, n + PER_PROGRAM)
      .map((one) => `  - {slug: ${one}, to: "${parts.upstream.url}"}`);
    await writeFile(config, `endpoints:\n${entries.join("\n")}\n`);
    world.stopLater(
      new ManagedProcess(
        "connectors",
        "bun",
        ["relay/connector/main.ts", "connect", "--config", config, "--portal", world.portalUrl],
        {
          cwd: root,
          env: { ...toolEnv(), HOTSPOT_CONFIG_DIR: world.scratchDir, HOTSPOT_LICENSE_KEY: licenseKey },
        },
      ),
    );
  }
  await allConnected();
});
afterAll(() => parts.upstream?.stop());

const allConnected = () =>
  until(async () => expect(await metricOf(world.relay, "hotspot_connectors")).toBe(CONNECTORS), 30_000, 100);

/** When links came up, by the relay's own log, ms since the epoch. */
function readyTimes(): number[] {
  return world.relay.process.stderr
    .filter((line) => line.includes('"link ready"'))
    .map((line) => new Date(JSON.parse(line).time).getTime());
}

test("the relay is killed and started again under load, three times: 200 connectors are back within 5 s, not all at once", async () => {
  const load = new Load({ port: () => world.relay.port, host: parts.tenant.host });
  await load.served();
  for (let round = 0; round < 3; round++) {
    const killedAt = Date.now();
    world.relay.process.kill("SIGKILL");
    await world.relay.process.exited;
    await world.restartRelay();
    const startedAt = Date.now();
    const servedAt = await load.served();
    await allConnected();
    const times = readyTimes().sort((a, b) => a - b);
    const busiest = Math.max(
      ...times.map((at) => times.filter((other) => other >= at && other < at + 100).length),
    );
    const backMs = times.at(-1)! - startedAt;
    console.log(
      `relay killed: served ${servedAt - killedAt} ms after the kill, ${CONNECTORS} connectors back ${backMs} ms after ` +
        `the start, at most ${busiest} in 100 ms`,
    );
    expect(servedAt - startedAt).toBeLessThan(promised(3_000));
    expect(backMs).toBeLessThan(promised(5_000));
    // On a machine that stands still for a moment they come in heaps; their own waiting times spread them.
    expect(busiest).toBeLessThan(CONNECTORS * 0.8);
  }
  await load.stop();
  // Nothing is answered by a relay that is not there; every answer there was is right, or an honest 502.
  for (const { status } of load.ended) expect([0, 200, 502]).toContain(status);
});
