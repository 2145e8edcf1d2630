// Installs what package.json and bun.lock ask for, when it is not there yet. Plain JavaScript: runs before anything is
// installed, on Node >= 18 or Bun.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const BUN_VERSION = "1.4.5";
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/** A reason that a person can act on; printed without a stack. */
export class InstallError extends Error {}

/**
 * Installs unless the stamp of the last install says that nothing has changed since.
 * Two starts at once in one clone: the second waits for the first.
 *
 * @param {string} root the clone
 * @param {{production: boolean}} options production: the run-time dependencies alone are enough
 * @throws {InstallError} unsupported platform, no installer, no network
 */
export async function ensureInstalled(root, { production }) {
  const stampFile = join(root, "node_modules", ".hotspot-installed");
  const wanted = hashOf(root);
  const installed = () => isInstalled(stampFile, wanted, production);
  if (installed()) return;
  checkMachine();
  const release = await lock(join(root, "node_modules", ".hotspot-installing"));
  try {
    if (installed()) return;
    rmSync(stampFile, { force: true });
    await install(root, production);
    writeFileSync(stampFile, `${wanted} ${production ? "production" : "all"}\n`);
  } finally {
    release();
  }
}

/** A Docker image is built for run-time commands; `all` serves them too. */
function isInstalled(stampFile, wanted, production) {
  if (!existsSync(stampFile)) return false;
  const [hash, kind] = readFileSync(stampFile, "utf8").trim().split(" ");
  return hash === wanted && (kind === "all" || production);
}

function hashOf(root) {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}`);
  for (const name of ["package.json", "bun.lock"]) hash.update(readFileSync(join(root, name)));
  return hash.digest("hex").slice(0, 32);
}

function checkMachine() {
  const nodeMajor = Number(process.versions.node.split(".")[0]);
  if (!process.versions.bun && nodeMajor < 18) {
    throw new InstallError(
      `Node ${process.versions.node} is too old to set Hotspot up: use Node 18 or newer, or Bun.`,
    );
  }
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    const hint = process.platform === "win32" ? " On Windows, use WSL." : "";
    throw new InstallError(`Hotspot runs on ${PLATFORMS.join(", ")}; this is ${platform}.${hint}`);
  }
  if (process.platform === "linux" && existsSync("/etc/alpine-release")) {
    throw new InstallError(
      "Hotspot's Postgres and Node need glibc (Debian, Ubuntu, Fedora ...); Alpine has musl.",
    );
  }
}

async function install(root, production) {
  const [program, ...prefix] = findBun(root);
  const args = [...prefix, "install", "--frozen-lockfile", ...(production ? ["--production"] : [])];
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  const first = setTimeout(() => console.error("Installing dependencies ..."), 1000);
  const progress = setInterval(() => console.error(`Installing dependencies ... ${seconds()}`), 10_000);
  try {
    const { code, output } = await collect(program, args, root);
    if (code !== 0) throw new InstallError(explain(output, [program, ...args].join(" ")));
    if (Date.now() - startedAt > 1000) console.error(`Dependencies installed in ${seconds()}`);
  } finally {
    clearTimeout(first);
    clearInterval(progress);
  }
}

/** The installer as command and leading arguments: Bun where there is one, else Bun by way of npm. */
function findBun(root) {
  if (process.versions.bun) return [process.execPath];
  for (const candidate of [join(root, "node_modules", ".bin", "bun"), "bun"]) {
    const { status, stdout } = spawnSync(candidate, ["--version"], { encoding: "utf8" });
    if (status === 0 && stdout.trim() === BUN_VERSION) return [candidate];
  }
  // The npm that runs us, so that a machine with several keeps to one.
  const npmCli = process.env.npm_execpath;
  const npm = npmCli && /npm-cli\.js$/.test(npmCli) ? [process.execPath, npmCli] : ["npm"];
  return [...npm, "exec", "--yes", `--package=bun@${BUN_VERSION}`, "--", "bun"];
}

function collect(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const parts = [];
    child.stdout.on("data", (chunk) => parts.push(chunk));
    child.stderr.on("data", (chunk) => parts.push(chunk));
    child.on("error", (error) =>
      reject(
        new InstallError(
          `Cannot run ${program} (${error.message}). Install npm (it comes with Node) or Bun.`,
        ),
      ),
    );
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(parts).toString() }));
  });
}

function explain(output, command) {
  const tail = output.trim().split("\n").slice(-15).join("\n");
  const network =
    /ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|ConnectionRefused|ConnectionClosed|Timeout|FailedToOpenSocket|DNS|network/i;
  const hint = network.test(output)
    ? "The package registry did not answer. Check the network and `npm config get registry`, then run the same command again."
    : "The installer failed.";
  return `${tail}\n\nDependencies are not installed: ${hint}\n(${command})`;
}

/** @returns {Promise<() => void>} gives the lock back; a lock whose holder is dead is taken over */
async function lock(path) {
  mkdirSync(join(path, ".."), { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isStale(path)) rmSync(path, { force: true });
    else await delay(200);
  }
}

function isStale(path) {
  if (!existsSync(path)) return false;
  const pid = Number(readFileSync(path, "utf8"));
  // Created but not yet written is not stale, unless it stays so.
  if (!pid) return Date.now() - statSync(path).mtimeMs > 5000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
