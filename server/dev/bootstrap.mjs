// Every npm script starts here. Plain JavaScript without dependencies, for any Node >= 18 or Bun: it makes sure that the
// dependencies are installed, then runs the command (server/dev/cli.ts) on the Node 26 that is among them.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, InstallError } from "./install.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const commands = [
  "start",
  "dev",
  "test",
  "build",
  "migrate",
  "portal",
  "relay",
  "bench",
  "chaos",
  "billing:provision",
  "relay:tunnel",
  "vault:rotate",
  "ledger:check",
  "ledger:trials",
  "env-example",
  "executables",
  "install",
];
/** These run from what a production image holds: no compiler, no test tools. */
const runtimeCommands = [
  "migrate",
  "portal",
  "relay",
  "billing:provision",
  "relay:tunnel",
  "vault:rotate",
  "ledger:check",
];

const [command, ...args] = process.argv.slice(2);
if (!command || !commands.includes(command)) {
  fail(`Usage: node server/dev/bootstrap.mjs ${commands.join("|")} [arguments]`, 2);
}

try {
  const production =
    command === "install" ? args.includes("--production") : runtimeCommands.includes(command);
  await ensureInstalled(root, { production });
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  fail(error.message, 1);
}
if (command !== "install") run();

function run() {
  const bin = join(root, "node_modules", ".bin");
  const node = join(bin, "node");
  if (!existsSync(node)) fail(`${node} is missing. Delete node_modules and run the same command again.`, 1);
  const child = spawn(
    node,
    // A broken pipe or a full disk must not hide behind the loader's notes about type stripping.
    ["--disable-warning=ExperimentalWarning", join(root, "server", "dev", "cli.ts"), command, ...args],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
        // Spares Node a good part of its start; also for the programs that are started from there.
        NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "hotspot", "compiled"),
      },
    },
  );
  // A terminal sends Ctrl-C to both of us, `kill` only to this one: the command takes repeats within a moment as one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // npm passes a signal on to its shell only, and the shell dies of it alone: without a parent we are to stop too.
  const parent = process.ppid;
  const orphaned = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) child.kill("SIGTERM");
  }, 500);
  orphaned.unref();
  child.on("error", (error) => fail(`Cannot run ${node}: ${error.message}`, 1));
  child.on("exit", (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function fail(message, code) {
  console.error(message);
  process.exit(code);
}
