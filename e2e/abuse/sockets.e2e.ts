import { expect, test } from "vitest";
import { abuse } from "../chaos/abuse/programs.ts";
import { within } from "../fixtures/gate.ts";
import { metricOf } from "../fixtures/metrics.ts";
import { patternBlock } from "../fixtures/pattern.ts";
import { processMemory } from "../fixtures/process-memory.ts";
import { promised } from "../fixtures/promised.ts";
import { fieldValues, RawHttp } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import { tunnelLab } from "../tunnel/lab.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const PER_ADDRESS = 1_500;
const lab = await tunnelLab({ env: { RELAY_MAX_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS) } });

const relayBytes = () => processMemory(lab.world.relay.process.pid).residentBytes;

/** Sockets that have had one answer and stay. */
async function keptOpen(count: number, from: string): Promise<RawHttp[]> {
  const sockets: RawHttp[] = [];
  for (let n = 0; n < count; n += 100) {
    const some = Array.from({ length: Math.min(100, count - n) }, async () => {
      const http = await RawHttp.open(lab.port, from);
      http.request(["GET /kept HTTP/1.1", `Host: ${lab.host}`]);
      expect((await http.response()).body.toString()).toBe("kept");
      return http;
    });
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

test("10,000 requests of two tenants and of nobody over 50 sockets: no byte of one tenant in the other's answer", async () => {
  const body = (who: string, n: string) => `${who} ${n} ${who.repeat(Number(n) % 200)}`;
  for (const [upstream, who] of [
    [lab.upstream, "alpha"],
    [lab.otherUpstream, "omega"],
  ] as const) {
    upstream.on("/mine", (req, res) => res.end(body(who, String(req.headers["x-n"]))));
  }
  const nobody = lab.host.replace(lab.tenant.slug, "nobody-here");
  const kinds = [
    { host: lab.host, who: "alpha" },
    { host: lab.otherHost, who: "omega" },
    { host: nobody, who: null },
  ];
  const wrong: string[] = [];
  await Promise.all(
    Array.from({ length: 50 }, async (_, lane) => {
      const http = await RawHttp.open(lab.port, "127.0.0.2");
      for (let round = 0; round < 200; round += 2) {
        // Two in a row without waiting: pipelined requests may be of different tenants.
        const pair = [round, round + 1].map((n) => ({
          n: String(n * 50 + lane),
          ...kinds[(n * 7 + lane) % 3]!,
        }));
        for (const { n, host } of pair) http.request(["GET /mine HTTP/1.1", `Host: ${host}`, `X-N: ${n}`]);
        for (const { n, who } of pair) {
          const answer = await http.response();
          const seen = answer.body.toString();
          const isRight =
            who === null
              ? fieldValues(answer, "hotspot-error")[0] === "endpoint_not_found"
              : answer.status === 200 && seen === body(who, n);
          if (!isRight) wrong.push(`${n} of ${who}: ${answer.status} ${seen.slice(0, 60)}`);
        }
      }
      http.close();
    }),
  );
  expect(wrong).toEqual([]);
  expect(lab.upstream.seenAt("/mine").length + lab.otherUpstream.seenAt("/mine").length).toBeGreaterThan(
    6_000,
  );
});

test("1,000 sockets of one tenant cost at most 40 KiB each, the other tenant is served; over the bound of an address they are refused, of that address only", async () => {
  lab.upstream.on("/kept", (_req, res) => res.end("kept"));
  lab.otherUpstream.on("/beside", (_req, res) => res.end("beside"));
  for (const http of await keptOpen(200, "127.0.0.3")) http.close();
  await until(async () =>
    expect(await metricOf(lab.world.relay, "hotspot_edge_connections")).toBeLessThan(50),
  );
  const before = relayBytes();
  const sockets = await keptOpen(1_000, "127.0.0.4");
  expect((relayBytes() - before) / sockets.length).toBeLessThan(40 * KIB);

  const beside = await RawHttp.open(lab.port, "127.0.0.5");
  beside.request(["GET /beside HTTP/1.1", `Host: ${lab.otherHost}`]);
  expect((await within(promised(2_000), "the other tenant", beside.response())).body.toString()).toBe(
    "beside",
  );

  // Silent ones count as well. One that is refused may be reset before we know that it was open.
  const dials = await Promise.allSettled(
    Array.from({ length: 600 }, () => RawHttp.open(lab.port, "127.0.0.4")),
  );
  const silent = dials.flatMap((dial) => (dial.status === "fulfilled" ? [dial.value] : []));
  await until(async () =>
    expect(await metricOf(lab.world.relay, "hotspot_edge_connections_refused")).toBe(100),
  );
  const other = await keptOpen(1, "127.0.0.5");
  for (const http of [...sockets, ...silent, ...other, beside]) http.close();
  await until(async () =>
    expect(await metricOf(lab.world.relay, "hotspot_edge_connections")).toBeLessThan(50),
  );
  for (const http of await keptOpen(1, "127.0.0.4")) http.close();
});

test("connections that come and go as fast as one process can make them: each is taken, and another address's new ones are served meanwhile", async () => {
  lab.upstream.on("/dialled", (_req, res) => res.end("answered"));
  lab.otherUpstream.on("/beside", (_req, res) => res.end("beside"));
  const plan = { kind: "dials" as const, port: lab.port, host: lab.host, seconds: 2, rate: 5_000 };
  let isOver = false;
  const flood = abuse(plan).finally(() => {
    isOver = true;
  });
  let served = 0;
  while (!isOver) {
    const beside = await RawHttp.open(lab.port, "127.0.0.5");
    beside.request(["GET /beside HTTP/1.1", `Host: ${lab.otherHost}`]);
    const answer = await within(30_000, "a new connection of another address", beside.response());
    expect(answer.body.toString()).toBe("beside");
    beside.close();
    served++;
  }
  const { counts, seconds } = await flood;
  const { dialled = 0, answered = 0, failed = 0, unanswered = 0 } = counts;
  expect([failed, unanswered]).toEqual([0, 0]);
  expect(answered).toBe(dialled >> 1);
  expect(served).toBeGreaterThan(20);
  console.log(
    `${Math.round(dialled / plan.seconds)} connections a second, done after ${seconds.toFixed(1)} s; ${served} beside`,
  );
  await until(async () =>
    expect(await metricOf(lab.world.relay, "hotspot_edge_connections")).toBeLessThan(50),
  );
});

test("100 readers that stall: the relay grows by a window each and a tenth, and the tenant's other requests are served", async () => {
  let written = 0;
  lab.upstream.on("/stalled", async (_req, res) => {
    res.writeHead(200, { "content-length": 64 * MIB });
    let room: () => void = () => undefined;
    res.on("drain", () => room()).on("close", () => room());
    for (let at = 0; at < 64 * MIB && !res.destroyed; at += 65_536) {
      written += 65_536;
      if (!res.write(patternBlock(at))) await new Promise<void>((go) => (room = go));
    }
  });
  lab.upstream.on("/beside", (_req, res) => res.end("beside"));
  const readers: RawHttp[] = [];
  const stall = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const http = await RawHttp.open(lab.port, "127.0.0.6");
      http.request(["GET /stalled HTTP/1.1", `Host: ${lab.host}`]);
      await http.readHead();
      http.socket.pause();
      readers.push(http);
    }
    let last = -1;
    const quiet = () => {
      const was = last;
      last = written;
      if (was !== last) throw new Error("bytes are still being taken");
    };
    await until(quiet, 20_000, 300);
  };
  // What the first ones cost is code and buffers that the others use as well.
  await stall(30);
  const before = relayBytes();
  await stall(100);
  const beside = await RawHttp.open(lab.port, "127.0.0.5");
  beside.request(["GET /beside HTTP/1.1", `Host: ${lab.host}`]);
  expect((await within(promised(2_000), "another request", beside.response())).body.toString()).toBe(
    "beside",
  );
  // What the rush left behind is collected a little later.
  await until(() => expect(relayBytes() - before).toBeLessThan(100 * 256 * KIB * 1.1), 20_000, 250);
  console.log(`100 stalled readers: ${((relayBytes() - before) / MIB).toFixed(1)} MiB`);
  for (const http of [...readers, beside]) http.close();
});
