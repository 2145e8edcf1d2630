import { measurePortalPages } from "./portal-pages.ts";
import type { Section } from "./report.ts";

/** Server time of the portal's pages. */
export async function benchPages(dir: string): Promise<Section> {
  const pages = await measurePortalPages(dir);
  const rows = pages.map(
    ({ path, p50Ms, p95Ms }) =>
      `${path.padEnd(27)}${p50Ms.toFixed(1).padStart(9)}${p95Ms.toFixed(1).padStart(9)}`,
  );
  const slowest = Math.max(...pages.map((page) => page.p95Ms));
  return {
    name: "pages",
    text: [`${"portal pages".padEnd(27)}${"p50 ms".padStart(9)}${"p95 ms".padStart(9)}`, ...rows].join("\n"),
    figures: pages,
    verdicts: [
      { label: "p95 of the slowest portal page, ms", value: slowest, bar: "< 50", met: slowest < 50 },
    ],
  };
}
