import type { Reporter, TestModule } from "vitest/node";

/** Names at the end every test that failed first and passed when it was tried again, and what it said at first. */
export class SecondTry implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests()]
        .filter((test) => test.diagnostic()?.flaky)
        .map((test) => {
          const [first] = test.result().errors ?? [];
          return `  ${module.relativeModuleId} > ${test.fullName}: ${first?.message.split("\n")[0] ?? "no error was kept"}`;
        }),
    );
    if (lines.length > 0) console.warn(`\nPassed only at the second try:\n${lines.join("\n")}`);
  }
}
