import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { root } from "../fixtures/clone.ts";
import { until } from "../fixtures/until.ts";
import { CloudflareStandIn } from "../standins/cloudflare/index.ts";

// What we make for cloudflared is given to the stand-in, and to the real program where one is on the PATH: neither npm, PyPI
// nor Debian has it to install, so it cannot be had by a test run.

const cloudflare = await CloudflareStandIn.start({ zone: "tunnels.example.org" });
const folder = await mkdtemp(join(tmpdir(), "hotspot-real-cloudflared-"));
const tokenFile = join(folder, "token");
afterAll(async () => {
  await cloudflare.stop();
  await rm(folder, { recursive: true });
});

const real = findReal();
const programs = [
  { name: "the stand-in", path: cloudflare.cloudflaredPath },
  { name: "the real cloudflared (skipped: there is none on the PATH)", path: real },
].filter(({ path }) => path !== null || real === null);

function findReal(): string | null {
  try {
    return execFileSync("sh", ["-c", "command -v cloudflared"], { encoding: "utf8" }).trim();
  } catch {
    // The shell says 127 or 1 when nothing has that name.
    return null;
  }
}

/** Exit code and output. */
async function call(path: string, ...args: string[]): Promise<[number, string]> {
  try {
    const { stdout, stderr } = await promisify(execFile)(path, args);
    return [0, stdout + stderr];
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return [code, stdout + stderr];
  }
}

test("npm run relay:tunnel makes a tunnel and writes its token where nobody else can read it", async () => {
  const main = join(root, "server", "cloudflare", "relay-tunnel", "main.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [main, "--token-file", tokenFile], {
    env: {
      ...process.env,
      CLOUDFLARE_DNS_TOKEN: cloudflare.token,
      CLOUDFLARE_ZONE_ID: cloudflare.zoneId,
      CLOUDFLARE_API_BASE: cloudflare.apiBase,
      ENDPOINTS_BASE_DOMAIN: "tunnels.example.org",
    },
  });
  expect(stdout).toContain("made       record *.tunnels.example.org");
  expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
  expect(stdout).not.toContain(await readFile(tokenFile, "utf8"));
});

for (const { name, path } of programs) {
  test.skipIf(path === null)(`${name} accepts the rules that we make, and no others`, async () => {
    const [tunnel] = cloudflare.list().tunnels;
    const file = join(folder, "config.yml");
    await writeFile(file, stringify({ ingress: tunnel!.config!.ingress }));
    const [code, output] = await call(path!, "tunnel", "--config", file, "ingress", "validate");
    expect([code, output]).toEqual([0, expect.stringContaining("OK")]);
    await writeFile(file, stringify({ ingress: tunnel!.config!.ingress!.slice(0, -1) }));
    expect((await call(path!, "tunnel", "--config", file, "ingress", "validate"))[0]).toBe(1);
  });

  test.skipIf(path === null)(`${name} reads our token file, and ends at a token that is none`, async () => {
    const run = ["tunnel", "--no-autoupdate", "--metrics", "127.0.0.1:0", "run", "--token-file"];
    const child = spawn(path!, [...run, tokenFile], { stdio: ["ignore", "ignore", "pipe"] });
    let told = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      told += chunk;
    });
    const [tunnel] = cloudflare.list().tunnels;
    await until(() => expect(told).toContain(tunnel!.id));
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    await writeFile(join(folder, "wrong"), "no token");
    expect((await call(path!, ...run, join(folder, "wrong")))[0]).toBe(255);
  });
}
