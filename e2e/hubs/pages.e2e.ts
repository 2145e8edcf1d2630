import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { expectFineInLooks, twoLooks, watchedBrowser } from "../fixtures/browser.ts";
import { forgetHubs, type HubStateName, putHub } from "../fixtures/hub-rows.ts";
import { portalWorld } from "../portal/portal-world.ts";
import { CloudflareStandIn } from "../standins/cloudflare/index.ts";

const cloudflare = await CloudflareStandIn.start({ zone: "hubs.example" });
afterAll(() => cloudflare.stop());
const world = await portalWorld({
  relay: false,
  portalEnv: { ...cloudflare.env, SEALING_KEYS: `test:${randomBytes(32).toString("base64")}` },
});
const browser = watchedBrowser();
let account: Account;
let tenantId: string;

beforeAll(async () => {
  account = await signUp(world.portalUrl, world.mailbox, "Ada with quite a long name for the corner");
  tenantId = (await (await account.call("GET", "/api/tenant")).json()).id;
  await setPlan("pro");
});

const setPlan = async (plan: "free" | "pro") => {
  await world.db.updateTable("tenant_settings").set({ plan }).where("tenant_id", "=", tenantId).execute();
  await world.db.updateTable("licenses").set({ plan }).where("tenant_id", "=", tenantId).execute();
};
const open = () => browser.open({ cookies: account.cookies, url: world.portalUrl });
const wordsOf = async (page: Page) => (await page.locator("main").textContent())?.replace(/\s+/g, " ");

/** Goes there, and checks the page in these looks. */
async function look(page: Page, path: string, inLooks = twoLooks) {
  const answer = await page.goto(`${world.portalUrl}${path}`);
  expect([path, answer?.status()]).toEqual([path, 200]);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await expectFineInLooks(page, inLooks);
}

interface Expected {
  says: RegExp[];
  /** Position of the switch; null: it has none. */
  isOn: boolean | null;
  /** What is said on all other pages. */
  strip?: RegExp;
}

const states: Record<HubStateName, Expected> = {
  "never on": { says: [/Managed Cloudflare is off/, /Remove this hub/], isOn: false },
  "setting up": { says: [/Setting up: Host name/, /2 of 6 steps are done/], isOn: true },
  "held up": {
    says: [/Setting up is held up/, /R2 is not switched on/, /Tried again/],
    isOn: true,
    strip: /R2 is not switched on/,
  },
  "not heard from": { says: [/Waiting for the hub/, /waits for the hub/, /No report yet/], isOn: true },
  ready: {
    says: [/Managed Cloudflare: Ready/, /in use, confirmed/, /48\.3 GB/, /Another subdomain/],
    isOn: true,
  },
  degraded: {
    says: [/Managed Cloudflare: Degraded/, /UDP port 7844 is blocked/, /Fails/],
    isOn: true,
    strip: /Hub of the office: cloudflared has no connection.*Open the hub/,
  },
  silent: {
    says: [/Managed Cloudflare: Error/, /Nothing heard from the hub/, /hotspot hub run/],
    isOn: true,
    strip: /Nothing heard from the hub/,
  },
  rotating: {
    says: [/The new key waits for the hub/, /replaced, still works/, /waits for the hub/],
    isOn: true,
  },
  "switching off": { says: [/Switching off/, /2 of 5 steps are done/], isOn: false },
  kept: {
    says: [/Its backups are kept until/, /Delete the backups now/, /Remove this hub/],
    isOn: false,
  },
  emptying: { says: [/Its backups are being deleted/], isOn: false },
  "self-hosted, something missing": {
    says: [/Your own Cloudflare account: Error/, /The API token is refused/, /Missing/],
    isOn: null,
    strip: /The API token is refused/,
  },
  "self-hosted and ready": { says: [/Your own Cloudflare account: Ready/], isOn: null },
};

test("a hub's page says how it is in every state, can be used by everybody and fits a phone; other pages say when it needs somebody", {
  timeout: 180_000,
}, async () => {
  const { page, complaints } = await open();
  for (const [index, [state, { says, isOn, strip }]] of Object.entries(states).entries()) {
    await forgetHubs(world.db, tenantId);
    await putHub(world.db, tenantId, "office", state as HubStateName);
    // In turns: what they share is checked in both.
    await look(page, "/hubs/office", [twoLooks[index % 2]!]);
    const words = await wordsOf(page);
    for (const expected of says) expect([state, words]).toEqual([state, expect.stringMatching(expected)]);
    const toggle = page.getByRole("switch", { name: "Managed Cloudflare" });
    expect([state, (await toggle.count()) === 0 ? null : await toggle.getAttribute("aria-checked")]).toEqual([
      state,
      isOn === null ? null : String(isOn),
    ]);
    await page.goto(`${world.portalUrl}/usage`);
    const region = page.getByRole("region", { name: "About your hubs" });
    const said = (await region.count()) === 0 ? undefined : await region.textContent();
    expect([state, said]).toEqual([state, strip === undefined ? undefined : expect.stringMatching(strip)]);
  }
  expect(complaints).toEqual([]);
});

test("the list shows managed and self-hosted hubs apart, and what Managed Cloudflare does and costs before anything is made", async () => {
  const { page, complaints } = await open();
  await forgetHubs(world.db, tenantId);
  await look(page, "/hubs");
  const empty = await wordsOf(page);
  for (const expected of [/No hub yet/, /your-name-1\.hubs\.example/, /Nothing is made or charged before/]) {
    expect(empty).toMatch(expected);
  }
  await putHub(world.db, tenantId, "office", "ready");
  await putHub(world.db, tenantId, "attic", "degraded");
  await putHub(world.db, tenantId, "cellar", "self-hosted, something missing");
  await look(page, "/hubs");
  const rows = async (name: string) =>
    (await page.getByRole("list", { name, exact: true }).getByRole("listitem").allTextContents()).map(
      (text) => /Ready|Degraded|Error/.exec(text)?.[0],
    );
  expect(await rows("Hubs")).toEqual(["Ready", "Degraded"]);
  expect(await rows("Self-hosted hubs")).toEqual(["Error"]);
  expect(complaints).toEqual([]);
});

test("a plan without hubs is told so, with the way to one that has them; a member without the right sees no button", async () => {
  const { page, complaints } = await open();
  await forgetHubs(world.db, tenantId);
  await setPlan("free");
  await putHub(world.db, tenantId, "office", "never on");
  await look(page, "/hubs");
  const notice = page.getByText("Your plan has no Managed Cloudflare");
  await notice.waitFor();
  expect(await page.getByRole("link", { name: "See plans" }).getAttribute("href")).toBe("/billing");
  await page.goto(`${world.portalUrl}/hubs/office`);
  expect(await page.getByRole("switch").isDisabled()).toBe(true);
  await setPlan("pro");
  const setRole = (role: string) =>
    world.db.updateTable("member").set({ role }).where("organizationId", "=", tenantId).execute();
  await setRole("member");
  await page.goto(`${world.portalUrl}/hubs/office`);
  await page.getByText("Owners and admins of your account can move it.").waitFor();
  expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
  await setRole("owner");
  expect(complaints).toEqual([]);
});

test("adding a hub shows its token once with the command; the switch says what it will make; the bucket's name is typed before backups are deleted", async () => {
  const { page, complaints } = await open();
  await forgetHubs(world.db, tenantId);
  await page.goto(`${world.portalUrl}/hubs`);
  await page.getByLabel("Hub id").fill("not a name");
  await page.getByRole("button", { name: "Add the hub" }).click();
  await page.getByText("Letters, digits, dots, hyphens and underscores, up to 120.").waitFor();
  await page.getByLabel("Hub id").fill("garage");
  await page.getByLabel("What it serves").fill("http://localhost:3210");
  await page.getByRole("button", { name: "Add the hub" }).click();
  const added = page.getByRole("dialog", { name: "garage is added" });
  await added.waitFor();
  await expectFineInLooks(page, twoLooks);
  expect(await added.textContent()).toMatch(
    /npx hotspot hub enable --hub-id garage --account-id \S+ --hub-token - --to http:\/\/localhost:3210/,
  );
  await added.getByRole("link", { name: "Open the hub" }).click();

  await page.getByRole("switch", { name: "Managed Cloudflare" }).click();
  const enabling = page.getByRole("dialog", { name: /Switch Managed Cloudflare on/ });
  await enabling.waitFor();
  await expectFineInLooks(page, twoLooks);
  for (const part of ["A tunnel.", "A host name.", "A bucket.", "A key."]) {
    await enabling.getByText(part).waitFor();
  }
  expect(await enabling.getByLabel("What it serves").inputValue()).toBe("http://localhost:3210");
  await enabling.getByLabel("Subdomain").fill("admin");
  await enabling.getByRole("button", { name: "Switch on" }).click();
  await enabling.getByText(/kept back|reserved/).waitFor();
  expect(cloudflare.list().tunnels).toEqual([]);

  // A page of a hub that goes away looks for it once more, and complains.
  await page.goto(`${world.portalUrl}/hubs`);
  await forgetHubs(world.db, tenantId);
  await putHub(world.db, tenantId, "office", "ready");
  await page.goto(`${world.portalUrl}/hubs/office`);
  await page.getByRole("switch", { name: "Managed Cloudflare" }).click();
  const disabling = page.getByRole("dialog", { name: /Switch Managed Cloudflare off/ });
  expect(await disabling.getByLabel("Days").inputValue()).toBe("30");
  await expectFineInLooks(page, twoLooks);
  await disabling.getByText("Delete them now").click();
  const off = disabling.getByRole("button", { name: "Switch off" });
  expect(await off.isDisabled()).toBe(true);
  await expectFineInLooks(page, twoLooks);
  const { name } = await world.db.selectFrom("hub_buckets").select("name").executeTakeFirstOrThrow();
  await disabling.getByLabel(`Type ${name} to confirm`).fill(`${name}x`);
  expect(await off.isDisabled()).toBe(true);
  await disabling.getByLabel(`Type ${name} to confirm`).fill(name);
  expect(await off.isEnabled()).toBe(true);
  await disabling.getByText("Keep them for a while").click();
  expect(await off.isEnabled()).toBe(true);

  await page.goto(`${world.portalUrl}/hubs`);
  await forgetHubs(world.db, tenantId);
  await putHub(world.db, tenantId, "office", "kept");
  await page.goto(`${world.portalUrl}/hubs/office`);
  await page.getByRole("button", { name: "Remove hub" }).click();
  const removing = page.getByRole("dialog", { name: /^Remove .*\?$/ });
  expect(await removing.textContent()).toMatch(
    /can be added again under the same id\. Its backups are deleted on/,
  );
  await removing.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Remove hub" }).click();
  await removing.getByRole("button", { name: "Remove hub" }).click();
  await page.getByText("The hub is removed.").waitFor();
  await page.getByText("No hub yet").waitFor();
  expect(complaints).toEqual([]);
});
