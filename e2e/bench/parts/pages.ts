import type { Part } from "../part.ts";
import { measurePortalPages } from "../portal-pages.ts";

/** Server time of the portal's pages. */
export const pages: Part = {
  name: "pages",
  rows: [
    { key: "slowest", what: "slowest portal page, p95", unit: "ms", better: "lower", bar: 50, aim: null },
  ],
  async run(bench, report) {
    const times = await measurePortalPages(bench.dir);
    for (const { path, p50Ms, p95Ms } of times) {
      bench.log(`  ${path.padEnd(25)} p50 ${p50Ms.toFixed(1)} ms  p95 ${p95Ms.toFixed(1)} ms`);
    }
    const slowest = times.reduce((a, b) => (b.p95Ms > a.p95Ms ? b : a));
    report("slowest", { value: slowest.p95Ms, note: slowest.path });
    return times;
  },
};
