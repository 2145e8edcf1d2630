import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isRunning } from "./is-running.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "hotspot-watchdog-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const watchdogModule = new URL("watchdog.ts", import.meta.url).href;
const bun = join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "bun");

/** A run with one program that wants to stay; tells the program's pid. */
function startRun(file: string, atTheEnd: string) {
  const script = `
    import { spawn } from "node:child_process";
    import { startWatchdog } from ${JSON.stringify(watchdogModule)};
    const watchdog = await startWatchdog(${JSON.stringify(bun)}, [${JSON.stringify(file)}]);
    const program = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    watchdog.add(program.pid, "programs");
    console.log(program.pid);
    ${atTheEnd}
  `;
  return spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function pidFrom(run: ReturnType<typeof startRun>): Promise<number> {
  const [chunk] = (await once(run.stdout!, "data")) as [Buffer];
  return Number(chunk.toString());
}

it("ends what a killed run leaves, and removes its files", async () => {
  const file = join(dir, "dev.json");
  await writeFile(file, "{}");
  const run = startRun(file, "setInterval(() => {}, 1000);");
  const pid = await pidFrom(run);
  expect(isRunning(pid)).toBe(true);
  run.kill("SIGKILL");
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(false);
});

it("touches nothing once it was dismissed", async () => {
  const file = join(dir, "kept.json");
  await writeFile(file, "{}");
  const run = startRun(file, "await watchdog.dismiss(); program.unref();");
  const pid = await pidFrom(run);
  await once(run, "exit");
  expect(isRunning(pid)).toBe(true);
  expect(existsSync(file)).toBe(true);
  process.kill(pid, "SIGKILL");
});
