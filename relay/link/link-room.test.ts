import { setImmediate as tick } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { ConnectorState, ConnectorVerdict } from "../../server/connectors/index.ts";
import type { Route } from "../../server/endpoints/index.ts";
import { goawayName, LINK_LOST } from "../protocol/codes.ts";
import { MAX_LINKS, MAX_PINGS } from "../protocol/limits.ts";
import { bytes, Recorder, text } from "../protocol/testing/recorder.ts";
import { WebSocketReceiver } from "../protocol/websocket/receiver.ts";
import { makeRoute } from "../routes/testing/route.ts";
import { TokenMemory } from "../routes/token-memory.ts";
import { TunnelRegistry } from "../routes/tunnel-registry.ts";
import { ConnectorReporter } from "./connector-reporter.ts";
import { LinkRoom } from "./link-room.ts";
import { Rechecker } from "./recheck.ts";
import { FakeConnection } from "./testing/fake-connection.ts";
import { FakeConnector, linkRequest } from "./testing/fake-connector.ts";
import type { ReplayPolicy } from "./token-holders.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const get = bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

function claimsOf(token: string) {
  return {
    connectorId: token.split("-")[0]!,
    tenantId: "ten_1",
    endpointId: "ep_1",
    slug: "acme",
    deviceId: null,
    expiresAt: new Date(Date.now() + 3_600_000),
  };
}

/** A room whose tokens are good unless a verdict is set for them. */
function makeRoom(route: Partial<Route> = {}, policy: ReplayPolicy = "allow") {
  const clock = { now: 0 };
  const tasks: (() => void)[] = [];
  const verdicts = new Map<string, ConnectorVerdict | Error>();
  const states: ConnectorState[] = [];
  const delays: number[] = [];
  const reuses: string[] = [];
  const registry = new TunnelRegistry({
    now: () => clock.now,
    createDirect: () => expect.unreachable(),
  });
  const memory = new TokenMemory();
  const verify = async (token: string): Promise<ConnectorVerdict> => {
    const verdict = verdicts.get(token) ?? { valid: true, claims: claimsOf(token) };
    if (verdict instanceof Error) throw verdict;
    return verdict;
  };
  const room: LinkRoom = new LinkRoom({
    verify,
    memory,
    registry,
    lookupRoute: () => makeRoute(route),
    publicBaseUrlOf: (slug) => `http://${slug}.localhost:8789`,
    onConnectorChange: (connectorId) => reporter.changed(connectorId),
    holders: { policy, onReuse: ({ decision, connectorId }) => reuses.push(`${decision} ${connectorId}`) },
    now: () => clock.now,
    wallClock: Date.now,
    schedule: (task) => tasks.push(task),
    delay: async (ms) => void delays.push(ms),
    log,
  });
  const reporter = new ConnectorReporter({
    room,
    record: async (state) => states.push(state),
    refresh: async (some) => {
      states.push(...some);
      return new Set(some.map(({ connectorId }) => connectorId));
    },
    relayId: "relay_1",
    now: () => clock.now,
    log,
  });
  const again = ({ connectorId }: { connectorId: string }) => verify(connectorId);
  const rechecker = new Rechecker({ room, verify: again, memory, log });

  /** Asks for a link and gives the status line and error code of the answer. */
  async function ask(token: string, changes: Record<string, string> = {}) {
    const conn = new FakeConnection();
    room.acceptLink(conn, linkRequest(token, changes), new Uint8Array());
    await vi.waitFor(() => expect(conn.writes).toBeGreaterThan(0), { interval: 2 });
    const answer = text(conn.takeWritten());
    return { conn, answer, status: Number(answer.slice(9, 12)), code: /"code":"(\w+)"/.exec(answer)?.[1] };
  }

  /** A link that is ready. */
  async function connect(token = "con_1", events = {}, hello: Record<string, unknown> = {}) {
    const { conn, status } = await ask(token);
    expect(status).toBe(101);
    const goaways: string[] = [];
    const connector = new FakeConnector(conn, tasks, {
      onGoaway: (code: number) => goaways.push(goawayName(code)),
      ...events,
    });
    connector.hello(hello);
    return { conn, connector, goaways };
  }
  return {
    room,
    registry,
    verdicts,
    states,
    clock,
    rechecker,
    reporter,
    ask,
    connect,
    tasks,
    delays,
    reuses,
  };
}

describe("a link request", () => {
  it("is answered 101 with the key's digest, the subprotocol and no extension", async () => {
    const { ask } = makeRoom();
    const { answer, conn } = await ask("con_1", {
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-extensions": "permessage-deflate",
    });
    // The example of RFC 6455 section 1.3.
    expect(answer).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    expect(answer).toContain("Sec-WebSocket-Protocol: hotspot.v1\r\n");
    expect(answer.toLowerCase()).not.toContain("extensions");
    expect(conn.paused).toBe(false);
  });

  it.each([
    ["another version of WebSocket", { "sec-websocket-version": "8" }, 426],
    ["no key", { "sec-websocket-key": "" }, 426],
    ["another subprotocol", { "sec-websocket-protocol": "hotspot.v2" }, 426],
    ["no token", { authorization: "Basic eDp5" }, 401],
    ["a token of 5,000 characters", { authorization: `Bearer ${"x".repeat(5_000)}` }, 401],
  ])("with %s is refused", async (_name, changes, status) => {
    const { ask } = makeRoom();
    const refused = await ask("con_1", changes);
    expect(refused).toMatchObject({ status });
    expect(refused.conn.ended).toBe(true);
  });

  it.each([
    ["signature", 401],
    ["expired", 401],
    ["revoked", 401],
    ["license", 403],
    ["suspended", 403],
  ] as const)("with a token that is bad (%s) gets %i", async (reason, status) => {
    const { ask, verdicts } = makeRoom();
    verdicts.set("con_1", { valid: false, reason });
    expect(await ask("con_1")).toMatchObject({ status });
  });

  it("of one connector more than the plan has gets 409; more links of a connector do not count", async () => {
    const { ask, connect } = makeRoom();
    await connect("con_1");
    await connect("con_1-again");
    await connect("con_2");
    expect(await ask("con_3")).toMatchObject({ status: 409, code: "too_many_connectors" });
  });

  it("gets 503 while Postgres is away, unless its token was good before", async () => {
    const { ask, verdicts } = makeRoom();
    expect((await ask("con_1")).status).toBe(101);
    verdicts.set("con_1", new Error("down")).set("con_2", new Error("down"));
    expect((await ask("con_1")).status).toBe(101);
    const refused = await ask("con_2");
    expect(refused).toMatchObject({ status: 503, code: "relay_unavailable" });
    expect(refused.answer).toContain("Retry-After:");
  });

  it("gets 503 once the relay drains", async () => {
    const { ask, room } = makeRoom();
    room.drain();
    expect(await ask("con_1")).toMatchObject({ status: 503, code: "relay_draining" });
  });
});

describe("wrong tokens", () => {
  it("are refused with 429 after a while; a right one from the same address still gets in", async () => {
    const { ask, verdicts, delays } = makeRoom();
    verdicts.set("guess", { valid: false, reason: "signature" });
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await ask("guess")).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
    expect(statuses.slice(10)).toEqual([429, 429]);
    expect(delays.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
    expect((await ask("guess")).answer).toMatch(/Retry-After: [1-9]\d*\r\n/);
    expect((await ask("con_1")).status).toBe(101);
  });
});

describe("a link", () => {
  it("is welcomed after HELLO, serves the endpoint and is reported online, then offline", async () => {
    const welcomes: string[] = [];
    const { registry, states, connect, room } = makeRoom();
    const { conn, connector } = await connect("con_1", {
      onWelcome: (payload: Uint8Array) => welcomes.push(text(payload)),
      onOpen: (stream: { head(head: Uint8Array, end: boolean): void }) => {
        stream.head(bytes("HTTP/1.1 204 No Content\r\n\r\n"), true);
        return new Recorder();
      },
    });
    expect(JSON.parse(welcomes[0]!)).toMatchObject({ version: 1, slug: "acme", windowBytes: 262_144 });
    const [tunnel] = registry.tunnels(makeRoute());
    const client = new Recorder();
    tunnel!.open(0, 0, get, true, client);
    connector.settle();
    expect(client).toMatchObject({ heads: ["HTTP/1.1 204 No Content\r\n\r\n"], ended: true });
    await vi.waitFor(() => expect(states.length).toBe(1));
    expect(states[0]).toMatchObject({
      connectorId: "con_1",
      status: "online",
      links: 1,
      capacity: 5,
      version: "1.2.3",
      remoteAddress: "192.0.2.7",
      relayId: "relay_1",
      latencyMs: 0,
    });
    conn.events!.onClose();
    expect(registry.tunnels(makeRoute())).toEqual([]);
    await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ status: "offline" }));
    expect(room.totals).toEqual({ links: 0, streams: 0, connectors: 0 });
  });

  it("is refreshed every 15 s while it is up, not more often", async () => {
    const { clock, reporter, states, connect } = makeRoom();
    await connect();
    await vi.waitFor(() => expect(states.length).toBe(1));
    for (let second = 1; second <= 31; second++) {
      clock.now = second * 1_000;
      reporter.tick();
      await tick();
    }
    expect(states.length).toBe(3);
  });

  it("loses its streams when the socket goes", async () => {
    const { registry, connect } = makeRoom();
    const { conn, connector } = await connect("con_1", { onOpen: () => new Recorder() });
    const client = new Recorder();
    registry.tunnels(makeRoute())[0]!.open(0, 0, get, true, client);
    connector.settle();
    conn.events!.onClose();
    expect(client.resets.map(({ code }) => code)).toEqual([LINK_LOST]);
  });

  it.each([
    ["a text message", 1, bytes("hello"), 1003],
    ["a broken frame", 2, bytes("hello"), 1002],
    ["a fragment of nothing", 0, bytes("hello"), 1002],
  ])("ends at %s, with GOAWAY and the close code", async (_name, opcode, payload, code) => {
    const { connect, room } = makeRoom();
    const { conn, connector, goaways } = await connect();
    connector.sendFrame(opcode, payload);
    connector.settle();
    expect({ goaways, closes: connector.closes }).toEqual({ goaways: ["protocolError"], closes: [code] });
    expect(conn.ended).toBe(true);
    expect(room.totals.connectors).toBe(0);
  });

  it("that does not finish the closing handshake is dropped", async () => {
    const { connect, clock, room } = makeRoom();
    const { conn, connector } = await connect();
    connector.sendFrame(1, bytes("x"));
    clock.now = 2_000;
    room.tick(Date.now());
    expect(conn.terminated).toBe(true);
  });

  it("without HELLO ends after 10 s; a silent one within 25 s", async () => {
    const { ask, connect, clock, room } = makeRoom();
    const mute = (await ask("con_1")).conn;
    const { conn } = await connect("con_2");
    for (let second = 1; second <= 24; second++) {
      clock.now = second * 1_000;
      room.tick(Date.now());
    }
    expect([mute.terminated, conn.terminated]).toEqual([true, true]);
  });

  it.each([
    ["no version in common", { versions: [7] }, "version"],
    ["no version at all", { versions: [] }, "version"],
    ["a broken HELLO", { capacity: -1 }, "protocolError"],
  ])("ends at %s", async (_name, changes, goaway) => {
    const { ask, tasks } = makeRoom();
    const { conn } = await ask("con_1");
    const goaways: string[] = [];
    const connector = new FakeConnector(conn, tasks, { onGoaway: (code) => goaways.push(goawayName(code)) });
    connector.hello(changes);
    expect(goaways).toEqual([goaway]);
  });

  it("over the number for one connector is told so", async () => {
    const { ask, connect, tasks } = makeRoom();
    for (let i = 0; i < MAX_LINKS; i++) await connect("con_1");
    const { conn } = await ask("con_1");
    const goaways: string[] = [];
    new FakeConnector(conn, tasks, { onGoaway: (code) => goaways.push(goawayName(code)) }).hello();
    expect(goaways).toEqual(["tooManyLinks"]);
  });

  it("leaves in two steps: the connector is told to move, then no new streams, then it closes", async () => {
    const { room, registry, connect } = makeRoom();
    const accepted: { head(head: Uint8Array, end: boolean): void }[] = [];
    const { connector, goaways, conn } = await connect("con_1", {
      onOpen: (stream: { head(head: Uint8Array, end: boolean): void }) => {
        accepted.push(stream);
        return new Recorder();
      },
    });
    const client = new Recorder();
    const [tunnel] = registry.tunnels(makeRoute());
    room.drain();
    connector.settle();
    expect(goaways).toEqual(["drain"]);
    room.tick(Date.now());
    tunnel!.open(0, 0, get, true, client);
    connector.settle();
    expect(accepted.length).toBe(1);
    room.retire();
    expect(tunnel!.accepting).toBe(false);
    expect(registry.tunnels(makeRoute())).toEqual([]);
    room.tick(Date.now());
    expect(conn.ended).toBe(false);
    accepted[0]!.head(bytes("HTTP/1.1 200 OK\r\n\r\n"), true);
    connector.settle();
    expect(client.ended).toBe(true);
    room.tick(Date.now());
    expect(conn.ended).toBe(true);
  });

  it("of a connector that stops takes no new streams and closes", async () => {
    const { room, registry, connect } = makeRoom();
    const { connector, conn } = await connect();
    connector.session.goaway(0, "connector stops");
    connector.settle();
    expect(registry.tunnels(makeRoute())).toEqual([]);
    expect(connector.session.finished).toBe(true);
    room.tick(Date.now());
    expect(conn.ended).toBe(true);
  });

  it("whose connector says that its upstream is down is unhealthy until it says otherwise; it still takes streams", async () => {
    const { registry, connect } = makeRoom();
    const { connector } = await connect();
    const [tunnel] = registry.tunnels(makeRoute());
    connector.session.setState(false, "health check failed");
    connector.settle();
    expect(tunnel).toMatchObject({ healthy: false, accepting: true });
    connector.session.setState(true, "");
    connector.settle();
    expect(tunnel!.healthy).toBe(true);
  });

  it("is unhealthy at its share of the connector's capacity, and while a PING waits for its answer", async () => {
    const { registry, connect, clock, room } = makeRoom();
    const { connector } = await connect("con_1", { onOpen: () => new Recorder() });
    const [tunnel] = registry.tunnels(makeRoute());
    // The test's connector says that it can run 5 streams, on one link.
    for (let i = 0; i < 5; i++) {
      expect(tunnel!.healthy).toBe(true);
      tunnel!.open(0, 0, get, true, new Recorder());
    }
    expect(tunnel).toMatchObject({ healthy: false, accepting: true });
    const other = await connect("con_2");
    const second = registry.tunnels(makeRoute())[1]!;
    connector.settle();
    for (let second = 1; second <= 6; second++) {
      clock.now = second * 1_000;
      room.tick(Date.now());
    }
    expect(second.healthy).toBe(false);
    other.connector.settle();
    clock.now += 1_000;
    room.tick(Date.now());
    expect(second.healthy).toBe(true);
  });

  it("speaks version 1 with a connector that knows newer ones, and names the features that both have", async () => {
    const { ask, tasks } = makeRoom();
    const { conn } = await ask("con_1");
    const welcomes: string[] = [];
    const connector = new FakeConnector(conn, tasks, {
      onWelcome: (payload) => welcomes.push(text(payload)),
    });
    connector.hello({ versions: [1, 2], features: ["later", "state"] });
    expect(JSON.parse(welcomes[0]!)).toMatchObject({ version: 1, features: ["state"] });
  });

  it("is asked for a new token when its own expires", async () => {
    const { room, connect } = makeRoom();
    const { connector, goaways } = await connect();
    room.tick(Date.now() + 4_000_000);
    connector.settle();
    expect(goaways).toEqual(["unauthorized"]);
  });
});

describe("an idle link", () => {
  const receiverOf = (socket: object) =>
    Object.values(socket).find((value) => value instanceof WebSocketReceiver);

  it("holds no receiver between two messages, and goes on where a message was cut off", async () => {
    const { room, connect } = makeRoom();
    const { connector, conn } = await connect();
    const [link] = room.linksOf("con_1");
    expect(receiverOf(link!.socket)).toBeUndefined();

    // A masked PING frame of WebSocket, "hi", in two reads.
    const ping = new Uint8Array([0x89, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2]);
    conn.takeWritten();
    conn.events!.onData(ping.slice(0, 7));
    expect(receiverOf(link!.socket)).toBeInstanceOf(WebSocketReceiver);
    conn.events!.onData(ping.slice(7));
    expect([...conn.takeWritten()]).toEqual([0x8a, 2, 0x68, 0x69]);
    connector.settle();
    expect(link!.accepting).toBe(true);
  });

  it("is still counted when it floods PINGs, one a read", async () => {
    const { connect } = makeRoom();
    const { conn, connector } = await connect();
    const ping = new Uint8Array([0x89, 0x80, 1, 2, 3, 4]);
    for (let i = 0; i <= MAX_PINGS; i++) conn.events!.onData(ping.slice());
    connector.settle();
    expect(connector.closes).toEqual([1008]);
  });
});

describe("a token with two users", () => {
  const first = { instance: "first" };
  const second = { instance: "second" };

  it("is no more than several links of one program: nothing is told", async () => {
    const { connect, reuses, room } = makeRoom({}, "refuse");
    await connect("con_1", {}, { ...first, links: 2, linkIndex: 0 });
    expect((await connect("con_1", {}, { ...first, links: 2, linkIndex: 1 })).goaways).toEqual([]);
    expect({ reuses, counted: room.holders.reuses }).toEqual({ reuses: [], counted: 0 });
  });

  it("serves both where that is allowed, and is told once for each pair", async () => {
    const { connect, reuses, room, registry } = makeRoom({}, "allow");
    await connect("con_1", {}, first);
    for (let n = 0; n < 3; n++) expect((await connect("con_1", {}, second)).goaways).toEqual([]);
    expect(registry.linkCount("ep_1", "con_1")).toBe(4);
    expect({ reuses, counted: room.holders.reuses }).toEqual({ reuses: ["allow con_1"], counted: 3 });
  });

  it("refuses the second, also one that names no program, and the first serves on", async () => {
    const { connect, reuses, registry } = makeRoom({}, "refuse");
    const holder = await connect("con_1", {}, first);
    for (const hello of [second, {}]) {
      expect((await connect("con_1", {}, hello)).goaways).toEqual(["unauthorized"]);
    }
    expect(holder.goaways).toEqual([]);
    expect(registry.linkCount("ep_1", "con_1")).toBe(1);
    expect(reuses).toEqual(["refuse con_1", "refuse con_1"]);
  });

  it("kicks both, and takes that token no more while Postgres may not know yet; other tokens are taken", async () => {
    const { connect, ask, registry } = makeRoom({}, "kick");
    const holders = [await connect("con_1", {}, first), await connect("con_1", {}, first)];
    expect((await connect("con_1", {}, second)).goaways).toEqual(["unauthorized"]);
    for (const { connector, goaways } of holders) {
      connector.settle();
      expect(goaways).toEqual(["unauthorized"]);
    }
    expect(registry.linkCount("ep_1", "con_1")).toBe(0);
    expect(await ask("con_1")).toMatchObject({ status: 401, code: "connector_token_revoked" });
    expect((await connect("con_2", {}, first)).goaways).toEqual([]);
  });
});

describe("a change notice", () => {
  it.each([
    ["revoked", "revoked"],
    ["suspended", "suspended"],
    ["license", "revoked"],
    ["expired", "unauthorized"],
  ] as const)("cuts the links of a token that is bad now (%s)", async (reason, goaway) => {
    const { rechecker, verdicts, connect, registry } = makeRoom();
    const bad = await connect("con_1");
    const good = await connect("con_2");
    verdicts.set("con_1", { valid: false, reason });
    rechecker.check(() => true);
    await vi.waitFor(() => expect(registry.connectorCount("ep_1")).toBe(1));
    bad.connector.settle();
    good.connector.settle();
    expect([bad.goaways, good.goaways]).toEqual([[goaway], []]);
  });

  it("reaches a token that is being looked at", async () => {
    const { rechecker, verdicts, ask } = makeRoom();
    const asked = ask("con_1");
    verdicts.set("con_1", { valid: false, reason: "revoked" });
    rechecker.check(({ connectorId }) => connectorId === "con_1");
    expect((await asked).code).toBe("connector_token_revoked");
  });

  it("is tried again when Postgres cannot say, and a revoked token is not remembered meanwhile", async () => {
    const { rechecker, verdicts, connect, registry, ask } = makeRoom();
    await connect("con_1");
    verdicts.set("con_1", new Error("down"));
    rechecker.check(({ connectorId }) => connectorId === "con_1");
    expect((await ask("con_1")).status).toBe(503);
    expect(registry.connectorCount("ep_1")).toBe(1);
    verdicts.set("con_1", { valid: false, reason: "revoked" });
    await vi.waitFor(() => expect(registry.connectorCount("ep_1")).toBe(0), { timeout: 3_000 });
  });
});
