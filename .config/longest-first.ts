import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The end-to-end files that take longest, slowest first. A few run at a time: one of them begun last would run alone, while the
 * rest of the machine waits. Vitest would know only after a first run.
 */
const slow = [
  "e2e/tunnel/forwarding.e2e.ts",
  "e2e/money/journey.e2e.ts",
  "e2e/hubs/backups.e2e.ts",
  "e2e/money/billing-pages.e2e.ts",
  "e2e/portal/pages.e2e.ts",
  "e2e/hubs/pages.e2e.ts",
  "e2e/start/start.e2e.ts",
  "e2e/money/usage.e2e.ts",
  "e2e/money/changes.e2e.ts",
  "e2e/hubs/journey.e2e.ts",
  "e2e/hubs/hub.e2e.ts",
  "e2e/hubs/crashes.e2e.ts",
  "e2e/metering/truth.e2e.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = slow.findIndex((name) => moduleId.endsWith(name));
      return index < 0 ? slow.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
