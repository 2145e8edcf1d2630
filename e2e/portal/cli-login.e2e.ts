import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signUp } from "../fixtures/account.ts";
import { watchedBrowser } from "../fixtures/browser.ts";
import { root, toolEnv } from "../fixtures/clone.ts";
import { ManagedProcess } from "../fixtures/managed-process.ts";
import { startUpstream } from "../standins/upstream.ts";
import { portalWorld } from "./portal-world.ts";

const world = await portalWorld();
const browser = watchedBrowser();

/** The program with a configuration folder of its own, kept between runs as on a customer's machine. */
function hotspot(...args: string[]): ManagedProcess {
  const child = new ManagedProcess("hotspot", "node", ["relay/connector/bin/hotspot.mjs", ...args], {
    cwd: root,
    env: { ...toolEnv(), HOTSPOT_CONFIG_DIR: configDir(), HOTSPOT_PORTAL: world.portalUrl },
  });
  world.stopLater(child);
  return child;
}

const configDir = () => join(world.dataDir, "customer");

test("hotspot login, confirmed in the browser, is all that connect and status need", async () => {
  const account = await signUp(world.portalUrl, world.mailbox);
  const login = hotspot("login");
  const shown = await login.line("the code", (line) => /^Open (\S+) .*code ([A-Z0-9-]+)\.$/.exec(line));
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(shown[1]!);
  expect(await page.getByLabel("Code").inputValue()).toBe(shown[2]);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "Device allowed" }).waitFor();
  expect(complaints).toEqual([]);
  expect(await login.exited).toBe(0);
  const output = [...login.stdout, ...login.stderr].join("\n");
  expect(output).not.toMatch(/hs_api_/);

  const file = /The key is in (\S+)\.$/.exec(login.stdout.join("\n"))![1]!;
  expect((await stat(file)).mode & 0o077).toBe(0);
  expect(await readFile(file, "utf8")).toMatch(/hs_api_[0-9a-zA-Z]{27,}/);

  const upstream = await startUpstream();
  const connector = hotspot("connect", "--slug", "from-the-shell", "--claim", "--to", upstream.url);
  const live = await connector.line("its live line", (line) => line.startsWith("live ") && line);
  expect(live).toBe(`live http://${world.hostOf("from-the-shell")} -> ${upstream.url}`);
  const status = hotspot("status");
  expect(await status.exited).toBe(0);
  expect(status.stdout[0]).toBe(`from-the-shell online http://${world.hostOf("from-the-shell")}`);
  await connector.stop();
  await upstream.stop();
});

test("hotspot login that is refused in the browser ends with another code and stores nothing", async () => {
  const account = await signUp(world.portalUrl, world.mailbox);
  const login = hotspot("login");
  const shown = await login.line("the code", (line) => /^Open (\S+) /.exec(line));
  const { page } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(shown[1]!);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByRole("heading", { name: "Device refused" }).waitFor();
  expect(await login.exited).not.toBe(0);
  expect(login.stderr.join("\n")).toMatch(/not allowed/);
});
