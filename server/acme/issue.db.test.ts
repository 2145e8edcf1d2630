import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeEach, expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { AcmeStandIn } from "../../e2e/standins/acme/server.ts";
import { CloudflareStandIn } from "../../e2e/standins/cloudflare/index.ts";
import { DnsStandIn } from "../../e2e/standins/dns.ts";
import { findChallenges, loadCertificates } from "../certificates/index.ts";
import { createSealer, parseSealingKeys } from "../sealing.ts";
import { createCloudflareZone } from "./cloudflare.ts";
import { createDnsWriter } from "./dns-writer.ts";
import { issueDueCertificates } from "./issue.ts";
import { createCertificateOffice, wantWildcard } from "./office.ts";
import { resealKeys } from "./reseal.ts";

const { db } = await createTestDb();
const DAY = 86_400_000;

/** Stands where the relays stand: answers a CA from the table. `broken` hosts lead elsewhere. */
const broken = new Set<string>();
const web = createServer(async (request, response) => {
  const host = request.headers.host!;
  const token = request.url!.replace("/.well-known/acme-challenge/", "");
  const answer = broken.has(host) ? undefined : (await findChallenges(db, host)).get(token);
  response.writeHead(answer === undefined ? 404 : 200).end(answer);
});
await new Promise<void>((done) => web.listen(0, "127.0.0.1", done));
const dns = await DnsStandIn.start();
const cloudflare = await CloudflareStandIn.start({ zone: "tunnels.example.org", dns });
const ca = await AcmeStandIn.start({
  httpPort: () => (web.address() as AddressInfo).port,
  dnsServer: dns.server,
});
afterAll(async () => {
  dns.stop();
  web.close();
  await Promise.all([ca.stop(), cloudflare.stop()]);
});

const sealer = createSealer(parseSealingKeys(`test:${Buffer.alloc(32, 7).toString("base64")}`)!);
const clock = { now: new Date() };
const dnsServers = [dns.server];
const zone = createCloudflareZone({
  token: cloudflare.token,
  zoneId: cloudflare.zoneId,
  apiBase: cloudflare.apiBase,
});
const deps = {
  db,
  sealer,
  acme: { directoryUrl: ca.directoryUrl, email: "ops@example.org", pollMs: 5, settleMs: 0 },
  dns: createDnsWriter(zone, { dnsServers, patienceMs: 500, pollMs: 20 }),
  log: { info() {}, warn() {} },
  now: () => clock.now,
};
const tenant = await createTenant(db, { plan: "pro" });
const endpoint = await createEndpoint(db, tenant);
const office = createCertificateOffice(async () => undefined);
const wish = (host: string) => db.transaction().execute((tx) => office.request(tx, host));

/** A custom domain that is proven and waits for its certificate. */
async function holdDomain(host: string): Promise<void> {
  const now = new Date();
  const row = { id: `dom_${host}`, tenant_id: tenant.tenantId, endpoint_id: endpoint.endpointId, host };
  await db
    .insertInto("custom_domains")
    .values({
      ...row,
      proof_token: "x",
      state: "issuing",
      held_since: now,
      proven_at: now,
      next_check_at: null,
    })
    .execute();
  await wish(host);
}
const rowOf = (name: string) =>
  db.selectFrom("certificates").selectAll().where("name", "=", name).executeTakeFirstOrThrow();
const domainOf = (host: string) =>
  db
    .selectFrom("custom_domains")
    .select(["state", "reason"])
    .where("host", "=", host)
    .executeTakeFirstOrThrow();
const usable = () =>
  loadCertificates(db, sealer, (_, error) => {
    throw error;
  });

beforeEach(async () => {
  // A little ahead of what the test is about to wish for.
  clock.now = new Date(Date.now() + 60_000);
  ca.limit = null;
  ca.now = null;
  ca.days = 90;
  ca.orders.length = 0;
  broken.clear();
  await db.deleteFrom("certificates").execute();
  await db.deleteFrom("custom_domains").execute();
  await db.updateTable("acme_accounts").set({ paused_until: null }).execute();
});

test("a proven host gets a certificate over HTTP-01; bad nonces are lived through, the key is stored sealed", async () => {
  await holdDomain("api.one.com");
  ca.badNonces = 3;
  expect(await issueDueCertificates(deps)).toEqual({ issued: 1, failed: 0 });
  const [found] = await usable();
  const leaf = new X509Certificate(found!.certPem);
  expect(leaf.subjectAltName).toBe("DNS:api.one.com");
  expect(leaf.verify(new X509Certificate(ca.rootPem).publicKey)).toBe(true);
  expect(leaf.checkPrivateKey(createPrivateKey(found!.keyPem))).toBe(true);
  expect((await rowOf("api.one.com")).sealed_key).toMatch(/^v1\.test\./);
  expect(await domainOf("api.one.com")).toEqual({ state: "active", reason: null });
  expect(await db.selectFrom("acme_challenges").select("host").execute()).toEqual([]);
  expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 0 });
});

test("it is renewed 30 days before its end, and the old one serves until the new one is there", async () => {
  await holdDomain("api.two.com");
  await issueDueCertificates(deps);
  const first = await rowOf("api.two.com");
  expect(first.next_try_at!.getTime()).toBe(first.not_after!.getTime() - 30 * DAY);
  clock.now = new Date(first.next_try_at!.getTime() - 1);
  expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 0 });
  clock.now = new Date(clock.now.getTime() + 1);
  broken.add("api.two.com");
  expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 1 });
  expect((await rowOf("api.two.com")).cert_pem).toBe(first.cert_pem);
  expect((await domainOf("api.two.com")).state).toBe("active");
  broken.clear();
  clock.now = (await rowOf("api.two.com")).next_try_at!;
  ca.now = clock.now;
  expect(await issueDueCertificates(deps)).toEqual({ issued: 1, failed: 0 });
  const second = await rowOf("api.two.com");
  expect(second.not_after!.getTime()).toBeGreaterThan(first.not_after!.getTime() + 50 * DAY);
  expect([second.failures, second.error]).toEqual([0, null]);
});

test("a certificate that lives for days is renewed when a third of its life is left", async () => {
  ca.days = 6;
  await holdDomain("api.short.com");
  await issueDueCertificates(deps);
  const { next_try_at, not_after } = await rowOf("api.short.com");
  expect(not_after!.getTime() - next_try_at!.getTime()).toBe(2 * DAY);
});

test("a challenge that fails is told to the owner in the CA's words, and tried again ever later, four times an hour at most", async () => {
  await holdDomain("api.three.com");
  broken.add("api.three.com");
  const start = clock.now.getTime();
  for (let i = 0; i < 8; i++) {
    expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 1 });
    clock.now = (await rowOf("api.three.com")).next_try_at!;
  }
  const tries = ca.orders.length;
  expect(tries).toBe(8);
  expect(clock.now.getTime() - start).toBeGreaterThan(2 * DAY);
  expect(await domainOf("api.three.com")).toMatchObject({
    state: "failed",
    reason: expect.stringMatching(
      /^No certificate yet: Invalid response from http:\/\/api\.three\.com\/.*: 404$/,
    ),
  });
  // Whoever asks again in the portal does not bring the next try forward.
  await wish("api.three.com");
  expect((await rowOf("api.three.com")).next_try_at).toEqual(clock.now);
  broken.clear();
  expect(await issueDueCertificates(deps)).toEqual({ issued: 1, failed: 0 });
  expect(await domainOf("api.three.com")).toEqual({ state: "active", reason: null });
});

test("a CA that has heard enough is left alone for as long as it says, for other names too", async () => {
  await holdDomain("api.four.com");
  ca.limit = { retryAfterSeconds: 7_200, times: 1 };
  expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 1 });
  expect((await rowOf("api.four.com")).next_try_at!.getTime()).toBe(clock.now.getTime() + 7_200_000);
  await holdDomain("api.five.com");
  expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 0 });
  expect(ca.orders).toEqual([["api.four.com"]]);
  clock.now = new Date(clock.now.getTime() + 10 * 60_000 + 1);
  expect(await issueDueCertificates(deps)).toEqual({ issued: 1, failed: 0 });
  expect(ca.orders.at(-1)).toEqual(["api.five.com"]);
});

test("of several portals one orders a name, and all use one account", async () => {
  for (const host of ["a.six.com", "b.six.com", "c.six.com", "d.six.com"]) await holdDomain(host);
  const done = await Promise.all([1, 2, 3].map(() => issueDueCertificates(deps)));
  expect(done.reduce((sum, { issued }) => sum + issued, 0)).toBe(4);
  expect(ca.orders.map(String).toSorted()).toEqual(["a.six.com", "b.six.com", "c.six.com", "d.six.com"]);
  expect(ca.accountCount).toBe(1);
});

test("the base domain gets a wildcard over DNS-01, and the zone is left as it was", async () => {
  await wantWildcard(db, "tunnels.example.org");
  await wantWildcard(db, "tunnels.example.org");
  expect(await issueDueCertificates(deps)).toEqual({ issued: 1, failed: 0 });
  const [found] = await usable();
  expect(found!.names).toEqual(["*.tunnels.example.org", "tunnels.example.org"]);
  expect(new X509Certificate(found!.certPem).subjectAltName).toBe(
    "DNS:*.tunnels.example.org, DNS:tunnels.example.org",
  );
  expect(cloudflare.list().records).toEqual([]);
  expect(cloudflare.calls.filter((call) => call.startsWith("POST"))).toHaveLength(2);
  expect(
    dns.asked.filter((asked) => asked === "TXT _acme-challenge.tunnels.example.org").length,
  ).toBeGreaterThan(3);
});

test("what Cloudflare refuses is written down in its words", async () => {
  await wantWildcard(db, "tunnels.example.org");
  cloudflare.fail(
    { method: "POST", path: /\/dns_records$/ },
    { status: 429, code: 10_013, message: "Rate limit reached" },
  );
  expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 1 });
  expect((await rowOf("*.tunnels.example.org")).error).toBe(
    "Cloudflare answered 429 to records.create: Rate limit reached (10013)",
  );
});

test("a host that lapsed is neither ordered for nor used, and one that nobody claims is forgotten", async () => {
  await holdDomain("api.seven.com");
  await issueDueCertificates(deps);
  expect(await usable()).toHaveLength(1);
  await db.updateTable("custom_domains").set({ state: "lapsed", held_since: null }).execute();
  expect(await usable()).toEqual([]);
  await db
    .updateTable("certificates")
    .set({ next_try_at: new Date(0) })
    .execute();
  expect(await issueDueCertificates(deps)).toEqual({ issued: 0, failed: 0 });
  await db.updateTable("custom_domains").set({ removed_at: new Date() }).execute();
  await issueDueCertificates(deps);
  expect(await db.selectFrom("certificates").select("id").execute()).toEqual([]);
});

test("a new sealing key in front: what stands is sealed anew, and opens without the old one", async () => {
  const fresh = `fresh:${Buffer.alloc(32, 9).toString("base64")}`;
  const old = `test:${Buffer.alloc(32, 7).toString("base64")}`;
  await holdDomain("resealed.customer.org");
  await issueDueCertificates(deps);
  const before = await usable();
  expect(before).toHaveLength(1);
  const both = createSealer(parseSealingKeys(`${fresh},${old}`)!);
  expect(await resealKeys({ ...deps, sealer: both })).toBe(before.length + 1); // and our account
  expect(await resealKeys({ ...deps, sealer: both })).toBe(0);
  const alone = createSealer(parseSealingKeys(fresh)!);
  const after = await loadCertificates(db, alone, (_, error) => {
    throw error;
  });
  expect(after.map(({ keyPem }) => keyPem).sort()).toEqual(before.map(({ keyPem }) => keyPem).sort());
});
