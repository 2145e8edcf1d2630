import { sql } from "kysely";
import { beforeAll, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { expectAccessible, watchedBrowser } from "../fixtures/browser.ts";
import { linkIn } from "../fixtures/mailbox.ts";
import { until } from "../fixtures/until.ts";
import { portalWorld } from "./portal-world.ts";

const world = await portalWorld({ relay: false });
const browser = watchedBrowser();
let account: Account;
let tenantId: string;

beforeAll(async () => {
  account = await signUp(world.portalUrl, world.mailbox);
  tenantId = (await (await account.call("GET", "/api/tenant")).json()).id;
  await world.db
    .updateTable("tenant_settings")
    .set({ plan: "pro" })
    .where("tenant_id", "=", tenantId)
    .execute();
});

const limits = () =>
  world.db
    .selectFrom("budgets")
    .select(["metric", "period", "limit_value", "hard"])
    .where("tenant_id", "=", tenantId)
    .orderBy("created_at")
    .execute();

/** The form as a browser without scripts sends it. */
const send = (values: Record<string, string>) =>
  fetch(`${world.portalUrl}/budgets`, {
    method: "POST",
    redirect: "manual",
    headers: {
      cookie: account.cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
      origin: world.portalUrl,
    },
    body: new URLSearchParams(values),
  });

test("a budget is set, changed and removed by hand, with what is wrong beside its field", async () => {
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/usage`);
  await page.getByRole("link", { name: "Budgets" }).click();
  await page.getByText("No budget yet").waitFor();
  await page.getByLabel("What").selectOption("Money");
  await page.getByLabel("Per").selectOption("Billing period");
  await page.getByLabel("Limit in dollars").fill("12,50");
  await page.getByRole("button", { name: "Set the budget" }).click();
  await page.getByText("Write dollars, e.g. 20 or 20.50.").waitFor();
  const field = page.getByLabel("Limit in dollars");
  expect([await field.inputValue(), await field.getAttribute("aria-invalid")]).toEqual(["12,50", "true"]);
  await expectAccessible(page);

  await field.fill("$20.50");
  await page.getByRole("button", { name: "Set the budget" }).click();
  await page.getByRole("heading", { name: "$20.50 in a billing period" }).waitFor();
  expect(await limits()).toEqual([{ metric: "cents", period: "month", limit_value: 2_050, hard: true }]);

  await page.getByRole("link", { name: /^Change \$20\.50/ }).click();
  await until(async () => expect(await page.getByLabel("Limit in dollars").inputValue()).toBe("20.50"));
  await page.getByLabel("Limit in dollars").fill("25");
  await page.getByLabel("At the limit").selectOption("Send mails only");
  await page.getByRole("button", { name: "Set the budget" }).click();
  await page.getByRole("heading", { name: "$25.00 in a billing period" }).waitFor();
  expect(await limits()).toEqual([{ metric: "cents", period: "month", limit_value: 2_500, hard: false }]);

  await page.getByRole("button", { name: /^Remove \$25\.00/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("No budget yet").waitFor();
  expect(await limits()).toEqual([]);
  expect(complaints).toEqual([]);
});

test("the form works without scripts, and shows again what was typed", async () => {
  const values = { accessKeyId: "", metric: "tokens", period: "day", hard: "no" };
  const refused = await send({ ...values, limit: "a lot" });
  const html = await refused.text();
  expect(html).toContain("Write a whole number, e.g. 1,000,000.");
  expect(html).toContain('value="a lot"');
  const done = await send({ ...values, limit: "1,000,000" });
  expect([done.status, done.headers.get("location")]).toEqual([302, "/budgets?done=budget-set"]);
  expect(await limits()).toEqual([{ metric: "tokens", period: "day", limit_value: 1_000_000, hard: false }]);
});

test("the portal's jobs mail what has passed half of a budget", async () => {
  const before = (await world.mailbox.all()).filter(({ to }) => to === account.email);
  const nothing = { errors: 0, bytes_in: 0, bytes_out: 0, connection_ms: 0, unmetered_requests: 0 };
  await world.db
    .insertInto("usage_hourly")
    .values({
      tenant_id: tenantId,
      hour: new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000),
      endpoint_id: "",
      access_key_id: "",
      model: "",
      requests: 1,
      ...nothing,
      input_tokens: 600_000,
      cached_tokens: 0,
      cache_write_tokens: 0,
      output_tokens: 0,
      reasoning_tokens: 0,
      estimated_tokens: 0,
    })
    .execute();
  await sql`select graphile_worker.add_job('budget_alerts', '{}')`.execute(world.db);
  const mail = await world.mailbox.next(account.email, before);
  expect(mail.subject).toMatch(/50.*daily token budget/);
  expect(linkIn(mail, "/budgets").origin).toBe(world.portalUrl);
});

test("a member sees budgets and can change none; a plan without prices offers no money", async () => {
  const setRole = (role: string) =>
    world.db.updateTable("member").set({ role }).where("organizationId", "=", tenantId).execute();
  const setPlan = (plan: "free" | "pro") =>
    world.db.updateTable("tenant_settings").set({ plan }).where("tenant_id", "=", tenantId).execute();
  await setPlan("free");
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/budgets`);
  await page.getByText(/Money cannot be limited on your plan/).waitFor();
  expect(await page.getByLabel("What").locator("option").allTextContents()).toEqual(["Tokens", "Requests"]);
  await setRole("member");
  await page.reload();
  await page.getByText("Owners and admins of your account change budgets.").waitFor();
  expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
  const before = await limits();
  const refused = await send({ accessKeyId: "", metric: "tokens", period: "day", limit: "5", hard: "yes" });
  expect(await refused.text()).toContain("Your role does not allow this.");
  expect(await limits()).toEqual(before);
  expect(complaints).toEqual([]);
});
