import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { root } from "../fixtures/clone.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";

const TIMEOUT_MS = 300_000;

/** Seconds from `git clone` to the first 200 through the tunnel. */
export interface FirstRequestTime {
  /** Home, package caches and clone all new. */
  coldSeconds: number;
  /** Another clone with the caches that the first one filled. */
  warmSeconds: number;
}

/**
 * Does what the README says, in an empty folder, with nothing but the registry settings of this machine: clones the
 * committed state, runs `npm start`, asks the demo tenant. What is not committed is not measured.
 */
export async function measureFirstRequest(dir: string): Promise<FirstRequestTime> {
  const home = join(dir, "home");
  await mkdir(home, { recursive: true });
  // The way to the package registry belongs to the machine, not to the newcomer.
  for (const name of [".npmrc", ".bunfig.toml"]) {
    const own = join(homedir(), name);
    if (existsSync(own)) await symlink(own, join(home, name));
  }
  return {
    coldSeconds: await cloneAndAsk(join(dir, "cold"), home),
    warmSeconds: await cloneAndAsk(join(dir, "warm"), home),
  };
}

async function cloneAndAsk(clone: string, home: string): Promise<number> {
  const started = performance.now();
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", root, clone], { stdio: "inherit" });
  const dataDir = join(clone, ".hotspot");
  const env: Record<string, string | undefined> = {
    ...bareEnvironment(),
    HOME: home,
    PORT: "0",
    RELAY_PORT: "0",
    HOTSPOT_DATA_DIR: dataDir,
  };
  const child = spawn("npm", ["start"], {
    cwd: clone,
    stdio: ["ignore", "ignore", "inherit"],
    detached: true,
    env: env as NodeJS.ProcessEnv,
  });
  try {
    const ended = new AbortController();
    child.once("exit", (code) => ended.abort(new Error(`npm start ended with ${code}`)));
    await until(() => firstAnswer(dataDir), TIMEOUT_MS, 100, ended.signal);
    return (performance.now() - started) / 1_000;
  } finally {
    await endGroup(child);
  }
}

async function firstAnswer(dataDir: string): Promise<void> {
  const file = join(dataDir, "dev.json");
  if (!existsSync(file)) throw new Error("npm start was not up in time");
  const { tenantUrl } = JSON.parse(await readFile(file, "utf8")) as { tenantUrl: string };
  const { host, port } = new URL(tenantUrl);
  const answer = await rawRequest(Number(port), ["GET /v1/models HTTP/1.1", `Host: ${host}`]);
  if (answer.status !== 200) throw new Error(`the demo tenant answered ${answer.status}`);
}

/** A newcomer's shell, with the way to the package registry kept. */
function bareEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(npm_config_(?!user_agent)|BUN_CONFIG_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$|SSL_CERT_)/i.test(
      name,
    ),
  );
  return { ...Object.fromEntries(kept), PATH: "/usr/local/bin:/usr/bin:/bin" };
}

/** As Ctrl-C in a terminal does. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  process.kill(-child.pid, "SIGINT");
  await once(child, "exit");
}
