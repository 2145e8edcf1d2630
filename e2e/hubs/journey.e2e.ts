import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { watchedBrowser } from "../fixtures/browser.ts";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { until } from "../fixtures/until.ts";
import { hubWorld } from "./hub-world.ts";

const world = await hubWorld();
const browser = watchedBrowser();
const hubId = "office-server";
let dir: string;
let data: string;

beforeAll(async () => {
  world.upstream.on("/hello", (_req, res) => res.end("from the office"));
  dir = await world.configDir();
  data = await world.configDir();
  await writeFile(join(data, "ledger.txt"), "what must not be lost");
});

/** Runs the command that the page shows, as it is, on the hub's machine, and gives it the token that it asks for. */
async function runShown(page: Page, ...more: string[]): Promise<ManagedProcess> {
  const shown = await page.getByRole("dialog").getByText("hotspot hub enable").textContent();
  const [, args = ""] = /npx hotspot hub (.*)$/.exec(shown ?? "") ?? [];
  const token = await page
    .getByRole("dialog")
    .getByText(/^hs_hub_\w+$/)
    .textContent();
  return world.hub({ configDir: dir, args: [...args.split(" "), ...more], stdin: `${token}\n` });
}

/** Somebody breaks the tunnel: its secret is another one, and the connection is cut. Gives how to mend it. */
async function breakTunnel(): Promise<() => Promise<void>> {
  const { cloudflare } = world;
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${cloudflare.apiBase}/accounts/${cloudflare.accountId}/cfd_tunnel/${path}`, {
      method,
      headers: { authorization: `Bearer ${cloudflare.token}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    expect([method, path, answer.status]).toEqual([method, path, 200]);
    return ((await answer.json()) as { result: unknown }).result;
  };
  const [{ id } = { id: "" }] = cloudflare.list().tunnels;
  const token = String(await call("GET", `${id}/token`));
  const { s: secret } = JSON.parse(Buffer.from(token, "base64").toString()) as { s: string };
  await call("PATCH", id, { tunnel_secret: Buffer.alloc(32, 1).toString("base64") });
  await call("DELETE", `${id}/connections`);
  return async () => void (await call("PATCH", id, { tunnel_secret: secret }));
}

const banner = (page: Page) => page.getByRole("region", { name: "How the hub is" });
const shows = (page: Page, words: string | RegExp) =>
  banner(page).getByText(words).waitFor({ timeout: 20_000 });

test("a hub is switched on and watched, breaks and is mended, gets new keys, is switched off with its backups kept, and finds them when it is on again", {
  timeout: 120_000,
}, async () => {
  const { page, complaints } = await browser.open({
    cookies: world.account.cookies,
    url: world.portal.portalUrl,
  });
  await page.goto(`${world.portal.portalUrl}/hubs`);
  await page.getByText("No hub yet").waitFor();
  await page.getByLabel("Hub id").fill(hubId);
  await page.getByLabel("What it serves").fill(world.upstream.url);
  await page.getByRole("button", { name: "Add the hub" }).click();
  await page.getByRole("dialog", { name: `${hubId} is added` }).waitFor();
  expect(world.cloudflare.list().tunnels).toEqual([]);

  // Cloudflare takes its time for one step, so that it is seen under way; the page hears of each by itself.
  world.cloudflare.fail(
    { method: "POST", path: /\/r2\/buckets$/ },
    { status: 200, done: true, delayMs: 2_000 },
  );
  const hub = await runShown(page, "--name", "acme", "--backup-paths", data, "--report-seconds", "1");
  await page.getByRole("link", { name: "Open the hub" }).click();
  const steps = page.getByRole("list", { name: "Steps" });
  await steps.getByText("Bucket for backups: under way").waitFor();
  expect((await steps.getByRole("listitem").first().textContent()) ?? "").toMatch(/^Tunnel: done/);
  await shows(page, "Managed Cloudflare: Ready");
  expect(await steps.count()).toBe(0);
  const [, hostname = ""] = await hub.line("its live line", (line) => /^live https:\/\/(\S+) -> /.exec(line));
  expect(hostname).toBe(`acme-1.${world.cloudflare.zone}`);
  await page.getByRole("link", { name: hostname }).waitFor();
  expect(await world.visit(hostname, "/hello")).toEqual({ status: 200, body: "from the office" });
  await page.getByRole("table", { name: "Snapshots" }).getByRole("row").nth(1).waitFor();

  const mend = await breakTunnel();
  await shows(page, "Managed Cloudflare: Degraded");
  await shows(page, /cloudflared has no connection to Cloudflare\./);
  await shows(page, /Look at the hub's log: its machine must reach Cloudflare on port 7844 \(UDP or TCP\)/);
  await page.goto(`${world.portal.portalUrl}/endpoints`);
  await page
    .getByRole("region", { name: "About your hubs" })
    .getByRole("link", { name: "Open the hub" })
    .click();
  await mend();
  await shows(page, "Managed Cloudflare: Ready");

  const keys = page.getByRole("table", { name: "Keys" });
  const before = await keys.getByRole("code").textContent();
  await page.getByRole("button", { name: "Rotate keys" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate keys" }).click();
  await until(async () => {
    expect(await keys.getByRole("code").allTextContents()).toEqual([expect.not.stringContaining(before!)]);
    expect(await keys.getByText("in use, confirmed").count()).toBe(1);
  }, 20_000);

  await page.getByLabel("Name", { exact: true }).fill("The office");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "The office" }).waitFor();
  const further = `lab-1.${world.cloudflare.zone}`;
  const names = page.getByRole("list", { name: "Host names" }).getByRole("listitem");
  await page.getByLabel("Another subdomain").fill("admin");
  await page.getByRole("button", { name: "Add the host name" }).click();
  await page.getByText(/kept back|reserved/).waitFor();
  await page.getByLabel("Another subdomain").fill("lab");
  await page.getByRole("button", { name: "Add the host name" }).click();
  await names.filter({ hasText: further }).getByText("in DNS").waitFor();
  expect(await world.visit(further, "/hello")).toEqual({ status: 200, body: "from the office" });
  await page.getByRole("button", { name: `Remove ${further}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await names.filter({ hasText: further }).waitFor({ state: "detached" });
  await until(async () => expect((await world.visit(further, "/hello")).status).not.toBe(200));

  await page.getByRole("button", { name: "Show the password" }).click();
  await page.getByRole("button", { name: "Show it" }).click();
  const password = await page
    .getByRole("dialog", { name: "Backup password" })
    .getByRole("code")
    .textContent();
  expect(JSON.parse(await readFile(join(dir, "hubs", `${hubId}.json`), "utf8")).backupPassword).toBe(
    password,
  );
  await page.getByRole("button", { name: "Done" }).click();

  await page.getByRole("switch", { name: "Managed Cloudflare" }).click();
  await page.getByLabel("Days").fill("7");
  await page.getByRole("button", { name: "Switch off" }).click();
  await shows(page, "Managed Cloudflare is off");
  await banner(page)
    .getByText(/Its backups are kept until/)
    .waitFor();
  expect(await hub.exited).toBe(0);
  const left = world.cloudflare.list();
  expect([left.tunnels, left.records, left.buckets.length]).toEqual([[], [], 1]);
  expect((await world.visit(hostname, "/hello")).status).toBe(530);

  await page.getByRole("switch", { name: "Managed Cloudflare" }).click();
  // What holds it up is the operator's to mend; whoever knows that it is mended need not wait for the pause.
  world.cloudflare.fail({ method: "POST", path: /\/cfd_tunnel$/ }, { status: 403, code: 10000 }, 1);
  await page.getByRole("button", { name: "Switch on" }).click();
  await shows(page, "Setting up is held up");
  await page.getByRole("button", { name: "Try now" }).click();
  await shows(page, "Waiting for the hub");
  await page.getByRole("button", { name: "Make a new token" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make a new token" }).click();
  await page.getByRole("dialog", { name: "Your new hub token" }).waitFor();
  const again = await runShown(page, "--report-seconds", "1");
  await page.getByRole("button", { name: "I have saved it" }).click();
  await shows(page, "Managed Cloudflare: Ready");
  expect(await world.visit(hostname, "/hello")).toEqual({ status: 200, body: "from the office" });
  await page.getByRole("table", { name: "Snapshots" }).getByRole("row").nth(1).waitFor();
  const restored = await world.configDir();
  const restore = world.hub({
    configDir: dir,
    args: ["restore", "latest", "--hub-id", hubId, "--to", restored],
  });
  expect([await restore.exited, restore.stderr]).toEqual([0, expect.anything()]);
  expect(await readFile(join(restored, data, "ledger.txt"), "utf8")).toBe("what must not be lost");
  expect(await again.stop()).toBe(0);
  expect(complaints).toEqual([]);
});
