import { describe, expect, test } from "vitest";
import { createAccessKey, createEndpoint, createTenant } from "../../db/testing/index.ts";
import { GoawayCode } from "../../relay/protocol/codes.ts";
import { FrameType } from "../../relay/protocol/frames.ts";
import { announce } from "../fixtures/change-events.ts";
import { issueConnectorToken, signConnectorToken } from "../fixtures/connector-token.ts";
import { within } from "../fixtures/gate.ts";
import { dialLink } from "../fixtures/link-dial.ts";
import { metricOf } from "../fixtures/metrics.ts";
import { promised } from "../fixtures/promised.ts";
import { fieldValues, RawHttp, rawRequest } from "../fixtures/raw-http.ts";
import { RawLink } from "../fixtures/raw-link.ts";
import { until } from "../fixtures/until.ts";
import { startUpstream } from "../standins/upstream.ts";
import { connect, makeTenant } from "../tunnel/lab.ts";
import { relayWorld } from "../tunnel/relay-world.ts";

const world = await relayWorld({ env: { CONNECTOR_REPLAY: "kick" } });
const { db } = world;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
const REUSES = "hotspot_connector_token_reuses_total";

async function restart(env: Record<string, string>): Promise<void> {
  world.relay.process.kill("SIGKILL");
  await world.relay.process.exited;
  await world.restartRelay(env);
}

/** A tenant whose token has been copied; `thief` and `owner` use it from two addresses. */
async function copiedToken() {
  const tenant = await makeTenant(world, { plan: "team" });
  const { connectorToken, connectorId } = await issueConnectorToken(db, world.signingSecret, tenant, tenant);
  const use = (who: "owner" | "thief") =>
    RawLink.open(world.relay.port, connectorToken, {
      from: who === "owner" ? "127.0.0.21" : "127.0.0.66",
      hello: who === "owner" ? { instance: "of-the-owner" } : {},
    });
  return { tenant, connectorId, use };
}

const auditOf = (connectorId: string) =>
  db
    .selectFrom("audit_log")
    .select(["action", "detail", "tenant_id"])
    .where("subject", "=", connectorId)
    .where("action", "=", "connector.token_reused")
    .execute();

describe("a token that is used from a second place", () => {
  test("kick: both links end, the token is revoked; the connector is back by itself with a new one, the thief is not", async () => {
    const upstream = await startUpstream();
    upstream.on("/mine", (_req, res) => res.end("mine"));
    const tenant = await makeTenant(world);
    const connector = await connect(world, tenant, { to: upstream.url });
    const stolen = await tokenOf(tenant.endpointId);
    const thief = await RawLink.open(world.relay.port, stolen.connectorToken, {
      from: "127.0.0.66",
      hello: { instance: "of-the-thief" },
    }).catch(() => null);
    // Whether WELCOME was on its way already or not: it does not stay.
    if (thief !== null)
      expect((await within(30_000, "end", thief.ended)).goaway?.code).toBe(GoawayCode.unauthorized);
    await until(async () => {
      const row = await db
        .selectFrom("connectors")
        .select("revoked_at")
        .where("id", "=", stolen.connectorId)
        .executeTakeFirstOrThrow();
      expect(row.revoked_at).not.toBeNull();
    });
    expect(
      (await dialLink(world.relay.port, `Bearer ${stolen.connectorToken}`, { from: "127.0.0.66" })).status,
    ).toBe(401);
    await until(async () => {
      const answer = await rawRequest(world.relay.port, ["GET /mine HTTP/1.1", `Host: ${tenant.host}`]);
      expect(answer.body.toString()).toBe("mine");
    });
    expect(connector.running).toBe(true);
    expect(await metricOf(world.relay, REUSES)).toBe(1);
    expect(await auditOf(stolen.connectorId)).toMatchObject([
      { tenant_id: tenant.tenantId, detail: { decision: "kick", secondAddress: "127.0.0.66" } },
    ]);
    await connector.stop();
    await upstream.stop();
  });

  test("refuse: the second is told UNAUTHORIZED, the first serves on and hears nothing of it", async () => {
    await restart({ CONNECTOR_REPLAY: "refuse" });
    const { tenant, connectorId, use } = await copiedToken();
    const owner = await use("owner");
    await expect(use("thief")).rejects.toThrow(/ended/);
    const again = await use("owner");
    const http = await RawHttp.open(world.relay.port);
    http.request(["GET / HTTP/1.1", `Host: ${tenant.host}`]);
    const serving = await Promise.race(
      [owner, again].map((link) => link.next(FrameType.open).then((open) => ({ link, open }))),
    );
    serving.link.answer(serving.open.streamId, OK, "owner");
    expect((await http.response()).body.toString()).toBe("owner");
    await until(async () =>
      expect(await auditOf(connectorId)).toMatchObject([
        { detail: { decision: "refuse", firstAddress: "127.0.0.21", secondAddress: "127.0.0.66" } },
      ]),
    );
    for (const link of [owner, again]) link.destroy();
    http.close();
  });

  test("allow, the default: both serve, and it is in the metrics and in the tenant's audit log", async () => {
    await restart({ CONNECTOR_REPLAY: "" });
    const { tenant, connectorId, use } = await copiedToken();
    const links = [await use("owner"), await use("thief")];
    expect(links.every((link) => link.isOpen)).toBe(true);
    expect(await metricOf(world.relay, REUSES)).toBe(1);
    await until(async () =>
      expect(await auditOf(connectorId)).toMatchObject([{ detail: { decision: "allow" } }]),
    );

    // Revocation cuts every link that holds it, within 2 s.
    const started = Date.now();
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable("connectors")
        .set({ revoked_at: new Date() })
        .where("id", "=", connectorId)
        .execute();
      const { endpointId, slug, tenantId } = tenant;
      await announce(tx, { type: "connector", connectorId, endpointId, slug, tenantId });
    });
    for (const link of links) expect((await link.ended).goaway?.code).toBe(GoawayCode.revoked);
    expect(Date.now() - started).toBeLessThan(promised(2_000));
  });
});

/** Issues what the connector's own token would be to a thief: the newest of the endpoint, signed again with its id. */
async function tokenOf(endpointId: string): Promise<{ connectorId: string; connectorToken: string }> {
  const row = await db
    .selectFrom("connectors")
    .innerJoin("endpoints", "endpoints.id", "connectors.endpoint_id")
    .select(["connectors.id", "connectors.tenant_id", "endpoints.slug", "connectors.expires_at"])
    .where("connectors.endpoint_id", "=", endpointId)
    .executeTakeFirstOrThrow();
  const connectorToken = await signConnectorToken(world.signingSecret, {
    connectorId: row.id,
    tenantId: row.tenant_id,
    endpointId,
    slug: row.slug,
    expiresAt: row.expires_at,
  });
  return { connectorId: row.id, connectorToken };
}

describe("times and clocks", () => {
  test.each([
    ["not valid yet", { notBeforeSeconds: 60 }],
    ["expired a second ago", { ttlSeconds: -1 }],
    ["valid by itself, expired in the database (a relay whose clock is behind)", { rowTtlSeconds: -1 }],
  ])("%s: 401", async (_name, times) => {
    const tenant = await makeTenant(world);
    const { connectorToken } = await issueConnectorToken(db, world.signingSecret, tenant, tenant, times);
    expect((await dialLink(world.relay.port, `Bearer ${connectorToken}`)).status).toBe(401);
  });

  test("issued by a portal whose clock is ten minutes ahead: taken", async () => {
    const tenant = await makeTenant(world);
    const { connectorToken } = await issueConnectorToken(db, world.signingSecret, tenant, tenant, {
      issuedInSeconds: 600,
    });
    expect((await dialLink(world.relay.port, `Bearer ${connectorToken}`)).status).toBe(101);
  });
});

test("guessing one endpoint's token from many addresses is slowed, then refused; the right token is let in all the while", async () => {
  const tenant = await makeTenant(world);
  const wrong = await issueConnectorToken(db, "x".repeat(48), tenant, tenant);
  const right = await issueConnectorToken(db, world.signingSecret, tenant, tenant);
  // At once, as somebody with many machines would; each answer waits for itself only.
  const answers = await Promise.all(
    Array.from({ length: 14 }, async (_, n) => {
      const started = Date.now();
      const answer = await dialLink(world.relay.port, `Bearer ${wrong.connectorToken}`, {
        from: `127.0.3.${n + 1}`,
      });
      return {
        status: answer.status,
        retryAfter: fieldValues(answer, "retry-after")[0],
        ms: Date.now() - started,
      };
    }),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([401, 429]));
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(4);
  expect(Number(answers.find((answer) => answer.status === 429)?.retryAfter)).toBeGreaterThan(0);
  expect(
    (await dialLink(world.relay.port, `Bearer ${right.connectorToken}`, { from: "127.0.3.1" })).status,
  ).toBe(101);
  const slowed = await dialLink(world.relay.port, `Bearer ${wrong.connectorToken}`, { from: "127.0.3.99" });
  expect(slowed.status).toBe(429);
});

describe("whose slug it is", () => {
  test("a connector that names another's slug serves its own endpoint only", async () => {
    const [victim, claimant] = [await makeTenant(world), await makeTenant(world)];
    const owner = await linkOf(victim);
    const other = await linkOf(claimant, { subdomain: victim.slug });
    const http = await RawHttp.open(world.relay.port);
    http.request(["GET / HTTP/1.1", `Host: ${victim.host}`]);
    const { streamId } = await within(30_000, "OPEN at the owner", owner.next(FrameType.open));
    owner.answer(streamId, OK, "owner");
    expect((await http.response()).body.toString()).toBe("owner");
    expect(other.frames.filter((one) => one.type === FrameType.open)).toEqual([]);
    for (const link of [owner, other]) link.destroy();
    http.close();
  });

  test("a released slug that another tenant claims: the old links end, and nothing of the old owner opens the new endpoint", async () => {
    const before = await makeTenant(world, { requireAccessKey: true });
    const oldKey = await createAccessKey(db, before);
    const oldToken = await issueConnectorToken(db, world.signingSecret, before, before);
    const oldLink = await RawLink.open(world.relay.port, oldToken.connectorToken);
    const ask = (secret: string) =>
      rawRequest(world.relay.port, [
        "GET / HTTP/1.1",
        `Host: ${before.host}`,
        `Authorization: Bearer ${secret}`,
      ]);
    const served = ask(oldKey.secret);
    oldLink.answer((await oldLink.next(FrameType.open)).streamId, OK, "older");
    expect((await served).body.toString()).toBe("older");

    const { endpointId, slug, tenantId } = before;
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable("endpoints")
        .set({ released_at: new Date() })
        .where("id", "=", endpointId)
        .execute();
      await announce(tx, { type: "endpoint", endpointId, slug, tenantId });
    });
    const released = Date.now();
    expect((await within(30_000, "end of the old link", oldLink.ended)).goaway).not.toBeNull();
    expect(Date.now() - released).toBeLessThan(promised(2_000));
    await until(async () => expect((await ask(oldKey.secret)).status).toBe(404));

    const tenant = await createTenant(db, { plan: "pro" });
    const endpoint = await createEndpoint(db, tenant, { slug, requireAccessKey: true });
    await db
      .transaction()
      .execute((tx) =>
        announce(tx, { type: "endpoint", endpointId: endpoint.endpointId, slug, tenantId: tenant.tenantId }),
      );
    const newToken = await issueConnectorToken(db, world.signingSecret, tenant, endpoint);
    const newLink = await RawLink.open(world.relay.port, newToken.connectorToken);
    for (const secret of [oldKey.secret, before.endpointToken]) {
      await until(async () => expect((await ask(secret)).status).toBe(401));
    }
    expect(
      (await dialLink(world.relay.port, `Bearer ${oldToken.connectorToken}`, { from: "127.0.4.1" })).status,
    ).toBe(401);
    expect(newLink.frames.filter((one) => one.type === FrameType.open)).toEqual([]);
    const newKey = await createAccessKey(db, tenant);
    const own = ask(newKey.secret);
    newLink.answer((await within(30_000, "OPEN", newLink.next(FrameType.open))).streamId, OK, "newer");
    expect((await own).body.toString()).toBe("newer");
    newLink.destroy();
  });
});

async function linkOf(tenant: Awaited<ReturnType<typeof makeTenant>>, hello = {}): Promise<RawLink> {
  const { connectorToken } = await issueConnectorToken(db, world.signingSecret, tenant, tenant);
  return RawLink.open(world.relay.port, connectorToken, { hello });
}
