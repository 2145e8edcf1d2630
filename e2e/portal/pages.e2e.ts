import { beforeAll, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import {
  expectAccessible,
  expectFineInLooks,
  expectNoSidewaysScroll,
  twoLooks,
  watchedBrowser,
} from "../fixtures/browser.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { startUpstream } from "../standins/upstream.ts";
import { portalWorld } from "./portal-world.ts";

const world = await portalWorld();
const browser = watchedBrowser();
/** As long as a name may be, so that it pushes at every edge. */
const slug = "a-name-of-forty-characters-as-many-as-ok";
let account: Account;
/** Has nothing yet. */
let newcomer: Account;

beforeAll(async () => {
  account = await signUp(world.portalUrl, world.mailbox, "Ada with quite a long name for the corner");
  await account.call("POST", "/api/endpoints/register", { slug });
  const key = await (await account.call("POST", "/api/access-keys", { name: "a consumer" })).json();
  await account.call("POST", "/api/budgets", { metric: "requests", period: "month", limit: 2, hard: false });
  const ofKey = { accessKeyId: key.accessKey.id, metric: "tokens", period: "day" };
  await account.call("POST", "/api/budgets", { ...ofKey, limit: 1_000_000_000_000, hard: true });
  newcomer = await signUp(world.portalUrl, world.mailbox, "Newcomer");
  const { licenseKey } = await (await account.call("POST", "/api/license/key")).json();
  const upstream = await startUpstream();
  world.stopLater(
    await startConnector({
      licenseKey,
      slug,
      to: upstream.url,
      portalUrl: world.portalUrl,
      configDir: `${world.dataDir}/connector`,
    }),
  );
  for (const path of ["/v1/models", `/${"a-long-path-".repeat(20)}`]) {
    await rawRequest(world.relay.port, [`GET ${path} HTTP/1.1`, `Host: ${world.hostOf(slug)}`]);
  }
});

const publicPages = ["/", "/sign-up", "/sign-in", "/forgot-password", "/abuse", "/api/docs", "/nothing-here"];
const ownPages = [
  "/start",
  "/endpoints",
  `/endpoints/${slug}`,
  `/endpoints/${slug}/requests`,
  `/endpoints/${slug}/try`,
  `/endpoints/${slug}/keys`,
  `/endpoints/${slug}/domains`,
  `/endpoints/${slug}/settings`,
  // Billing is off here; its pages in every state of an account are in money/billing-pages.e2e.ts.
  "/billing",
  "/billing/checkout",
  "/billing/invoices",
  // Cloudflare is not configured here; hubs in every state are in hubs/pages.e2e.ts.
  "/hubs",
  "/usage",
  "/budgets",
  "/license",
  "/api-keys",
  "/account",
];

test("every page can be used by everybody (axe, WCAG 2.2 AA), wide and narrow, light and dark, and complains about nothing", {
  timeout: 180_000,
}, async () => {
  const stranger = await browser.open();
  const owner = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  const beginner = await browser.open({ cookies: newcomer.cookies, url: world.portalUrl });
  for (const [{ page, complaints }, paths] of [
    [stranger, publicPages],
    [owner, ownPages],
    [beginner, ["/budgets"]],
  ] as const) {
    for (const path of paths) {
      const answer = await page.goto(`${world.portalUrl}${path}`);
      expect([path, answer?.status()]).toEqual([path, path === "/nothing-here" ? 404 : 200]);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await expectFineInLooks(page, twoLooks);
    }
    // A 404 of a page is itself reported by the browser; it is the one that was asked for.
    expect(complaints.filter((text) => !text.includes("/nothing-here"))).toEqual([]);
  }
});

test("the console page of a tenant host is a page of its own: it sets no cookie and fits a phone", async () => {
  const { page, complaints } = await browser.open({ viewport: { width: 390, height: 844 } });
  const answer = await page.goto(`http://${world.hostOf(slug)}/endpoints`);
  expect(answer?.status()).toBe(200);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  expect(await page.context().cookies()).toEqual([]);
  expect(complaints.filter((text) => !text.includes("favicon"))).toEqual([]);
});

test("pages carry the headers that keep others out", async () => {
  const answer = await fetch(`${world.portalUrl}/sign-in`);
  const policy = answer.headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/script-src[^;]*'nonce-/);
  expect(policy).not.toMatch(/script-src[^;]*'unsafe-inline'/);
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  const signedIn = await account.call("GET", "/endpoints");
  expect(signedIn.headers.get("cache-control")).toMatch(/no-store|private/);
});
