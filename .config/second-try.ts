import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Names at the end every test that failed first and passed when it was tried again, and what it said at first. */
export class SecondTry implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests()]
        .filter((test) => test.diagnostic()?.flaky)
        .map((test) => `  ${module.relativeModuleId} > ${test.fullName}: ${firstError(test)}`),
    );
    if (lines.length > 0) console.warn(`\nPassed only at the second try:\n${lines.join("\n")}`);
  }
}

/** What it said, why, and where: the run that passed has nothing of it. */
function firstError(test: TestCase): string {
  const [error] = test.result().errors ?? [];
  if (error === undefined) return "no error was kept";
  const cause = (error.cause as Error | undefined)?.message;
  const place = error.stacks?.find(({ file }) => !file.includes("node_modules"));
  const where = place && ` (${place.file.replace(/^.*\/(?=e2e\/)/, "")}:${place.line})`;
  return `${error.message.split("\n")[0]}${cause ? `: ${cause}` : ""}${where ?? ""}`;
}
