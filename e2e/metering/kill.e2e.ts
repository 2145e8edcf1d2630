import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runChaos } from "../chaos/run.ts";

const dir = await mkdtemp(join(tmpdir(), "hotspot-kill-"));
afterAll(() => rm(dir, { recursive: true, force: true }));

test("relay, connector, the relay's sessions and Postgres are killed under load: every answered request counts once", async () => {
  const report = await runChaos({ dir, rounds: 5, seed: 20_261_121 });
  expect(report.faults).toEqual([]);
  expect(report.kills).toEqual({
    relay: expect.any(Number),
    connector: 1,
    writer: 1,
    postgres: expect.any(Number),
  });
  expect(report.served).toBeGreaterThan(50);
  expect(report.rows).toBeGreaterThanOrEqual(report.completed);
}, 90_000);
