import { setTimeout as delay } from "node:timers/promises";
import { RawHttp } from "../../fixtures/raw-http.ts";
import type { BesideResult } from "../programs/beside-main.ts";
import { besideFor } from "./client.ts";
import type { Finding } from "./scenario.ts";
import { settled } from "./scenarios.ts";
import type { AbuseWorld } from "./world.ts";

const MIB = 1024 * 1024;
/** Between two requests of a lane of the other tenant, ms: about 300 requests a second, 450 with those of the load. */
const BESIDE_PAUSE_MS = 15;

/**
 * Mixed load with readers that stall, for a long time: memory must not climb by 1 MiB a minute, files go back to the
 * start, and the other tenant's p99 stays what it was.
 */
export async function soak(
  world: AbuseWorld,
  minutes: number,
  say: (line: string) => void,
): Promise<Finding> {
  const large = Buffer.alloc(400_000, "large ");
  world.upstream.on("/large", (_req, res) => res.end(large));
  world.upstream.on("/upload", (req, res) => req.resume().on("end", () => res.end("taken")));
  world.upstream.on("/events", (_req, res) => {
    let left = 40;
    const timer = setInterval(() => {
      if (--left > 0) return void res.write("data: tick\n\n");
      clearInterval(timer);
      res.end();
    }, 50);
    res.once("close", () => clearInterval(timer));
  });
  const restBefore = await settled(world);
  const filesBefore = world.relayFiles();
  const over = Date.now() + minutes * 60_000;
  const isOn = () => Date.now() < over;
  let answers = 0;
  let failures = 0;
  const ask = async (path: string, body: Buffer | null, pauseMs: number) => {
    while (isOn()) {
      const http = await RawHttp.open(world.port);
      const method = body === null ? "GET" : "POST";
      http.request(
        [
          `${method} ${path} HTTP/1.1`,
          `Host: ${world.host}`,
          ...(body === null ? [] : [`Content-Length: ${body.length}`]),
        ],
        body ?? "",
      );
      const { status } = await http.response(method);
      http.close();
      answers++;
      if (status !== 200) failures++;
      await delay(pauseMs);
    }
  };
  const stall = async () => {
    while (isOn()) {
      const http = await RawHttp.open(world.port);
      http.request(["GET /large HTTP/1.1", `Host: ${world.host}`]);
      await http.readHead();
      http.socket.pause();
      await delay(3_000);
      http.close();
    }
  };
  const load = Promise.all([
    ...Array.from({ length: 4 }, () => ask("/small", null, 20)),
    ...Array.from({ length: 2 }, () => ask("/large", null, 50)),
    ...Array.from({ length: 2 }, () => ask("/upload", large, 50)),
    ...Array.from({ length: 10 }, () => ask("/events", null, 10)),
    ...Array.from({ length: 20 }, () => stall()),
  ]);
  // The first tenth is for warming up: code is compiled, buffers find their sizes.
  const looks: { minute: number; relay: number; connectors: number }[] = [];
  const besides: BesideResult[] = [];
  const stepMs = Math.max(5_000, (minutes * 60_000) / 40);
  const started = Date.now();
  while (Date.now() + stepMs < over) {
    const beside = await besideFor(world, stepMs / 1_000, BESIDE_PAUSE_MS);
    besides.push(beside);
    answers += beside.kept.count + beside.fresh.count;
    failures += beside.failed;
    const minute = (Date.now() - started) / 60_000;
    const look = { minute, relay: world.relayBytes() / MIB, connectors: world.connectorBytes() / MIB };
    looks.push(look);
    const memory = `relay ${look.relay.toFixed(0)} MiB, both connectors ${look.connectors.toFixed(0)} MiB`;
    const requests = `${answers} requests, ${failures} failed`;
    say(
      `${minute.toFixed(1)} min: ${memory}, ${world.relayFiles()} files, p99 ${beside.kept.p99} ms, ${requests}`,
    );
  }
  await load;
  const kept = looks.slice(Math.ceil(looks.length / 10));
  const slope = slopeOf(kept.map(({ minute, relay }) => [minute, relay]));
  const connectors = slopeOf(kept.map(({ minute, connectors }) => [minute, connectors]));
  const restAfter = await settled(world, 20);
  const files = world.relayFiles();
  const third = Math.ceil(besides.length / 3);
  const median = (some: BesideResult[]) =>
    some.map(({ kept }) => kept.p99).sort((a, b) => a - b)[Math.floor(some.length / 2)] ?? 0;
  const seen =
    `${minutes} min, ${answers} requests, ${failures} failed: relay ${slope.toFixed(2)} MiB a minute, connectors ` +
    `${connectors.toFixed(2)}, at rest ${mib(restBefore)} -> ${mib(restAfter)} MiB, files ${filesBefore} -> ${files}, ` +
    `p99 ${median(besides.slice(0, third))} ms in the first third, ${median(besides.slice(-third))} ms in the last`;
  if (failures > 0) return { seen, wrong: "requests failed" };
  // A short one only shows that it works: caches and the collector are still finding their sizes.
  const isFlat = minutes < 5 || (slope < 1 && connectors < 1 && files <= filesBefore + 10);
  return { seen, wrong: isFlat ? null : "memory climbs, or files stay open" };
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

/** Least squares. */
function slopeOf(points: [x: number, y: number][]): number {
  const n = points.length;
  if (n < 2) return 0;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
