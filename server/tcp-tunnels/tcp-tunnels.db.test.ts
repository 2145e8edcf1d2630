import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { createEndpoint, createTenant, createTestDb, type TestTenant } from "../../db/testing/index.ts";
import { releaseEndpoint } from "../endpoints/index.ts";
import { suspendTenant } from "../tenants/index.ts";
import { ownerContext, testConfig } from "../testing/api.ts";
import { collectChanges } from "../testing/changes.ts";
import { COOLDOWN_DAYS } from "./blocks.ts";
import { findTcpTunnels, listTcpTunnels, openTcpTunnel, recordTcpStates, releaseTcpTunnel } from "./index.ts";

const { db, url } = await createTestDb({ max: 20 });
const changes = await collectChanges(url);

function verbsOf(tenant: TestTenant, tcpPorts: { first: number; last: number } | null = testConfig.tcpPorts) {
  const ctx = ownerContext(db, tenant);
  const config = { ...testConfig, tcpPorts };
  return {
    open: async (endpointSlug: string, name: string, port?: number) => {
      const input = port === undefined ? { endpointSlug, name } : { endpointSlug, name, port };
      return (await openTcpTunnel({ ctx, input, config })).tunnel;
    },
    list: (slug?: string) => listTcpTunnels({ ctx, input: slug === undefined ? {} : { slug }, config }),
    release: (id: string) => releaseTcpTunnel({ ctx, input: { id } }),
    releaseEndpoint: (slug: string) => releaseEndpoint({ ctx, input: { slug } }),
  };
}

test("a name gets a port, keeps it, and gets it again after it was given back; every change is told", async () => {
  const tenant = await createTenant(db, { plan: "pro" });
  const { slug, endpointId } = await createEndpoint(db, tenant);
  const { open, release, list } = verbsOf(tenant);
  const ssh = await open(slug, "22");
  expect(ssh).toMatchObject({
    name: "22",
    endpointSlug: slug,
    publicAddress: `${slug}.localhost:${ssh.port}`,
    state: "offline",
  });
  await changes.expect({ type: "endpoint", endpointId, slug, tenantId: tenant.tenantId });
  expect(await open(slug, "22")).toEqual(ssh);
  const web = await open(slug, "web");
  expect(web.port).toBe(ssh.port + 1);

  expect(await release(ssh.id)).toMatchObject({ name: "22", port: ssh.port });
  expect((await list(slug)).tunnels.map(({ name }) => name)).toEqual(["web"]);
  expect((await open(slug, "other")).port).toBe(ssh.port + 2);
  expect((await open(slug, "22")).port).toBe(ssh.port);
  expect(await findTcpTunnels(db, endpointId)).toMatchObject([
    { name: "22", port: ssh.port },
    { name: "web" },
    { name: "other" },
  ]);
  await expect(release(ssh.id)).rejects.toMatchObject({ code: "tcp_tunnel_not_found" });
});

test("an unknown endpoint is blamed on the field that named it", async () => {
  const { open, list } = verbsOf(await createTenant(db, { plan: "pro" }));
  const code = "endpoint_not_found";
  await expect(open("nobody-here", "22")).rejects.toMatchObject({ code, details: { field: "endpointSlug" } });
  await expect(list("nobody-here")).rejects.toMatchObject({ code, details: { field: "slug" } });
});

test("many connectors that start at once make one tunnel, and many tenants never share a port", async () => {
  const tenants = await Promise.all(Array.from({ length: 6 }, () => createTenant(db, { plan: "team" })));
  const opened = await Promise.all(
    tenants.map(async (tenant) => {
      const { slug } = await createEndpoint(db, tenant);
      const { open } = verbsOf(tenant);
      const names = ["a", "a", "b", "b", "c"];
      return Promise.all(names.map(async (name) => ({ name, port: (await open(slug, name)).port })));
    }),
  );
  for (const tunnels of opened) {
    expect(new Set(tunnels.filter(({ name }) => name === "a").map(({ port }) => port)).size).toBe(1);
  }
  const ports = opened.flatMap((tunnels) => [...new Set(tunnels.map(({ port }) => port))]);
  expect(ports).toHaveLength(18);
  expect(new Set(ports).size).toBe(18);
});

test("the plan bounds the ports of all endpoints together", async () => {
  const tenant = await createTenant(db);
  const { slug } = await createEndpoint(db, tenant);
  const { open, release } = verbsOf(tenant);
  const first = await open(slug, "a");
  await open(slug, "b");
  await expect(open(slug, "c")).rejects.toMatchObject({
    kind: "limit",
    code: "plan_limit",
    details: { limit: 2, used: 2 },
  });
  await release(first.id);
  await open(slug, "c");
});

describe("a wished port", async () => {
  const tenant = await createTenant(db, { plan: "pro" });
  const { slug } = await createEndpoint(db, tenant);
  const { open } = verbsOf(tenant);
  const own = await open(slug, "own");
  const stranger = await createTenant(db, { plan: "pro" });
  const strangers = await verbsOf(stranger).open((await createEndpoint(db, stranger)).slug, "theirs");

  test.each([
    ["another tenant's", () => strangers.port, "tcp_port_not_yours"],
    ["a privileged one", () => 22, "tcp_port_not_yours"],
    ["no port at all", () => 70_000, "tcp_port_not_yours"],
    ["one that has a tunnel", () => own.port, "tcp_port_taken"],
  ])("is refused: %s", async (_what, port, code) => {
    await expect(open(slug, "wish", port())).rejects.toMatchObject({ code });
    expect((await verbsOf(tenant).list()).tunnels.map(({ name }) => name)).toEqual(["own"]);
  });

  test("is given when it is free and in the tenant's block, also to a name that moves", async () => {
    expect((await open(slug, "wish", own.port + 5)).port).toBe(own.port + 5);
    expect((await open(slug, "wish", own.port + 6)).port).toBe(own.port + 6);
    expect((await open(slug, "wish")).port).toBe(own.port + 6);
  });
});

test("a port that was given back cools down before another tenant gets it", async () => {
  const few = { first: 30_000, last: 30_000 };
  const tenant = await createTenant(db);
  const { slug } = await createEndpoint(db, tenant);
  const former = verbsOf(tenant, few);
  const tunnel = await former.open(slug, "22");
  const next = await createTenant(db);
  const { slug: nextSlug } = await createEndpoint(db, next);
  const latter = verbsOf(next, few);
  await expect(latter.open(nextSlug, "22")).rejects.toMatchObject({ code: "tcp_ports_used_up" });
  await former.release(tunnel.id);
  await expect(latter.open(nextSlug, "22")).rejects.toMatchObject({ code: "tcp_ports_used_up" });
  await db
    .updateTable("tcp_ranges")
    .set({ last_used_at: sql`now() - make_interval(days => ${COOLDOWN_DAYS}, mins => 1)` })
    .where("first_port", "=", few.first)
    .execute();
  expect((await latter.open(nextSlug, "22")).port).toBe(few.first);
  await expect(former.open(slug, "22")).rejects.toMatchObject({ code: "tcp_ports_used_up" });
});

test("a tunnel moves when the operator's range does not hold its port any more", async () => {
  const tenant = await createTenant(db);
  const { slug } = await createEndpoint(db, tenant);
  const before = await verbsOf(tenant, { first: 31_000, last: 31_009 }).open(slug, "22");
  const after = await verbsOf(tenant, { first: 32_000, last: 32_009 }).open(slug, "22");
  expect([before.port, after.port]).toEqual([31_000, 32_000]);
  expect((await verbsOf(tenant).list()).tunnels).toHaveLength(1);
});

test("an endpoint that is released gives its ports back", async () => {
  const tenant = await createTenant(db);
  const { slug, endpointId } = await createEndpoint(db, tenant);
  const { open, releaseEndpoint: release } = verbsOf(tenant);
  await open(slug, "22");
  await release(slug);
  expect(await findTcpTunnels(db, endpointId)).toEqual([]);
});

test("nothing opens when there are no ports, for a direct endpoint, or for a suspended tenant", async () => {
  const tenant = await createTenant(db);
  const { slug } = await createEndpoint(db, tenant, { upstreamBaseUrl: "https://llm.example" });
  await expect(verbsOf(tenant, null).open(slug, "22")).rejects.toMatchObject({
    kind: "precondition",
    code: "tcp_not_configured",
  });
  expect(await verbsOf(tenant, null).list()).toMatchObject({ configured: false, tunnels: [] });
  await expect(verbsOf(tenant).open(slug, "22")).rejects.toMatchObject({ code: "tcp_needs_connector" });
  await suspendTenant({ db, requestId: "r" }, { tenantId: tenant.tenantId, reason: "abuse" });
  await db.updateTable("endpoints").set({ upstream_base_url: null }).where("slug", "=", slug).execute();
  await expect(verbsOf(tenant).open(slug, "22")).rejects.toMatchObject({ code: "tenant_suspended" });
});

test("what a relay sees is shown; a relay that stops serving does not speak for another", async () => {
  const tenant = await createTenant(db);
  const { slug } = await createEndpoint(db, tenant);
  const { open, list } = verbsOf(tenant);
  const { id } = await open(slug, "22");
  const stateOf = async () => (await list(slug)).tunnels[0];
  await recordTcpStates(db, "relay-a", [{ tunnelId: id, serving: true, fault: null }]);
  expect(await stateOf()).toMatchObject({ state: "online", fault: null });
  await recordTcpStates(db, "relay-b", [{ tunnelId: id, serving: false, fault: null }]);
  expect(await stateOf()).toMatchObject({ state: "online" });
  await recordTcpStates(db, "relay-a", [{ tunnelId: id, serving: true, fault: "port in use" }]);
  expect(await stateOf()).toMatchObject({ state: "blocked", fault: "port in use" });
  await db
    .updateTable("tcp_tunnels")
    .set({ served_at: sql`now() - interval '1 minute'` })
    .where("id", "=", id)
    .execute();
  expect(await stateOf()).toMatchObject({ state: "offline", fault: null });
  await recordTcpStates(db, "relay-a", [{ tunnelId: id, serving: false, fault: null }]);
  expect(await stateOf()).toMatchObject({ state: "offline" });
});
