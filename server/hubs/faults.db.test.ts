import { sql } from "kysely";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createTestDb } from "../../db/testing/index.ts";
import { workOnHub } from "./provision/work.ts";
import { createHubWorld } from "./testing.ts";

// Other test files share the machine.
vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 20_000 };
const world = await createHubWorld(await createTestDb({ max: 40 }));
const { cloudflare, db } = world;
type Hub = Awaited<ReturnType<typeof world.addHub>>;

const nothing = { tunnels: [], records: [], buckets: [], tokens: [], objects: [] };
const one = { tunnels: 1, records: 1, buckets: 1, tokens: 1 };
const counts = () => {
  const { tunnels, records, buckets, tokens } = cloudflare.list();
  return {
    tunnels: tunnels.length,
    records: records.length,
    buckets: buckets.length,
    tokens: tokens.length,
  };
};
const on = (hub: Hub, requestedSubdomain?: string) =>
  hub.owner.hubs.enable({ hubId: hub.hubId, ...(requestedSubdomain && { requestedSubdomain }) });
const off = (hub: Hub) => hub.self.managedCloudflare.disable({ hub_id: hub.hubId, delete_bucket: true });

afterEach(() => cloudflare.clearFaults());

/** Matches one call alone: the nth from now on. */
class NthCall extends RegExp {
  private left: number;
  constructor(nth: number) {
    super(".");
    this.left = nth;
  }
  override test(): boolean {
    return --this.left === 0;
  }
  get reached(): boolean {
    return this.left <= 0;
  }
}

/** Works until the nth call is carried out, and dies before its answer. @returns false: there were fewer calls */
async function dieAtCall(hubPk: string, nth: number): Promise<boolean> {
  const call = new NthCall(nth);
  cloudflare.fail({ path: call }, { status: 500, done: true, hang: true });
  const dying = workOnHub(world.work, hubPk).then(
    () => "finished",
    () => "died",
  );
  while (!call.reached && (await Promise.race([dying, tick()])) === "tick");
  // The killed process takes its connection, and with it the lock, along.
  await sql`
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`.execute(db);
  cloudflare.clearFaults();
  return call.reached;
}
const tick = () => new Promise<"tick">((done) => setTimeout(done, 5, "tick"));

test("killed after any call of switching on, then of switching off: the next one converges, no orphan, no double", async () => {
  for (let nth = 1; ; nth++) {
    const hub = await world.addHub();
    await on(hub);
    const diedOn = await dieAtCall(hub.hubPk, nth);
    expect((await world.settle(hub.hubPk)).state).toBe("on");
    expect(counts(), `died after call ${nth} of switching on`).toEqual(one);
    await off(hub);
    const diedOff = await dieAtCall(hub.hubPk, nth);
    expect((await world.settle(hub.hubPk)).state).toBe("off");
    expect(cloudflare.list(), `died after call ${nth} of switching off`).toMatchObject(nothing);
    if (!diedOn && !diedOff) {
      expect(nth).toBe(8);
      return;
    }
  }
}, 60_000);

describe.each([
  ["a tunnel whose making was not answered", "POST", /cfd_tunnel$/, { status: 500, done: true }],
  ["a tunnel of that name (1013)", "POST", /cfd_tunnel$/, { status: 503, done: true }],
  ["a record whose making was not answered", "POST", /dns_records$/, { status: 500, done: true }],
  ["a bucket whose making was not answered (10073)", "POST", /r2\/buckets$/, { status: 502, done: true }],
  ["a token whose value nobody saw", "POST", /tokens$/, { status: 500, done: true }],
  ["no answer at all, though it was done", "POST", /tokens$/, { status: 200, done: true, hang: true }],
  ["a slow answer", "POST", /cfd_tunnel$/, { status: 200, delayMs: 200 }],
  ["rules that were not taken", "PUT", /configurations$/, { status: 500 }],
  ["a lifecycle that was not taken", "PUT", /lifecycle$/, { status: 500 }],
] as const)("%s", (_title, method, path, answer) => {
  test("ends in one of each", async () => {
    const hub = await world.addHub();
    await on(hub);
    cloudflare.fail({ method, path }, answer);
    expect((await world.settle(hub.hubPk)).state).toBe("on");
    expect(counts()).toEqual(one);
    await off(hub);
    await world.settle(hub.hubPk);
    expect(cloudflare.list()).toMatchObject(nothing);
  });
});

test.each([
  ["a tunnel with connections (1022)", "DELETE", /cfd_tunnel\/[^/]+$/, { status: 400, code: 1_022 }, 3],
  ["a bucket that is not empty (10008)", "DELETE", /r2\/buckets\/[^/]+$/, { status: 409, code: 10_008 }, 1],
  ["trouble of Cloudflare's", "DELETE", /dns_records/, { status: 503 }, 4],
  ["a token that was removed, unanswered", "DELETE", /tokens/, { status: 500, done: true }, 1],
] as const)("switching off through %s leaves nothing", async (_title, method, path, answer, times) => {
  const hub = await world.addHub();
  await on(hub);
  await world.settle(hub.hubPk);
  await off(hub);
  cloudflare.fail({ method, path }, answer, times);
  expect((await world.settle(hub.hubPk)).state).toBe("off");
  expect(cloudflare.list()).toMatchObject(nothing);
});

test("a foreign record stays as it is and is told; when it is gone, work goes on", async () => {
  const hub = await world.addHub();
  const { client, zoneId } = world.managed;
  const record = {
    type: "CNAME",
    name: "claimed-1.hubs.example",
    content: "elsewhere.example",
    proxied: true,
  };
  const { records } = world.managed;
  await records.create({ ...record, type: "CNAME", comment: "the operator's own" });
  expect(client.brake.used()).toBeGreaterThan(0);
  expect(zoneId).toBe(cloudflare.zoneId);
  const refused = hub.self.managedCloudflare
    .enroll({ ...hub.enrollInput, requested_subdomain: "claimed" })
    .catch((error: unknown) => error);
  await expect.poll(async () => (await world.rowOf(hub.hubPk)).state, patience).toBe("provisioning");
  await workOnHub(world.work, hub.hubPk);
  expect(await refused).toMatchObject({ code: "CONFLICT", cause: { code: "hostname_foreign" } });
  expect(cloudflare.list().records).toMatchObject([{ content: "elsewhere.example" }]);
  const detail = await hub.owner.hubs.get({ hubId: hub.hubId });
  expect(detail.banner).toMatchObject({ tone: "error", reason: expect.stringContaining("not ours") });
  expect(detail.progress[2]).toMatchObject({ step: "dns", state: "failed" });

  await records.remove(cloudflare.list().records[0]!.id);
  expect((await world.settle(hub.hubPk)).state).toBe("on");
  await off(hub);
  await world.settle(hub.hubPk);
  expect(cloudflare.list()).toMatchObject(nothing);
});

test("a leftover record of ours is led to the new tunnel", async () => {
  const hub = await world.addHub();
  await on(hub, "leftover");
  await world.managed.records.create({
    type: "CNAME",
    name: "leftover-1.hubs.example",
    content: "gone.cfargotunnel.com",
    comment: "hotspot:hhn_of_before",
  });
  const { tunnel_id } = await world.settle(hub.hubPk);
  expect(cloudflare.list().records).toMatchObject([{ content: `${tunnel_id}.cfargotunnel.com` }]);
  await off(hub);
  await world.settle(hub.hubPk);
  expect(cloudflare.list()).toMatchObject(nothing);
});

const setR2 = (subscribed: boolean) => {
  cloudflare.world.r2Subscribed = subscribed;
};
const illnesses: [code: string, ill: () => void, cure: () => void][] = [
  ["r2_off", () => setR2(false), () => setR2(true)],
  [
    "cloudflare_permission",
    () => cloudflare.fail({ method: "POST", path: /cfd_tunnel$/ }, { status: 403, code: 10_000 }),
    () => undefined,
  ],
  [
    "cloudflare_limit",
    () =>
      cloudflare.fail(
        { method: "POST", path: /tokens$/ },
        { status: 400, code: 1_011, message: "You have reached the limit of API tokens" },
      ),
    () => undefined,
  ],
];
test.each(illnesses)("%s is told at once, and cured when the operator has acted", async (code, ill, cure) => {
  const hub = await world.addHub();
  ill();
  const refused = hub.self.managedCloudflare.enroll(hub.enrollInput).catch((error: unknown) => error);
  await expect.poll(async () => (await world.rowOf(hub.hubPk)).state, patience).toBe("provisioning");
  await workOnHub(world.work, hub.hubPk);
  expect(await refused).toMatchObject({ code: "SERVICE_UNAVAILABLE", cause: { code } });
  const status = await hub.self.managedCloudflare.status({ hub_id: hub.hubId });
  expect(status).toMatchObject({ enabled: true, errors: [{ code }] });
  cure();
  expect((await world.settle(hub.hubPk)).state).toBe("on");
  await off(hub);
  await world.settle(hub.hubPk);
  expect(cloudflare.list()).toMatchObject(nothing);
});

test("429 stops every call of the process until the time that Cloudflare named", async () => {
  const hub = await world.addHub();
  await on(hub);
  cloudflare.fail({ method: "POST", path: /dns_records$/ }, { status: 429, retryAfter: 3 });
  await workOnHub(world.work, hub.hubPk);
  expect(await world.rowOf(hub.hubPk)).toMatchObject({ failure_code: "cloudflare_busy" });
  const calls = cloudflare.calls.length;
  await workOnHub(world.work, hub.hubPk);
  expect(cloudflare.calls).toHaveLength(calls);
  const { next_try_at } = await world.rowOf(hub.hubPk);
  expect(next_try_at!.getTime()).toBeGreaterThan(Date.now() + 1_000);
  await expect
    .poll(async () => (await world.settle(hub.hubPk, 1)).state, { timeout: 10_000, interval: 100 })
    .toBe("on");
  await off(hub);
  await world.settle(hub.hubPk);
  expect(cloudflare.list()).toMatchObject(nothing);
});

test("no secret is in what is logged or told", () => {
  const text = JSON.stringify(world.warnings, (_key, value: unknown) =>
    value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value,
  );
  expect(world.warnings.length).toBeGreaterThan(10);
  expect(text).not.toContain(cloudflare.token);
});
