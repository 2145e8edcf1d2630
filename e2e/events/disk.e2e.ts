import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { metricOf } from "../fixtures/metrics.ts";
import { until } from "../fixtures/until.ts";
import { startUpstream, type Upstream } from "../standins/upstream.ts";
import { connect, makeTenant } from "../tunnel/lab.ts";
import { relayWorld } from "../tunnel/relay-world.ts";
import { Load, serveLoad } from "./load.ts";

/** Journals of killed relays stay a while: two segments of 8 MiB each. */
const SIZE_MIB = 80;
const disk = mkdtempSync(join(tmpdir(), "hotspot-disk-"));
const isMounted = mountSmallDisk();
const upstreams: Upstream[] = [];
afterAll(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
});
const world = await relayWorld({ env: isMounted ? { RELAY_JOURNAL_DIR: join(disk, "journal") } : {} });
// After the relay is gone: hooks run last first, and this one was registered before the world's.
afterAll(async () => {
  if (isMounted) execFileSync("umount", ["-l", disk]);
  await rm(disk, { recursive: true, force: true });
});

/** A disk of our own that can be full; false where we may not mount one. */
function mountSmallDisk(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_MIB}m`, "none", disk], { stdio: "ignore" });
    return true;
  } catch {
    console.log("disk full: no tmpfs can be mounted here (it takes root), the test is left out");
    return false;
  }
}

test.skipIf(!isMounted)(
  "the disk under the journal is full, three times: traffic goes on, an alarm is raised, and a killed relay's books are whole",
  async () => {
    const upstream = await startUpstream();
    upstreams.push(upstream);
    serveLoad(upstream);
    const tenant = await makeTenant(world);
    await connect(world, tenant, { to: upstream.url });
    const load = new Load({ port: () => world.relay.port, host: tenant.host });
    await load.served();
    const filler = join(disk, "filler");
    let refused = 0;
    for (let round = 0; round < 3; round++) {
      await fill(filler);
      // A relay that starts on a full disk has nowhere to write at all.
      world.relay.process.kill("SIGKILL");
      await world.relay.process.exited;
      await world.restartRelay();
      await load.served(20, 20);
      await until(async () =>
        expect(await metricOf(world.relay, "hotspot_usage_journal_write_errors_total")).toBeGreaterThan(0),
      );
      expect(await metricOf(world.relay, "hotspot_usage_dropped_records_total")).toBe(0);
      // What it counts is handed over from memory meanwhile.
      await until(
        async () => expect(await metricOf(world.relay, "hotspot_usage_waiting_records")).toBeLessThan(10),
        15_000,
      );
      await rm(filler);
      await until(
        async () => expect(await metricOf(world.relay, "hotspot_usage_journal_bytes")).toBeGreaterThan(0),
        15_000,
      );
      await load.served();
      refused = load.ended.filter((one) => one.status === 0).length;
    }
    await load.stop();
    await until(
      async () => expect(await metricOf(world.relay, "hotspot_usage_waiting_records")).toBe(0),
      20_000,
    );
    const damage = await world.db.selectFrom("usage_damage").selectAll().execute();
    expect(damage).toEqual([]);
    const served = load.ended.filter((one) => one.status === 200).length;
    const { count } = await world.db
      .selectFrom("request_log")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("path", "=", "/load")
      .where("status", "=", 200)
      .executeTakeFirstOrThrow();
    // A relay that is killed while the disk is full takes with it what only memory had: seconds' worth at most.
    expect(served - Number(count)).toBeLessThanOrEqual(refused + 60);
    expect(Number(count)).toBeLessThanOrEqual(served + refused);
  },
);

/** Takes all the room that is left. */
async function fill(path: string): Promise<void> {
  try {
    await writeFile(path, Buffer.alloc(SIZE_MIB * 1024 * 1024));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
