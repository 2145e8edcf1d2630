import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createAccessKey } from "../../db/testing/index.ts";
import { issueConnectorToken } from "../fixtures/connector-token.ts";
import { dialLink } from "../fixtures/link-dial.ts";
import { metricOf } from "../fixtures/metrics.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import { startUpstream, type Upstream } from "../standins/upstream.ts";
import { connect, makeTenant } from "../tunnel/lab.ts";
import { relayWorld } from "../tunnel/relay-world.ts";
import { Load, serveLoad } from "./load.ts";

/** Debian's libfaketime, where it is installed (`apt-get install libfaketime`). */
const library = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
  .map((folder) => `${folder}/faketime/libfaketime.so.1`)
  .find(existsSync);
const HOUR_MS = 3_600_000;
const world = await relayWorld();
const upstreams: Upstream[] = [];
afterAll(() => Promise.all(upstreams.map((upstream) => upstream.stop())));

/** The relay's own clock, and the steps that are made in it while it runs. */
const steps = ["+40d", "-1h", "+0"];

test.skipIf(library === undefined)(
  "the clock of the relay's machine is set 40 days ahead, an hour back and right again: nobody is cut, no token is wrongly valid, usage stays in its hour (needs libfaketime)",
  async () => {
    const file = join(world.scratchDir, "clock");
    await writeFile(file, "-1h\n");
    const upstream = await startUpstream();
    upstreams.push(upstream);
    serveLoad(upstream);
    world.relay.process.kill("SIGKILL");
    await world.relay.process.exited;
    // Wrong from its start, and then set again and again.
    await world.restartRelay({
      LD_PRELOAD: library!,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    });
    await world.relay.process.line("the correction", (line) =>
      line.includes("clock of this machine is wrong"),
    );
    const tenant = await makeTenant(world, { requireAccessKey: false });
    const guarded = await makeTenant(world, { requireAccessKey: true });
    await connect(world, tenant, { to: upstream.url });
    await connect(world, guarded, { to: upstream.url });
    const inTenDays = await createAccessKey(world.db, guarded, {
      expiresAt: new Date(Date.now() + 240 * HOUR_MS),
    });
    const gone = await createAccessKey(world.db, guarded, { expiresAt: new Date(Date.now() - HOUR_MS / 2) });
    const startedAt = Date.now();
    const load = new Load({ port: () => world.relay.port, host: tenant.host });
    await load.served();
    const links = await metricOf(world.relay, "hotspot_links_accepted_total");

    for (const [n, step] of steps.entries()) {
      await writeFile(file, `${step}\n`);
      await load.served(10, 20);
      const ask = (secret: string) =>
        rawRequest(world.relay.port, [
          "GET /load HTTP/1.1",
          `Host: ${guarded.host}`,
          `Authorization: Bearer ${secret}`,
        ]);
      expect([step, (await ask(inTenDays.secret)).status, (await ask(gone.secret)).status]).toEqual([
        step,
        200,
        401,
      ]);
      const valid = await issueConnectorToken(world.db, world.signingSecret, guarded, guarded);
      const expired = await issueConnectorToken(world.db, world.signingSecret, guarded, guarded, {
        ttlSeconds: -1_800,
        rowTtlSeconds: 3_600,
      });
      const door = async (token: string) =>
        (await dialLink(world.relay.port, `Bearer ${token}`, { from: `127.0.5.${n + 1}` })).status;
      expect([step, await door(valid.connectorToken), await door(expired.connectorToken)]).toEqual([
        step,
        101,
        401,
      ]);
    }
    // No link was ended by a step: those that were accepted since are our own.
    expect(await metricOf(world.relay, "hotspot_links_accepted_total")).toBe(links + steps.length);
    await load.stop();
    expect(load.ended.filter((one) => one.status !== 200)).toEqual([]);
    expect(load.cutStreams).toBe(0);

    await until(
      async () => expect(await metricOf(world.relay, "hotspot_usage_waiting_records")).toBe(0),
      20_000,
    );
    const rows = await world.db.selectFrom("request_log").select(["started_at", "duration_ms"]).execute();
    expect(rows.length).toBeGreaterThan(load.ended.length);
    for (const row of rows) {
      expect(Math.abs(row.started_at.getTime() - startedAt)).toBeLessThan(120_000);
      expect(row.duration_ms).toBeGreaterThanOrEqual(0);
      expect(row.duration_ms).toBeLessThan(60_000);
    }
    const hours = await world.db.selectFrom("usage_hourly").select("hour").execute();
    for (const { hour } of hours) expect(Math.abs(hour.getTime() - startedAt)).toBeLessThanOrEqual(HOUR_MS);
  },
);
