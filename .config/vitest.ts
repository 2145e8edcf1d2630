import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./longest-first.ts";
import { SecondTry } from "./second-try.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: { alias: { "~": `${root}app` } },
  test: {
    sequence: { sequencer: LongestFirst },
    // Vitest would leave one processor free: half of a machine with two.
    maxWorkers: "100%",
    // For machines with more to do than this: nothing here is fast because its time-out is short.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    setupFiles: [".config/patience.ts"],
    reporters: ["default", new SecondTry()],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Files share the modules that they import: a third of the time went into loading them anew. Who changes what is
          // shared puts it back.
          isolate: false,
          include: ["{app,server,relay,db,emails}/**/*.test.{ts,tsx}", "e2e/{standins,bench}/**/*.test.ts"],
          exclude: ["**/*.db.test.ts", "node_modules/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "db",
          isolate: false,
          include: ["{server,relay,db}/**/*.db.test.ts"],
          globalSetup: ["db/testing/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["e2e/**/*.e2e.ts"],
          globalSetup: ["db/testing/global-setup.ts", "e2e/fixtures/global-setup.ts"],
          maxWorkers: 2,
          // Real processes on a starved machine: what then passes is named at the end of the run.
          retry: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
