import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import {
  everyLook,
  expectAccessible,
  expectFineInLooks,
  twoLooks,
  watchedBrowser,
} from "../fixtures/browser.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { until } from "../fixtures/until.ts";
import { portalWorld } from "../portal/portal-world.ts";
import { startUpstream } from "../standins/upstream.ts";

const world = await portalWorld();
const browser = watchedBrowser();
const slug = "usage-world";
/** What the upstream says of each answer. */
const usage = { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 };
const models = ["llama3", "=SUM(A1)", "qwen"];
/** What really went over the wire, as the client counted it. */
const truth = { requests: 0, bytesIn: 0, bytesOut: 0, tokens: 0 };
let account: Account;
let stranger: Account;
let secret = "";

async function ask(model: string | null, key: string | null): Promise<void> {
  const body =
    model === null ? undefined : JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] });
  const answer = await fetch(
    `http://${world.hostOf(slug)}/v1/${model === null ? "models" : "chat/completions"}`,
    {
      method: model === null ? "GET" : "POST",
      headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), "content-type": "application/json" },
      ...(body === undefined ? {} : { body }),
    },
  );
  expect(answer.status).toBe(200);
  truth.requests += 1;
  truth.bytesIn += Buffer.byteLength(body ?? "");
  truth.bytesOut += (await answer.arrayBuffer()).byteLength;
  truth.tokens += model === null ? 0 : usage.total_tokens;
}

beforeAll(async () => {
  account = await signUp(world.portalUrl, world.mailbox);
  stranger = await signUp(world.portalUrl, world.mailbox);
  await account.call("POST", "/api/endpoints/register", { slug });
  const made = await account.call("POST", "/api/access-keys", { name: "a consumer" });
  secret = ((await made.json()) as { secret: string }).secret;
  const { licenseKey } = await (await account.call("POST", "/api/license/key")).json();
  const upstream = await startUpstream();
  upstream.on("/v1/models", (_request, response) => response.end(`{"data":[]}`));
  upstream.on("/v1/chat/completions", async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { model } = JSON.parse(Buffer.concat(chunks).toString());
    const message = { role: "assistant", content: "Hello there." };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        object: "chat.completion",
        model,
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage,
      }),
    );
  });
  world.stopLater(
    await startConnector({
      licenseKey,
      slug,
      to: upstream.url,
      portalUrl: world.portalUrl,
      configDir: `${world.dataDir}/connector`,
    }),
  );
  for (const [index, model] of [...models, ...models, "llama3", null, null].entries()) {
    await ask(model, index % 2 === 0 ? secret : null);
  }
});

/** Figures of the running period, once all that was sent has been counted. */
async function counted() {
  return until(async () => {
    const { figures, meters } = await (await account.call("GET", "/api/usage")).json();
    expect(figures.requests).toBe(truth.requests);
    return { figures, meters };
  }, 20_000);
}

test("what the page says was used is what went through the relay", async () => {
  const { figures, meters } = await counted();
  expect(figures).toMatchObject({
    bytesIn: truth.bytesIn,
    bytesOut: truth.bytesOut,
    errors: 0,
    estimatedTokens: 0,
  });
  expect(figures.inputTokens + figures.outputTokens).toBe(truth.tokens);
  expect(meters.map(({ used }: { used: number }) => used)).toEqual([
    truth.requests,
    0,
    truth.tokens,
    // It has no hub.
    0,
    0,
    0,
  ]);

  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/usage?by=model`);
  const tile = (title: string) =>
    page.locator("dl > div").filter({ has: page.getByText(title, { exact: true }) });
  expect(await tile("Requests").locator("dd > span").first().textContent()).toBe(String(truth.requests));
  expect(await tile("LLM tokens").locator("dd > span").first().textContent()).toBe(String(truth.tokens));

  // The rows behind the figure: as many, with as many tokens.
  await page.getByRole("link", { name: "All requests" }).click();
  await page.getByRole("heading", { level: 1, name: "Requests" }).waitFor();
  const rows = page.getByRole("table", { name: "Requests" }).locator("tbody > tr");
  expect(await rows.count()).toBe(truth.requests);
  const tokens = await rows.locator("td:last-child").allTextContents();
  expect(tokens.reduce((sum, text) => sum + (Number(text) || 0), 0)).toBe(truth.tokens);
  expect(complaints).toEqual([]);
});

test("a row opens, by keyboard, to where its tokens come from, without reading the log again", async () => {
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/usage/requests?model=llama3`);
  const row = page.getByRole("link", { name: "POST /v1/chat/completions" }).first();
  await row.focus();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.keyboard.press("Enter");
  await page.getByText("As the model server reported them.").waitFor();
  expect(await row.getAttribute("aria-expanded")).toBe("true");
  // The frame of the page is read again; the log is not.
  const data = asked.map((url) => new URL(url)).filter(({ pathname }) => pathname.endsWith(".data"));
  expect(data.map(({ searchParams }) => searchParams.get("_routes"))).toEqual(["root"]);
  await expectAccessible(page);
  await page.reload();
  await page.getByText("As the model server reported them.").waitFor();
  await page.getByRole("link", { name: "POST /v1/chat/completions" }).first().click();
  await page.getByText("As the model server reported them.").waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

test("every view can be used by everybody, wide and narrow, light and dark, and complains about nothing", {
  timeout: 180_000,
}, async () => {
  await counted();
  const owner = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  const empty = await browser.open({ cookies: stranger.cookies, url: world.portalUrl });
  for (const [{ page, complaints }, paths] of [
    [
      owner,
      [
        "/usage",
        "/usage?by=model&metric=tokens",
        "/usage?period=24h&by=access_key&metric=bytes",
        "/usage?period=12m",
        "/usage?from=2026-01-01&to=2026-01-10",
        "/usage?from=nonsense&to=2026-01-10&endpoint=usage-world",
        "/usage/requests",
        `/endpoints/${slug}/keys`,
      ],
    ],
    [empty, ["/usage", "/usage/requests"]],
  ] as const) {
    for (const path of paths) {
      const answer = await page.goto(`${world.portalUrl}${path}`);
      expect([path, answer?.status()]).toEqual([path, 200]);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      // The chart is the same on all of them.
      await expectFineInLooks(page, path === "/usage" ? everyLook : twoLooks);
    }
    expect(complaints).toEqual([]);
  }
});

test("the chart is drawn without moving anything, is read by keys, and has a table that opens by keyboard", async () => {
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.addInitScript(() => {
    const shifts = { sum: 0 };
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.sum += (entry as unknown as { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(`${world.portalUrl}/usage?by=model`);
  const chart = page.locator(".recharts-surface").first();
  await chart.waitFor();
  expect(
    await page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum),
  ).toBeLessThan(0.01);

  await page.getByText("Show as a table").focus();
  await page.keyboard.press("Enter");
  const table = page.getByRole("table", { name: "Requests over time" });
  await table.waitFor();
  const sums = await table.locator("tbody td:last-child").allTextContents();
  expect(sums.reduce((sum, text) => sum + Number(text), 0)).toBe(truth.requests);
  expect(complaints).toEqual([]);
});

test("without scripts the page has its figures, bars and tables", async () => {
  const answer = await account.call("GET", "/usage?by=model&metric=tokens");
  const html = await answer.text();
  expect(html).toContain("Tokens over time");
  expect(html).toMatch(/<rect[^>]+fill="var\(--chart-1\)"/);
  expect(html).toContain(String(truth.tokens));
});

test("the export is the page's figures, and no name in it is a formula", async () => {
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/usage?by=model`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^hotspot-usage-.*-by-day-and-model\.csv$/);
  const [head = "", ...lines] = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
  const column = head.split(",").indexOf("requests");
  // No name of this test holds a comma.
  const cells = lines.map((line) => line.split(","));
  expect(cells.reduce((sum, row) => sum + Number(row[column]), 0)).toBe(truth.requests);
  expect(cells.map((row) => row[2])).toContain(`"'=SUM(A1)"`);
  expect(complaints).toEqual([]);
});

test("the keys page says what each key was used for, and leads to it", async () => {
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/endpoints/${slug}/keys`);
  await page.getByRole("link", { name: /5 requests .* of a consumer/ }).click();
  await page.getByRole("heading", { level: 1, name: "Usage" }).waitFor();
  expect(await page.getByRole("list", { name: "Filters" }).textContent()).toContain("a consumer");
  expect(complaints).toEqual([]);
});

test("another account sees nothing of it", async () => {
  const { figures } = await (await stranger.call("GET", "/api/usage")).json();
  expect(figures.requests).toBe(0);
  expect((await stranger.call("GET", `/api/usage/series?slug=${slug}`)).status).toBe(404);
  expect((await stranger.call("GET", `/usage?endpoint=${slug}`)).status).toBe(404);
});
