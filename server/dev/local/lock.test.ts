import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDataDir } from "./lock.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "hotspot-lock-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("the lock of a data directory", () => {
  it("is held by one run and free again after it", async () => {
    const lock = await lockDataDir(dir);
    await expect(lockDataDir(dir)).rejects.toThrow(/already runs.*HOTSPOT_DATA_DIR, PORT, RELAY_PORT/);
    await lock.release();
    await (await lockDataDir(dir)).release();
  });

  it("of a dead run is taken over", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await writeFile(join(dir, "lock.json"), JSON.stringify({ pid, born: null }));
    const lock = await lockDataDir(dir);
    expect(JSON.parse(await readFile(lock.path, "utf8")).pid).toBe(process.pid);
  });

  it.runIf(process.platform === "linux")("is not held by a stranger who was given the same pid", async () => {
    await writeFile(join(dir, "lock.json"), JSON.stringify({ pid: process.pid, born: "boot:1" }));
    await expect(lockDataDir(dir)).resolves.toBeDefined();
  });

  it("goes to one of several that want it at once", async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dir)));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  });
});
