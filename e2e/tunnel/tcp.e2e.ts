import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { announce } from "../fixtures/change-events.ts";
import { freePorts } from "../fixtures/free-port.ts";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { HashSink, patternStream } from "../fixtures/pattern.ts";
import { processMemory } from "../fixtures/process-memory.ts";
import { promised } from "../fixtures/promised.ts";
import { endOf, nextText, openTcp } from "../fixtures/tcp-client.ts";
import { until } from "../fixtures/until.ts";
import { startTcpTarget, type TcpTarget } from "../standins/tcp-target.ts";
import { startUpstream, type Upstream } from "../standins/upstream.ts";
import { connect, type LabTenant, makeTenant } from "./lab.ts";
import { relayWorld } from "./relay-world.ts";

/** A connector that is started again comes back in this time on a slow machine too. */
const GRACE_MS = 5_000;
const IDLE_SECONDS = 3;
const PER_ADDRESS = 20;
const firstPort = await freePorts(20);

const world = await relayWorld({
  env: {
    RELAY_TCP_PORTS: `${firstPort}-${firstPort + 19}`,
    RELAY_GRACE_MS: String(GRACE_MS),
    RELAY_TCP_IDLE_SECONDS: String(IDLE_SECONDS),
    RELAY_TCP_MAX_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS),
  },
});
const run = promisify(execFile);

let tenant: LabTenant;
let upstream: Upstream;
let connector: ManagedProcess;
let echo: TcpTarget;
/** Hands each connection to the test that waits for it. */
let handed: TcpTarget;
const takers: ((socket: Socket) => void)[] = [];
const ports = new Map<string, number>();

const nextConnection = () => new Promise<Socket>((take) => takers.push(take));
const at = (name: string) => openTcp(ports.get(name) ?? 0);

/** Public ports by local target, as the connector tells them. */
async function portOf(process: ManagedProcess, target: string): Promise<number> {
  return process.line(`the live line of ${target}`, (line) => {
    const match = /^live \S+\.localhost:(\d+) -> (\S+)$/.exec(line);
    return match?.[2] === target ? Number(match[1]) : null;
  });
}

/** Listening follows the link by one look at the database. */
async function isOpen(port: number): Promise<void> {
  const socket = openTcp(port);
  await once(socket, "connect");
  socket.resetAndDestroy();
}

async function tunnelOf(port: number) {
  return world.db.selectFrom("tcp_tunnels").selectAll().where("port", "=", port).executeTakeFirstOrThrow();
}

async function recordOf(path: string, bytesIn: number) {
  return until(() =>
    world.db
      .selectFrom("request_log")
      .selectAll()
      .where("endpoint_id", "=", tenant.endpointId)
      .where("path", "=", path)
      .where("bytes_in", "=", bytesIn)
      .executeTakeFirstOrThrow(),
  );
}

beforeAll(async () => {
  upstream = await startUpstream();
  echo = await startTcpTarget((socket) => socket.pipe(socket));
  handed = await startTcpTarget((socket) => takers.shift()?.(socket));
  tenant = await makeTenant(world);
  const postgres = new URL(world.databaseUrl);
  const targets = {
    echo: `127.0.0.1:${echo.port}`,
    handed: `127.0.0.1:${handed.port}`,
    postgres: `${postgres.hostname}:${postgres.port}`,
  };
  connector = await connect(world, tenant, {
    to: upstream.url,
    args: Object.entries(targets).flatMap(([name, target]) => ["--tcp", `${name}=${target}`]),
  });
  for (const [name, target] of Object.entries(targets)) ports.set(name, await portOf(connector, target));
  for (const port of ports.values()) await until(() => isOpen(port));
});
afterAll(async () => {
  echo?.stop();
  handed?.stop();
  await upstream?.stop();
});

describe("TCP tunnels over one link", () => {
  test("echo what they are sent, beside each other and beside HTTP", async () => {
    const sockets = [at("echo"), at("echo"), at("handed")];
    const target = await nextConnection();
    sockets[0]!.write("one");
    sockets[1]!.write("two");
    target.write("three");
    expect(await Promise.all(sockets.map(nextText))).toEqual(["one", "two", "three"]);
    expect((await fetch(tenant.url)).status).toBe((await fetch(upstream.url)).status);
    sockets[0]!.write("still there");
    expect(await nextText(sockets[0]!)).toBe("still there");
    for (const socket of sockets) socket.destroy();
  });

  test("speak a real protocol: psql through the tunnel", async () => {
    const { username, password, pathname } = new URL(world.databaseUrl);
    const { stdout } = await run(
      "psql",
      [
        "-h",
        "127.0.0.1",
        "-p",
        String(ports.get("postgres")),
        "-U",
        username,
        "-d",
        pathname.slice(1),
        "-Atc",
      ].concat("select count(*), md5(string_agg(n::text, ',')) from generate_series(1, 200000) n"),
      { env: { ...process.env, PGPASSWORD: decodeURIComponent(password), PGSSLMODE: "disable" } },
    );
    expect(stdout).toMatch(/^200000\|[0-9a-f]{32}\n$/);
  });

  test("half-close in either direction; the record has every byte once", async () => {
    const client = at("handed");
    const target = await nextConnection();
    client.end("a question");
    const asked = await new Promise<string>((resolve) => {
      let text = "";
      target.on("data", (chunk) => (text += chunk));
      target.once("end", () => resolve(text));
    });
    expect(asked).toBe("a question");
    target.write("an answer ");
    expect(await nextText(client)).toBe("an answer ");
    target.end("at length");
    expect(await endOf(client)).toEqual({ by: "end", text: "at length" });

    const second = at("handed");
    const speaker = await nextConnection();
    speaker.end("closing first");
    expect(await nextText(second)).toBe("closing first");
    if (!second.readableEnded) await once(second, "end");
    const heard = nextText(speaker);
    second.end("last word");
    expect(await heard).toBe("last word");
    await once(speaker, "close");

    expect(await recordOf("handed", 10)).toMatchObject({
      method: "TCP",
      status: 200,
      bytes_out: 19,
      error_code: null,
      client_address: "127.0.0.1",
      forwarded: true,
    });
  });

  test("64 MB each way at once arrive whole while the readers are slow, in bounded memory", async () => {
    const size = 64 * 1024 * 1024;
    const client = at("handed");
    const target = await nextConnection();
    const before = processMemory(world.relay.process.pid).residentBytes;
    const [up, down] = [patternStream(size), patternStream(size)];
    const sending = [
      pipeline(up.stream, client, { end: true }),
      pipeline(down.stream, target, { end: true }),
    ];
    // Nobody reads until the windows and the kernel's buffers are full.
    await until(async () => {
      const taken = up.taken + down.taken;
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(up.taken + down.taken).toBe(taken);
    });
    expect(up.taken + down.taken).toBeLessThan(size);
    const grown = processMemory(world.relay.process.pid).residentBytes - before;
    const [fromClient, fromTarget] = [new HashSink(), new HashSink()];
    await Promise.all([...sending, pipeline(target, fromClient), pipeline(client, fromTarget)]);
    expect([fromClient.bytes, fromTarget.bytes]).toEqual([size, size]);
    expect(fromClient.digest()).toBe(up.hash);
    expect(fromTarget.digest()).toBe(down.hash);
    expect(grown).toBeLessThan(40 * 1024 * 1024);
  });

  test("pass a reset on, either way; a target that nobody listens at resets the client", async () => {
    const client = at("handed");
    const target = await nextConnection();
    target.resetAndDestroy();
    expect((await endOf(client)).by).toBe("ECONNRESET");

    const other = at("handed");
    const second = await nextConnection();
    const ended = endOf(second);
    other.write("x", () => other.resetAndDestroy());
    expect((await ended).by).toBe("ECONNRESET");

    const dead = await makeTenant(world);
    const closed = await freePorts(1);
    const alone = await connect(world, dead, { args: ["--tcp", String(closed)] });
    const port = await portOf(alone, `127.0.0.1:${closed}`);
    await until(() => isOpen(port));
    const refused = openTcp(port);
    expect((await endOf(refused)).by).toBe("ECONNRESET");
    // A connector for TCP alone serves no HTTP.
    const answer = await fetch(dead.url);
    expect([answer.status, answer.headers.get("hotspot-error")]).toEqual([502, "connector_offline"]);
    const records = () =>
      world.db
        .selectFrom("request_log")
        .select(["status", "error_code", "bytes_in"])
        .where("endpoint_id", "=", dead.endpointId)
        .where("method", "=", "TCP")
        .execute();
    await until(async () =>
      expect(await records()).toContainEqual({
        status: 502,
        error_code: "upstream_unreachable",
        bytes_in: 0,
      }),
    );
  });

  test("end when nothing moves for the idle time", async () => {
    const client = at("echo");
    client.write("ping");
    expect(await nextText(client)).toBe("ping");
    expect((await endOf(client)).by).toBe("ECONNRESET");
  });
});

describe("limits", () => {
  test("one address has so many connections; those over it are dropped, and the rest go on", async () => {
    const sockets = Array.from({ length: PER_ADDRESS + 10 }, () => at("echo"));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const answers = await Promise.all(
      sockets.map(async (socket) => {
        socket.write("?");
        return new Promise<string>((resolve) => {
          socket.once("data", (chunk) => resolve(String(chunk)));
          socket.once("error", () => resolve("dropped"));
        });
      }),
    );
    expect(answers.filter((answer) => answer === "?")).toHaveLength(PER_ADDRESS);
  });
});

describe("the public port", () => {
  let owner: LabTenant;
  let serving: ManagedProcess;
  let port = 0;

  beforeAll(async () => {
    owner = await makeTenant(world);
    serving = await connect(world, owner, { args: ["--tcp", `echo=${echo.port}`] });
    port = await portOf(serving, `127.0.0.1:${echo.port}`);
    await until(() => isOpen(port));
  });

  const change = (event: object) => announce(world.db, { type: "endpoint", ...owner, ...event });

  test("is shown as online", async () => {
    await until(async () => expect((await tunnelOf(port)).served_by).toMatch(/^relay_/));
  });

  test("is shared by the connectors that serve it", async () => {
    const second = await startTcpTarget((socket) => socket.pipe(socket));
    onTestFinished(() => second.stop());
    const other = await connect(world, owner, { args: ["--tcp", `echo=${second.port}`] });
    expect(await portOf(other, `127.0.0.1:${second.port}`)).toBe(port);
    const held: Socket[] = [];
    await until(async () => {
      for (const socket of held.splice(0)) socket.destroy();
      const before = echo.sockets.length;
      for (let n = 0; n < 8; n++) {
        const socket = openTcp(port);
        held.push(socket);
        socket.write("?");
        await nextText(socket);
      }
      expect([echo.sockets.length - before, second.sockets.length]).toEqual([4, 4]);
    });
    for (const socket of held) socket.destroy();
    await other.stop();
  });

  test("waits for a connector that comes back, and closes when none does", async () => {
    serving.kill("SIGKILL");
    await serving.exited;
    const early = openTcp(port);
    early.write("early");
    await once(early, "connect");
    serving = await connect(world, owner, { args: ["--tcp", `echo=${echo.port}`] });
    expect(await nextText(early)).toBe("early");
    early.destroy();

    serving.kill("SIGKILL");
    await serving.exited;
    const startedAt = performance.now();
    const late = openTcp(port);
    await once(late, "connect");
    expect((await endOf(late)).by).toBe("ECONNRESET");
    expect(performance.now() - startedAt).toBeGreaterThan(GRACE_MS - 100);
    await until(async () => {
      const refused = openTcp(port);
      expect((await endOf(refused)).by).toBe("ECONNREFUSED");
    });
    await until(async () => expect((await tunnelOf(port)).served_by).toBeNull());
  });

  test("closes with all its connections within 2 s when its tenant is suspended, and opens again", async () => {
    serving = await connect(world, owner, { args: ["--tcp", `echo=${echo.port}`] });
    await until(() => isOpen(port));
    const client = openTcp(port);
    client.write("?");
    await nextText(client);
    const setUnpaid = async (state: "ok" | "unpaid") => {
      await world.db
        .updateTable("tenant_settings")
        .set({ billing_state: state })
        .where("tenant_id", "=", owner.tenantId)
        .execute();
      await announce(world.db, { type: "tenant", tenantId: owner.tenantId });
    };
    const startedAt = performance.now();
    await setUnpaid("unpaid");
    expect((await endOf(client)).by).toBe("ECONNRESET");
    expect(performance.now() - startedAt).toBeLessThan(promised(2_000));
    expect((await endOf(openTcp(port))).by).toBe("ECONNREFUSED");
    await setUnpaid("ok");
    await until(() => isOpen(port));
  });

  test("that another program has is told as such, and taken once it is free", async () => {
    const tunnel = await tunnelOf(port);
    const blocked = Math.max(...ports.values(), port) + 3;
    const program = createServer().listen(blocked);
    await once(program, "listening");
    await world.db.updateTable("tcp_tunnels").set({ port: blocked }).where("id", "=", tunnel.id).execute();
    // A tunnel moves under a new id; here it is the same one, so it goes and comes.
    await world.db
      .updateTable("tcp_tunnels")
      .set({ released_at: new Date() })
      .where("id", "=", tunnel.id)
      .execute();
    await change({});
    await until(async () => expect((await endOf(openTcp(port))).by).toBe("ECONNREFUSED"));
    await world.db
      .updateTable("tcp_tunnels")
      .set({ released_at: null })
      .where("id", "=", tunnel.id)
      .execute();
    await change({});
    await until(async () => expect((await tunnelOf(blocked)).fault).toContain("in use by another program"));
    program.close();
    await until(() => isOpen(blocked));
    await until(async () => expect((await tunnelOf(blocked)).fault).toBeNull());
    port = blocked;
  });

  test("closes with all its connections when it is given back", async () => {
    const client = openTcp(port);
    client.write("?");
    await nextText(client);
    await world.db
      .updateTable("tcp_tunnels")
      .set({ released_at: new Date() })
      .where("port", "=", port)
      .execute();
    await change({});
    expect((await endOf(client)).by).toBe("ECONNRESET");
    expect((await endOf(openTcp(port))).by).toBe("ECONNREFUSED");
  });

  test("is served on by a relay that drains until its connections end, and by its successor", async () => {
    const client = at("echo");
    client.write("before");
    expect(await nextText(client)).toBe("before");
    // It is not idle, however long the successor takes to start.
    const busy = setInterval(() => client.write("."), IDLE_SECONDS * 100);
    onTestFinished(() => clearInterval(busy));
    const old = world.relay.process;
    old.kill("SIGTERM");
    await world.restartRelay();
    await until(async () => {
      const next = at("echo");
      next.write("new");
      expect(await nextText(next)).toBe("new");
      next.destroy();
    });
    clearInterval(busy);
    client.write("still");
    let echoed = "";
    while (!echoed.endsWith("still")) echoed += await nextText(client);
    expect(echoed).toMatch(/^\.*still$/);
    client.end();
    await once(client, "close");
    expect(await old.exited).toBe(0);
  });
});
