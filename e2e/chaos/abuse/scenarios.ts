import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { createEndpoint } from "../../../db/testing/factories.ts";
import { ResetCode } from "../../../relay/protocol/codes.ts";
import { FrameType } from "../../../relay/protocol/frames.ts";
import { issueConnectorToken, signConnectorToken } from "../../fixtures/connector-token.ts";
import { patternBlock } from "../../fixtures/pattern.ts";
import { RawHttp } from "../../fixtures/raw-http.ts";
import { frame, RawLink, u32 } from "../../fixtures/raw-link.ts";
import { latencyBeside, manyRequests, openMany } from "./client.ts";
import { othersWhileAbused } from "./others.ts";
import { judge, type Scenario } from "./scenario.ts";
import type { AbuseWorld } from "./world.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
const stalledReaders: Scenario = {
  name: "100 readers that stall",
  async run(world) {
    let written = 0;
    world.upstream.on("/stalled", async (_req, res) => {
      res.writeHead(200, { "content-length": 64 * MIB });
      let room: () => void = () => undefined;
      res.on("drain", () => room()).on("close", () => room());
      for (let at = 0; at < 64 * MIB && !res.destroyed; at += 65_536) {
        written += 65_536;
        if (!res.write(patternBlock(at))) {
          await new Promise<void>((go) => {
            room = go;
          });
        }
      }
    });
    const stall = async (count: number) => {
      const readers = await openMany(count, 10, async () => {
        const http = await RawHttp.open(world.port);
        http.request(["GET /stalled HTTP/1.1", `Host: ${world.host}`]);
        await http.readHead();
        http.socket.pause();
        return http;
      });
      for (let last = -1; last !== written; await delay(500)) last = written;
      return readers;
    };
    const first = await stall(30);
    const before = await settled(world);
    const readers = await stall(100);
    const grown = (await settled(world, 20)) - before;
    for (const http of [...first, ...readers]) http.close();
    const bar = 100 * 256 * KIB * 1.1;
    return judge(
      `the relay grew by ${mib(grown)}; windows and a tenth are ${mib(bar)}`,
      grown < bar,
      "memory over the windows",
    );
  },
};

const idleConnections: Scenario = {
  name: "idle keep-alive connections",
  async run(world, { full }) {
    const count = Math.min(full ? 20_000 : 2_000, openFiles() - 1_000);
    const open = () =>
      RawHttp.open(world.port, `127.0.1.${1 + Math.floor(Math.random() * 200)}`).then(async (http) => {
        http.request(["GET /small HTTP/1.1", `Host: ${world.host}`]);
        await http.response();
        return http;
      });
    for (const http of await openMany(200, 20, open)) http.close();
    const before = await settled(world);
    const sockets = await openMany(count, 50, open);
    const each = ((await settled(world)) - before) / count;
    const beside = await latencyBeside(world, 2);
    const alive = sockets.filter((http) => !http.socket.destroyed).length;
    for (const http of sockets) http.close();
    const seen = `${count}: ${(each / KIB).toFixed(1)} KiB each, ${alive} still open, others' p99 ${beside.p99} ms`;
    return judge(seen, each < 40 * KIB && alive === count, "over 40 KiB each, or closed");
  },
};

const idleConnectors: Scenario = {
  name: "idle connectors",
  async run(world, { full }) {
    const count = full ? 10_000 : 1_000;
    const tokens = await manyTokens(world, count);
    const open = (n: number) => RawLink.open(world.port, tokens[n]!, { onFrame: forget });
    for (const link of await openMany(200, 20, open)) link.destroy();
    const before = await settled(world);
    const links = await openMany(count, 50, open);
    const each = ((await settled(world)) - before) / count;
    const beside = await latencyBeside(world, 2);
    const alive = links.filter((link) => link.isOpen).length;
    for (const link of links) link.destroy();
    const seen = `${count}: ${(each / KIB).toFixed(1)} KiB each, ${alive} still up, others' p99 ${beside.p99} ms`;
    return judge(seen, alive === count, "links were lost");
  },
};

const manyStreams: Scenario = {
  name: "streams opened and reset at once",
  async run(world, { full }) {
    const count = full ? 100_000 : 10_000;
    let opens = 0;
    const { link, host } = await hostileLink(world, (one, self) => {
      if (one.type !== FrameType.open) return;
      opens++;
      self.send(frame(FrameType.reset, one.streamId, u32(ResetCode.upstreamReset)));
    });
    const ask = (some: number) => manyRequests(world, { host, path: "/reset", count: some, lanes: 32 });
    // As many once before: what grows with a first rush and stays is no leak.
    const start = await settled(world);
    await ask(count);
    const before = await settled(world, 15);
    const statuses = await ask(count);
    const grown = (await settled(world, 15)) - before;
    const isUp = link.isOpen;
    link.destroy();
    const seen =
      `${opens} streams, answers ${JSON.stringify([...statuses])}, link ${isUp ? "up" : "ended"}, ` +
      `the relay grew by ${mib(before - start)} with as many before, then by ${mib(grown)}`;
    return judge(
      seen,
      isUp && (!full || grown < 16 * MIB) && statuses.get(502) === count,
      "memory grew, or the link ended",
    );
  },
};

const manyRequestsFlat: Scenario = {
  name: "requests without growth",
  async run(world, { full }) {
    const count = full ? 200_000 : 20_000;
    const ask = (some: number) =>
      manyRequests(world, { host: world.host, path: "/small", count: some, lanes: 32 });
    await ask(count / 5);
    const before = await settled(world);
    const started = Date.now();
    const statuses = await ask(count);
    const seconds = (Date.now() - started) / 1_000;
    const grown = (await settled(world)) - before;
    const seen = `${count} in ${seconds.toFixed(0)} s, answers ${JSON.stringify([...statuses])}, the relay grew by ${mib(grown)}`;
    return judge(
      seen,
      grown < 16 * MIB && statuses.get(200) === count,
      "memory grew, or not all were served",
    );
  },
};

export const scenarios: readonly Scenario[] = [
  othersWhileAbused,
  stalledReaders,
  manyRequestsFlat,
  manyStreams,
  idleConnections,
  idleConnectors,
];

/** Files that a process may have open here. */
function openFiles(): number {
  return Number(/^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1_024);
}

/** Frames are not kept: there are very many of them. */
function forget(_one: unknown, link: RawLink): void {
  link.isDeaf = true;
}

async function hostileLink(
  world: AbuseWorld,
  onFrame: NonNullable<Parameters<typeof RawLink.open>[2]>["onFrame"],
) {
  const endpoint = await createEndpoint(world.db, world.tenant);
  const { connectorToken } = await issueConnectorToken(world.db, world.signingSecret, world.tenant, endpoint);
  const link = await RawLink.open(world.port, connectorToken, {
    onFrame(one, self) {
      onFrame?.(one, self);
      if (one.type === FrameType.welcome) queueMicrotask(() => forget(one, self));
    },
  });
  return { link, host: `${endpoint.slug}.localhost:${world.port}` };
}

/** An endpoint with a connector each, written in bulk. */
async function manyTokens(world: AbuseWorld, count: number): Promise<string[]> {
  const { db, tenant, signingSecret } = world;
  const expiresAt = new Date(Date.now() + 3_600_000);
  const run = randomBytes(4).toString("hex");
  const claims = Array.from({ length: count }, (_, n) => ({
    connectorId: `con_${run}${n}`,
    tenantId: tenant.tenantId,
    endpointId: `ep_${run}${n}`,
    slug: `i-${run}${n}`,
    expiresAt,
  }));
  for (let n = 0; n < count; n += 1_000) {
    const some = claims.slice(n, n + 1_000);
    await db
      .insertInto("endpoints")
      .values(
        some.map((one) => ({
          id: one.endpointId,
          tenant_id: one.tenantId,
          license_id: tenant.licenseId,
          slug: one.slug,
          token_hash: randomBytes(32).toString("hex"),
          token_hint: "hs_ep_…",
          require_access_key: false,
          upstream_base_url: null,
        })),
      )
      .execute();
    await db
      .insertInto("connectors")
      .values(
        some.map((one) => ({
          id: one.connectorId,
          tenant_id: one.tenantId,
          endpoint_id: one.endpointId,
          device_pk: null,
          expires_at: expiresAt,
          status: "offline" as const,
        })),
      )
      .execute();
  }
  return Promise.all(claims.map((one) => signConnectorToken(signingSecret, one)));
}

/** Resident bytes of the relay once it is still: the lowest of some looks, as its collector takes its time. */
export async function settled(world: AbuseWorld, seconds = 6): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 2 * seconds; n++) {
    await delay(500);
    lowest = Math.min(lowest, world.relayBytes());
  }
  return lowest;
}
