// What the npm scripts do, once the dependencies are there: `node server/dev/cli.ts <command>`. Started by bootstrap.mjs.
import { join } from "node:path";
import { StartError } from "./local/settings.ts";
import { ProgramError } from "./processes/child.ts";
import { CommandError } from "./processes/run.ts";

const root = join(import.meta.dirname, "..", "..");

const commands: Record<string, (args: string[]) => Promise<number>> = {
  start: async () => (await import("./local/supervisor.ts")).runLocal(root, { watch: false }),
  dev: async () => (await import("./local/supervisor.ts")).runLocal(root, { watch: true }),
  test: async (args) => (await import("./checks/test.ts")).runTests(root, args),
  build: async () => {
    const { ensureBuild } = await import("./build/build.ts");
    console.log((await ensureBuild(root)).dir);
    return 0;
  },
  ...Object.fromEntries(
    (
      [
        "portal",
        "relay",
        "migrate",
        "bench",
        "chaos",
        "billing:provision",
        "relay:tunnel",
        "vault:rotate",
        "ledger:check",
        "ledger:trials",
      ] as const
    ).map((name) => [
      name,
      async (args: string[]) => (await import("./production.ts")).runProgram(root, name, args),
    ]),
  ),
  executables: async (args) => (await import("./executables/main.ts")).buildExecutables(root, args),
  "env-example": async () => (await import("./env-example/write.ts")).writeEnvExample(root),
};

const [name = "", ...args] = process.argv.slice(2);
try {
  const command = commands[name];
  if (!command) throw new StartError(`unknown command ${name}: expected ${Object.keys(commands).join(", ")}`);
  process.exitCode = await command(args);
} catch (error) {
  // Where the message says it all, our own stack would only hide it.
  const expected = [StartError, ProgramError, CommandError].some((kind) => error instanceof kind);
  console.error(expected ? (error as Error).message : error);
  process.exitCode = 1;
}
