import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { runOutage } from "../chaos/outage.ts";
import { resolveLocalhostNames } from "../fixtures/localhost-names.ts";
import { promised } from "../fixtures/promised.ts";

// A minute of it: `npm run chaos -- outage`.
test("Postgres is away for a while under load: who is known sees nothing, usage is exact afterwards, and the portal says what is the matter", {
  timeout: 120_000,
}, async () => {
  resolveLocalhostNames();
  const dir = await mkdtemp(join(tmpdir(), "hotspot-outage-"));
  try {
    const outage = await runOutage(dir, inject("portalBuildDir"), 2);
    expect(Object.fromEntries(outage.statuses)).toEqual({ 200: outage.answered });
    expect(outage.cutStreams).toBe(0);
    expect([outage.logged, outage.summed]).toEqual([outage.answered, outage.rows]);

    expect(outage.ready).toBe(503);
    for (const { what, status, body, tookMs } of outage.during) {
      // What everybody may see needs no database.
      const expected = what === "the first page" ? 200 : 503;
      expect([what, status]).toEqual([what, expected]);
      if (expected === 503) expect(body).toMatch(/database is away/);
      if (expected === 503)
        expect(body).not.toMatch(/ECONNREFUSED|\bat .+:\d+:\d+|node_modules|127\.0\.0\.1:\d/);
      expect(tookMs).toBeLessThan(promised(10_000));
    }
    expect(outage.after.map(({ what, status }) => [what, status])).toEqual([
      ["a page of an account", 200],
      ["the first page", 200],
      ["a click", 200],
      ["a call of the page", 200],
      ["a call with a key", 401],
      ["a sign-in", 200],
    ]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
