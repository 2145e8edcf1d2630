import { expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { releaseEndpoint } from "../endpoints/index.ts";
import { ownerContext, testConfig } from "../testing/api.ts";
import { collectChanges } from "../testing/changes.ts";
import { checkDueDomains } from "./check.ts";
import { addDomain, listDomains, removeDomain, verifyDomain } from "./index.ts";
import { findSlugOfHost } from "./route.ts";
import { createFakeDns } from "./testing.ts";

const { db, url } = await createTestDb();
const changes = await collectChanges(url);
/** Hosts that began or ended to be served since the last look. */
const heardHosts = () => changes.events.flatMap((event) => ("host" in event ? [event.host] : [])).sort();
const config = { ...testConfig, endpointsBaseDomain: "tunnels.example.org" };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let hosts = 0;
/** A tenant with an endpoint, DNS of its own, and the verbs bound to them. */
async function world(plan: "free" | "pro" = "pro") {
  const tenant = await createTenant(db, { plan });
  const endpoint = await createEndpoint(db, tenant);
  const ctx = ownerContext(db, tenant);
  const dns = createFakeDns();
  const wanted: string[] = [];
  const clock = { now: new Date() };
  const deps = {
    resolver: dns.resolver,
    certificates: null as null | { request(tx: unknown, host: string): Promise<void> },
    now: () => clock.now,
  };
  return {
    ctx,
    dns,
    deps,
    wanted,
    clock,
    slug: endpoint.slug,
    add: (host: string, endpointSlug = endpoint.slug) =>
      addDomain({ ctx, config, input: { host, endpointSlug } }),
    verify: (id: string) => verifyDomain({ ctx, config, deps, input: { id } }),
    remove: (id: string) => removeDomain({ ctx, input: { id } }),
    list: () => listDomains({ ctx, config, deps, input: { slug: endpoint.slug } }),
    check: () =>
      checkDueDomains(db, {
        deps,
        config,
        onFailed: (_, error) => {
          throw error;
        },
      }),
  };
}
const newHost = () => `api${++hosts}.customer.com`;

test("a claim says which records to set, and is served when the proof is seen; the route makes it active", async () => {
  const one = await world();
  const host = newHost();
  const claim = await one.add(` HTTPS://${host.toUpperCase()}/ `);
  expect(claim).toMatchObject({
    host,
    state: "pending",
    served: false,
    url: `http://${host}:8789`,
    records: [
      {
        type: "TXT",
        name: `_hotspot.${host}`,
        value: expect.stringMatching(/^hotspot-verification=\w{40}$/),
      },
      { type: "CNAME", name: host, value: `${one.slug}.tunnels.example.org` },
    ],
  });
  expect(await one.verify(claim.id)).toMatchObject({
    state: "pending",
    reason: `The TXT record _hotspot.${host} is not there yet.`,
    records: [{ found: false }, { found: false }],
  });
  one.dns.texts.set(`_hotspot.${host}`, ["hotspot-verification=0ld"]);
  expect((await one.verify(claim.id)).reason).toContain("another value");
  expect(await findSlugOfHost(db, host)).toBeNull();

  one.dns.texts.set(`_hotspot.${host}`, ["v=spf1 -all", claim.records[0]!.value]);
  one.dns.cnames.set(host, "elsewhere.example.net");
  expect(await one.verify(claim.id)).toMatchObject({
    state: "verified",
    served: true,
    reason: `${host} leads to elsewhere.example.net: set a CNAME record to ${one.slug}.tunnels.example.org.`,
  });
  expect(await findSlugOfHost(db, host)).toBe(one.slug);

  one.dns.cnames.set(host, `${one.slug}.tunnels.example.org`);
  expect(await one.verify(claim.id)).toMatchObject({ state: "active", reason: null });
});

test("a zone's apex without CNAME leads here by its addresses", async () => {
  const one = await world();
  const claim = await one.add(`apex${++hosts}.com`);
  one.dns.texts.set(`_hotspot.${claim.host}`, [claim.records[0]!.value]);
  one.dns.addresses.set(claim.host, ["192.0.2.1"]);
  one.dns.addresses.set(`${one.slug}.tunnels.example.org`, ["192.0.2.9"]);
  expect((await one.verify(claim.id)).state).toBe("verified");
  one.dns.addresses.set(claim.host, ["192.0.2.1", "192.0.2.9"]);
  expect((await one.verify(claim.id)).state).toBe("active");
});

test("a proof that goes away is missed three times before the domain lapses; it comes back by itself with the proof", async () => {
  const one = await world();
  const claim = await one.add(newHost());
  one.dns.obey(claim);
  await one.verify(claim.id);
  await changes.expect({ type: "endpoint", host: claim.host });
  const proof = one.dns.texts.get(`_hotspot.${claim.host}`)!;
  one.dns.texts.clear();
  const later = async (ms: number) => {
    one.clock.now = new Date(one.clock.now.getTime() + ms);
    expect(await one.check()).toBeGreaterThan(0);
    return (await one.list()).domains[0]!;
  };
  expect(await later(DAY + 1)).toMatchObject({
    state: "active",
    served: true,
    reason: expect.stringContaining("1 of 3"),
  });
  expect(await later(HOUR + 1)).toMatchObject({ state: "active", served: true });
  expect(heardHosts()).not.toContain(claim.host);
  expect(await later(HOUR + 1)).toMatchObject({
    state: "lapsed",
    served: false,
    reason: `The TXT record _hotspot.${claim.host} is gone. The domain is not served.`,
  });
  expect(await findSlugOfHost(db, claim.host)).toBeNull();
  // Those of other tests lapse too: their zones are not in this one.
  await expect.poll(heardHosts).toContain(claim.host);
  one.dns.texts.set(`_hotspot.${claim.host}`, proof);
  expect(await later(HOUR + 1)).toMatchObject({ state: "active", served: true });
});

test("DNS that does not answer counts for nothing, until it has been silent for a week", async () => {
  const one = await world();
  const claim = await one.add(newHost());
  one.dns.obey(claim);
  await one.verify(claim.id);
  one.dns.silent.add(`_hotspot.${claim.host}`);
  for (let i = 0; i < 5; i++) expect((await one.verify(claim.id)).served).toBe(true);
  one.clock.now = new Date(one.clock.now.getTime() + 8 * DAY);
  expect(await one.verify(claim.id)).toMatchObject({ state: "lapsed", served: false });
});

test("a claim that is not proven blocks nobody: who proves the host holds it, and then nobody else can claim it", async () => {
  const squatter = await world();
  const owner = await world();
  const host = newHost();
  const squat = await squatter.add(host);
  const claim = await owner.add(host);
  owner.dns.obey(claim);
  expect((await owner.verify(claim.id)).state).toBe("active");
  expect(await findSlugOfHost(db, host)).toBe(owner.slug);

  // Even with a proof of its own the squatter does not take it away.
  squatter.dns.obey(squat);
  expect(await squatter.verify(squat.id)).toMatchObject({
    state: "failed",
    served: false,
    reason: expect.stringContaining("another account"),
  });
  expect(await findSlugOfHost(db, host)).toBe(owner.slug);
  const third = await world();
  await expect(third.add(host)).rejects.toMatchObject({ kind: "conflict", code: "domain_held" });
  await expect(owner.add(host)).rejects.toMatchObject({ kind: "conflict", code: "domain_exists" });
});

test("of two that prove a host in one moment one holds it", async () => {
  const host = newHost();
  const both = await Promise.all([world(), world()]);
  const claims = await Promise.all(both.map((each) => each.add(host)));
  for (const [i, each] of both.entries()) each.dns.obey(claims[i]!);
  const states = await Promise.all(both.map((each, i) => each.verify(claims[i]!.id)));
  expect(states.map(({ state }) => state).sort()).toEqual(["active", "failed"]);
});

test("a removed domain stops at once and is free for others, and so do those of a released endpoint", async () => {
  const one = await world();
  const [first, second] = [await one.add(newHost()), await one.add(newHost())];
  for (const claim of [first, second]) {
    one.dns.obey(claim);
    await one.verify(claim.id);
  }
  await changes.expect({ type: "endpoint", host: second.host });
  await one.remove(first.id);
  expect(await findSlugOfHost(db, first.host)).toBeNull();
  await expect(one.verify(first.id)).rejects.toMatchObject({ code: "domain_not_found" });
  expect(await one.add(first.host)).toMatchObject({ state: "pending" });
  await releaseEndpoint({ ctx: one.ctx, input: { slug: one.slug } });
  expect(await findSlugOfHost(db, second.host)).toBeNull();
  // The first was claimed anew, and went with the endpoint a second time.
  await expect.poll(heardHosts).toEqual([first.host, first.host, second.host].sort());
});

test("the plan limits custom domains, and says so clearly where it has none", async () => {
  const free = await world("free");
  await expect(free.add(newHost())).rejects.toMatchObject({
    kind: "limit",
    code: "plan_limit",
    message: "your plan has no custom domains: they come with Pro and Team",
    details: { limit: 0, used: 0 },
  });
  const pro = await world();
  for (let i = 0; i < 3; i++) await pro.add(newHost());
  await expect(pro.add(newHost())).rejects.toMatchObject({
    code: "plan_limit",
    details: { limit: 3, used: 3 },
  });
  expect(await pro.list()).toMatchObject({ limit: 3, used: 3, certificates: "off" });
});

test("a claim nobody proves is looked for ever less often, and given up after 14 days", async () => {
  const one = await world();
  const claim = await one.add(newHost());
  const waits: number[] = [];
  for (;;) {
    const { state, nextCheckAt } = await one.verify(claim.id);
    if (nextCheckAt === null) {
      expect(state).toBe("failed");
      break;
    }
    waits.push(Date.parse(nextCheckAt) - one.clock.now.getTime());
    one.clock.now = new Date(nextCheckAt);
  }
  expect(waits[0]).toBe(60_000);
  expect(waits.at(-1)).toBe(HOUR);
  expect(waits.length).toBeLessThan(500);
});

test("with a CA, a certificate is wished for when proof and route are there, and again when it failed", async () => {
  const one = await world();
  one.deps.certificates = { request: async (_, host) => void one.wanted.push(host) };
  const claim = await one.add(newHost());
  one.dns.texts.set(`_hotspot.${claim.host}`, [claim.records[0]!.value]);
  expect((await one.verify(claim.id)).state).toBe("verified");
  expect(one.wanted).toEqual([]);
  one.dns.obey(claim);
  expect(await one.verify(claim.id)).toMatchObject({ state: "issuing", served: true });
  await db
    .insertInto("certificates")
    .values({
      id: `crt_${claim.id}`,
      name: claim.host,
      names: [claim.host],
      challenge: "http-01",
      error: "no way in",
    })
    .execute();
  expect(await one.verify(claim.id)).toMatchObject({
    state: "failed",
    served: true,
    reason: "No certificate yet: no way in",
  });
  expect(one.wanted).toEqual([claim.host, claim.host]);
});
