#!/usr/bin/env node
// Starts the connector with the best runtime at hand: Bun of this package, this Node when it is new enough to read
// TypeScript, Node of this package. Plain JavaScript without dependencies, for Node 18 and later.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, "..", "main.ts");
const args = process.argv.slice(2);
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
// For Bun: memory that was freed is kept for 10 s. Under load it would be asked for again at once, at a page fault each.
const env = { MIMALLOC_PURGE_DELAY: "10000", ...process.env };
const windows = process.platform === "win32";

/** The binary of an npm package, looked for from this package upwards; null when there is none. */
function findBinary(packageName, names) {
  for (let dir = here; ; dir = dirname(dir)) {
    for (const name of names) {
      const path = join(dir, "node_modules", packageName, "bin", name);
      if (existsSync(path)) return path;
    }
    if (dirname(dir) === dir) return null;
  }
}

function runsTypeScript() {
  if (process.versions.bun) return true;
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** Runs it as a child; false when the binary cannot be started. */
function runWith(binary) {
  return new Promise((resolve) => {
    // The channel closes when this process dies, however it dies: the child ends itself then.
    const child = spawn(binary, [main, ...args], { stdio: ["inherit", "inherit", "inherit", "ipc"], env });
    const forward = (signal) => child.kill(signal);
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      for (const name of signals) process.on(name, forward);
    });
    child.once("exit", (code, signal) => {
      if (signal === null) process.exit(code ?? 1);
      for (const name of signals) process.removeListener(name, forward);
      process.kill(process.pid, signal);
    });
  });
}

const bun = process.versions.bun ? null : findBinary("bun", ["bun.exe", "bun"]);
const started = bun !== null && (await runWith(bun));
if (!started && runsTypeScript()) {
  await import(pathToFileURL(main).href);
} else if (!started) {
  const node = findBinary("node", windows ? ["node.exe"] : ["node"]);
  if (node === null || !(await runWith(node))) {
    console.error(
      `hotspot: Node ${process.versions.node} is too old. Install Node 22.18 or later, or Bun, and try again.`,
    );
    process.exit(1);
  }
}
