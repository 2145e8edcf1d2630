import { randomBytes } from "node:crypto";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { expectAccessible, expectNoSidewaysScroll, watchedBrowser } from "../fixtures/browser.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { AcmeStandIn } from "../standins/acme/server.ts";
import { DnsStandIn } from "../standins/dns.ts";
import { startUpstream } from "../standins/upstream.ts";
import { portalWorld } from "./portal-world.ts";

// A name server, a CA, a portal and a relay; one domain goes its whole way.
const dns = await DnsStandIn.start();
const ca = await AcmeStandIn.start({ httpPort: () => world.relay.port, dnsServer: dns.server });
afterAll(async () => {
  dns.stop();
  await ca.stop();
});
const shared = {
  SEALING_KEYS: `test:${randomBytes(32).toString("base64")}`,
  ALLOW_PRIVATE_UPSTREAMS: "1",
};
const world = await portalWorld({
  portalEnv: {
    ...shared,
    DNS_SERVERS: dns.server,
    ACME_DIRECTORY_URL: ca.directoryUrl,
    ACME_EMAIL: "ops@example.org",
  },
  relayEnv: { ...shared, RELAY_TLS_PORT: "0" },
});
const browser = watchedBrowser();
const host = "api.customer.com";
const slug = "domain-owner";
let account: Account;

interface Domain {
  id: string;
  state: string;
  reason: string | null;
  records: { type: string; name: string; value: string }[];
}

beforeAll(async () => {
  account = await signUp(world.portalUrl, world.mailbox);
  await account.call("POST", "/api/endpoints/register", { slug });
  await world.db.updateTable("tenant_settings").set({ plan: "pro" }).execute();
  await world.db.updateTable("licenses").set({ plan: "pro" }).execute();
  const upstream = await startUpstream();
  upstream.on("/hello", (req, res) => res.end(`for ${req.headers["x-forwarded-host"]}`));
  await account.call("PATCH", `/api/endpoints/${slug}`, { upstreamBaseUrl: upstream.url });
});

const list = async () => {
  const answer = await account.call("GET", `/api/domains?slug=${slug}`);
  return ((await answer.json()) as { domains: Domain[] }).domains;
};
const verify = async (id: string) =>
  (await (await account.call("POST", `/api/domains/${id}/verify`)).json()) as Domain;
/** Status over plain HTTP on the relay's port. */
const plainStatus = async () => {
  const { status } = await rawRequest(world.relay.port, ["GET /hello HTTP/1.1", `Host: ${host}`]);
  return status;
};
/** Over TLS with the CA's root as the only one that is believed. */
function secure(): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: "127.0.0.1",
        port: world.relay.tlsPort,
        servername: host,
        ca: ca.rootPem,
        path: "/hello",
        headers: { host },
        agent: false,
      },
      (response) => text(response).then((body) => resolve({ status: response.statusCode, body }), reject),
    )
      .on("error", reject)
      .end();
  });
}

test("a domain is claimed in the portal, proven in DNS, gets its certificate and is served over https; without its proof it is not", async () => {
  const { page, complaints } = await browser.open({ cookies: account.cookies, url: world.portalUrl });
  await page.goto(`${world.portalUrl}/endpoints/${slug}/domains`);
  await page.getByText("No domain of your own yet").waitFor();
  await page.getByLabel("Host name").fill("https://API.customer.com/v1");
  await page.getByRole("button", { name: "Add the domain" }).click();
  await page.getByText("waits for DNS").waitFor();
  const [claim] = await list();
  for (const { type, name, value } of claim!.records) {
    const shown = page.getByRole("listitem").filter({ hasText: type });
    await shown.getByText(value, { exact: true }).first().waitFor();
    if (type === "TXT") dns.addText(name, value);
    else dns.cnames.set(name, value);
  }
  expect(await plainStatus()).toBe(404);
  await expect(secure()).rejects.toThrow();

  await page.getByRole("button", { name: `Check now: ${host}` }).click();
  // The certificate comes by itself, and the page hears of it.
  await page.getByText("active", { exact: true }).waitFor();
  expect(await list()).toMatchObject([{ host, state: "active", reason: null, served: true }]);
  await expect.poll(secure).toEqual({ status: 200, body: `for ${host}` });
  expect(ca.orders).toEqual([[host]]);
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  expect(complaints).toEqual([]);

  dns.texts.clear();
  const [domain] = await list();
  expect(await verify(domain!.id)).toMatchObject({
    state: "active",
    reason: expect.stringContaining("1 of 3"),
  });
  expect(await plainStatus()).toBe(200);
  await verify(domain!.id);
  const lapsed = await verify(domain!.id);
  expect(lapsed).toMatchObject({ state: "lapsed", served: false });
  await expect.poll(plainStatus, { timeout: 2_000 }).toBe(404);
  await expect.poll(() => secure().catch(() => "refused"), { timeout: 2_000 }).toBe("refused");
});

test("a removed domain stops at once, and an account without custom domains is told so", async () => {
  const [domain] = await list();
  dns.addText(domain!.records[0]!.name, domain!.records[0]!.value);
  expect(await verify(domain!.id)).toMatchObject({ state: "active" });
  await expect.poll(plainStatus).toBe(200);
  expect((await account.call("DELETE", `/api/domains/${domain!.id}`)).status).toBe(200);
  await expect.poll(plainStatus, { timeout: 2_000 }).toBe(404);

  const free = await signUp(world.portalUrl, world.mailbox, "Free");
  await free.call("POST", "/api/endpoints/register", { slug: "free-owner" });
  const refused = await free.call("POST", "/api/domains", {
    endpointSlug: "free-owner",
    host: "api.free.com",
  });
  expect(await refused.json()).toMatchObject({
    error: { code: "plan_limit", message: "your plan has no custom domains: they come with Pro and Team" },
  });
  const page = await (await free.call("GET", "/endpoints/free-owner/domains")).text();
  expect(page).toContain("Your plan has no custom domains");
});
