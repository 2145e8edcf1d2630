import { expect, test, vi } from "vitest";
import { createConnector, createEndpoint, createTenant, createTestDb } from "../../db/testing/index.ts";
import { createChangeHub } from "../change-hub.ts";
import { listenForChanges } from "../events.ts";
import { ownerContext } from "../testing/api.ts";
import { collectChanges } from "../testing/changes.ts";
import {
  getConnectorStatus,
  listConnectors,
  markRelayConnectorsOffline,
  purgeConnectors,
  recordConnectorState,
  refreshConnectorStates,
  revokeConnector,
  watchConnectors,
} from "./index.ts";
import type { ConnectorsSnapshot } from "./schemas.ts";

const { db, url } = await createTestDb();
const changes = await collectChanges(url);

async function connector(options: { online?: boolean; relayId?: string } = {}) {
  const tenant = await createTenant(db);
  const endpoint = await createEndpoint(db, tenant);
  const { connectorId } = await createConnector(db, tenant, endpoint, options);
  const row = () =>
    db.selectFrom("connectors").selectAll().where("id", "=", connectorId).executeTakeFirstOrThrow();
  return { tenant, endpoint, connectorId, row };
}

test("coming online is recorded with what the relay knows and told to other processes", async () => {
  const { connectorId, endpoint, row } = await connector();
  const known = await recordConnectorState(db, {
    connectorId,
    status: "online",
    relayId: "relay-a",
    version: "1.2.3",
    remoteAddress: "203.0.113.9",
    capacity: 64,
    latencyMs: 12.5,
    links: 2,
  });
  expect(known).toBe(true);
  expect(await row()).toMatchObject({
    status: "online",
    relay_id: "relay-a",
    version: "1.2.3",
    remote_address: "203.0.113.9",
    capacity: 64,
    latency_ms: 12.5,
    links: 2,
    connected_at: expect.any(Date),
  });
  await changes.expect({ type: "connector", connectorId, slug: endpoint.slug });
});

test("a refresh of many reaches those that this relay has online, and says which", async () => {
  const mine = await connector({ online: true, relayId: "relay-a" });
  const silent = await connector({ online: true, relayId: "relay-a" });
  const moved = await connector({ online: true, relayId: "relay-b" });
  const offline = await connector({ relayId: "relay-a" });
  const all = [mine, silent, moved, offline];
  const before = await Promise.all(all.map(({ row }) => row()));
  const refreshed = await refreshConnectorStates(db, "relay-a", [
    { connectorId: mine.connectorId, status: "online", latencyMs: 4.5, links: 3 },
    ...[silent, moved, offline].map(({ connectorId }) => ({ connectorId, status: "online" as const })),
  ]);
  expect(refreshed).toEqual(new Set([mine.connectorId, silent.connectorId]));
  const after = await Promise.all(all.map(({ row }) => row()));
  expect(after[0]).toMatchObject({ latency_ms: 4.5, links: 3 });
  const seen = after.map((row) => row.last_seen_at);
  expect(after[1]).toEqual({ ...before[1], last_seen_at: seen[1] });
  expect(seen[1]).not.toEqual(before[1]?.last_seen_at);
  expect(after.slice(2)).toEqual(before.slice(2));
});

test("a refresh keeps the start of the connection and tells nobody", async () => {
  const { connectorId, row } = await connector({ online: true, relayId: "relay-a" });
  const before = await row();
  await recordConnectorState(db, { connectorId, status: "online", relayId: "relay-a", latencyMs: 9 });
  const after = await row();
  expect(after.connected_at).toEqual(before.connected_at);
  expect(after.last_seen_at!.getTime()).toBeGreaterThan(before.last_seen_at!.getTime());
  // A marker sent afterwards has come, so the refresh would have come before it.
  const marker = await connector();
  await recordConnectorState(db, { connectorId: marker.connectorId, status: "online", relayId: "relay-a" });
  await vi.waitFor(() => expect(changes.events).toHaveLength(1));
  await changes.expect({ type: "connector", connectorId: marker.connectorId });
});

test("a relay that lost a connector to another relay cannot mark it offline", async () => {
  const { connectorId, row } = await connector({ online: true, relayId: "relay-a" });
  await recordConnectorState(db, { connectorId, status: "online", relayId: "relay-b" });
  await recordConnectorState(db, { connectorId, status: "offline", relayId: "relay-a" });
  expect(await row()).toMatchObject({ status: "online", relay_id: "relay-b" });
  await recordConnectorState(db, { connectorId, status: "offline", relayId: "relay-b" });
  expect(await row()).toMatchObject({ status: "offline", links: 0 });
});

test("a connector that nobody knows is reported as such", async () => {
  expect(await recordConnectorState(db, { connectorId: "con_none", status: "online" })).toBe(false);
});

test("a relay that starts marks what it left behind offline, and only that", async () => {
  const [mine, other] = [
    await connector({ online: true, relayId: "r-1" }),
    await connector({ online: true, relayId: "r-2" }),
  ];
  expect(await markRelayConnectorsOffline(db, "r-1")).toBe(1);
  expect((await mine.row()).status).toBe("offline");
  expect((await other.row()).status).toBe("online");
  await changes.expect({ type: "connector", connectorId: mine.connectorId });
});

test("the public status shows ids and times only, and counts only connectors seen lately", async () => {
  const { endpoint, connectorId, row } = await connector({ online: true });
  await db
    .updateTable("connectors")
    .set({ remote_address: "203.0.113.9", version: "1" })
    .where("id", "=", connectorId)
    .execute();
  const since = (await row()).connected_at?.toISOString();
  expect(await getConnectorStatus(db, endpoint.slug.toUpperCase())).toEqual({
    slug: endpoint.slug,
    online: true,
    connectors: [{ connectorId, since }],
  });
  await db
    .updateTable("connectors")
    .set({ last_seen_at: new Date(Date.now() - 60_000) })
    .where("id", "=", connectorId)
    .execute();
  expect(await getConnectorStatus(db, endpoint.slug)).toEqual({
    slug: endpoint.slug,
    online: false,
    connectors: [],
  });
  await expect(getConnectorStatus(db, "nobody-has-this")).rejects.toMatchObject({
    code: "endpoint_not_found",
  });
});

test("connectors of yesterday and revoked ones are not listed", async () => {
  const { tenant, endpoint, connectorId } = await connector({ online: true });
  const of = { tenantId: tenant.tenantId, endpointId: endpoint.endpointId };
  const old = await createConnector(db, tenant, endpoint, { online: true });
  await db
    .updateTable("connectors")
    .set({ last_seen_at: new Date(Date.now() - 90_000_000) })
    .where("id", "=", old.connectorId)
    .execute();
  const gone = await createConnector(db, tenant, endpoint, { online: true });
  await revokeConnector({ ctx: ownerContext(db, tenant), input: { connectorId: gone.connectorId } });
  expect((await listConnectors(db, of)).map((row) => row.connectorId)).toEqual([connectorId]);
});

test("a watcher sees the state at once, each change, and the end of its own signal", async () => {
  const { tenant, endpoint, connectorId } = await connector();
  const hub = createChangeHub();
  const quiet = { info: () => undefined, warn: () => undefined };
  const listener = listenForChanges(url, hub.publish, quiet);
  const stop = new AbortController();
  const seen: ConnectorsSnapshot[] = [];
  const watching = (async () => {
    const ctx = ownerContext(db, tenant);
    const watch = watchConnectors({ ctx, input: { slug: endpoint.slug }, changes: hub, signal: stop.signal });
    for await (const snapshot of watch) seen.push(snapshot);
  })();
  await vi.waitFor(() =>
    expect(seen).toMatchObject([{ slug: endpoint.slug, online: false, connectors: [] }]),
  );
  await recordConnectorState(db, { connectorId, status: "online", relayId: "relay-a" });
  await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ online: true, connectors: [{ connectorId }] }));
  await recordConnectorState(db, { connectorId, status: "offline", relayId: "relay-a" });
  await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ online: false }));
  stop.abort();
  await watching;
  await listener.stop();
});

test("a watcher of another tenant's endpoint gets nothing", async () => {
  const { endpoint } = await connector();
  const ctx = ownerContext(db, await createTenant(db));
  const signal = new AbortController().signal;
  const watch = watchConnectors({ ctx, input: { slug: endpoint.slug }, changes: createChangeHub(), signal });
  await expect(watch.next()).rejects.toMatchObject({ code: "endpoint_not_found" });
});

test("connectors that can never come back are deleted after a month", async () => {
  const { connectorId } = await connector();
  const recent = await connector();
  const ago = new Date(Date.now() - 31 * 86_400_000);
  await db.updateTable("connectors").set({ expires_at: ago }).where("id", "=", connectorId).execute();
  expect(await purgeConnectors(db)).toBe(1);
  expect(await recent.row()).toBeDefined();
});
