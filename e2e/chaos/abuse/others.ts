import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createEndpoint } from "../../../db/testing/factories.ts";
import { Absent } from "../../bench/absent.ts";
import { type Nginx, startFront } from "../../bench/nginx.ts";
import { Resources } from "../../bench/resources.ts";
import { median } from "../../bench/stats.ts";
import { issueConnectorToken } from "../../fixtures/connector-token.ts";
import { cpuMicros } from "../../fixtures/process-memory.ts";
import type { AbuseKind, AbusePlan, AbuseResult } from "../programs/abuser-main.ts";
import type { BesideResult } from "../programs/beside-main.ts";
import { abuse, askBeside, raise } from "./programs.ts";
import { type AbuseOptions, judge, type Scenario } from "./scenario.ts";
import type { AbuseWorld } from "./world.ts";

const KINDS: readonly AbuseKind[] = ["chunks", "bombs", "targets", "dials", "frames"];
/** What is done to a server that is no relay: nobody links to it. */
const FOREIGN_KINDS = KINDS.filter((kind) => kind !== "frames");
const ALL = "all of them";

/** Where the other tenant and the abuser meet. */
interface Place {
  readonly name: string;
  /** Of the other tenant's requests. */
  readonly port: number;
  readonly besideHost: string;
  readonly abusedPort: number;
  readonly abusedHost: string;
  readonly pid: number;
  readonly kinds: readonly AbuseKind[];
}

interface Look {
  readonly beside: BesideResult;
  /** Share of a core that the place took. */
  readonly busy: number;
  readonly done: AbuseResult[];
}

/**
 * What others feel, and what of it is the relay's doing. In turns: each abuser at a server of nothing (the machine is as
 * busy, the relay is not), at the relay, and at nginx, which serves the same two upstreams. Medians over the rounds.
 */
export const othersWhileAbused: Scenario = {
  name: "others while abused",
  async run(world, options) {
    const resources = new Resources();
    const nothing = await startNothing();
    try {
      const places = await placesOf(world, resources, nothing.port, options);
      // Code is compiled in the first seconds, on the cores that are measured.
      for (const place of places) await look(world, place, place.kinds, options);
      const looks = new Map<string, Look[]>();
      for (let round = 0; round < options.rounds; round++) {
        for (const kinds of turnsOf(options)) {
          for (const place of places) {
            const some = kinds.filter((kind) => place.kinds.includes(kind));
            if (some.length === 0 && kinds.length > 0) continue;
            const key = keyOf(place.name, kinds);
            looks.set(key, [...(looks.get(key) ?? []), await look(world, place, some, options)]);
          }
        }
      }
      const lines = turnsOf(options).flatMap((kinds) => linesOf(looks, kinds));
      const failed = [...looks.values()].flat().some(({ beside }) => beside.failed > 0);
      return judge(`\n      ${lines.join("\n      ")}`, !failed, "others were not answered");
    } finally {
      nothing.close();
      await resources.close();
    }
  },
};

/** Nobody, each by itself, all of them. */
function turnsOf({ kinds }: AbuseOptions): (readonly AbuseKind[])[] {
  const chosen = KINDS.filter((kind) => kinds === null || kinds.includes(kind));
  return [[], ...chosen.map((kind) => [kind]), ...(kinds === null || kinds.includes("all") ? [KINDS] : [])];
}

async function placesOf(
  world: AbuseWorld,
  resources: Resources,
  nothingPort: number,
  { dir }: AbuseOptions,
): Promise<Place[]> {
  world.upstream.on("/swallow", (req, res) => req.resume().on("end", () => res.end("ok")));
  world.upstream.on("/dialled", (_req, res) => res.end("answered"));
  const { port, host, besideHost } = world;
  const relay = { name: "relay", port, besideHost, abusedPort: port, abusedHost: host };
  const pid = world.relay.process.pid;
  const places: Place[] = [
    { ...relay, name: "nothing", abusedPort: nothingPort, pid, kinds: FOREIGN_KINDS },
    { ...relay, pid, kinds: KINDS },
  ];
  const nginx = await findNginx(world, resources, dir);
  if (nginx === null) return places;
  const abused = { abusedPort: nginx.port, abusedHost: "abused.localhost" };
  const beside = { port: nginx.port, besideHost: "beside.localhost" };
  return [...places, { name: "nginx", ...beside, ...abused, pid: nginx.pid, kinds: FOREIGN_KINDS }];
}

async function findNginx(world: AbuseWorld, resources: Resources, dir: string): Promise<Nginx | null> {
  try {
    const nginx = await startFront({ dir, resources }, [
      { host: "abused.localhost", port: world.upstream.port },
      { host: "beside.localhost", port: world.besideUpstreamPort },
    ]);
    raise(nginx.pid);
    return nginx;
  } catch (error) {
    if (error instanceof Absent) return null;
    throw error;
  }
}

async function look(
  world: AbuseWorld,
  place: Place,
  kinds: readonly AbuseKind[],
  { full }: AbuseOptions,
): Promise<Look> {
  const seconds = full ? 20 : 5;
  const plans = await Promise.all(
    kinds.map((kind) => planOf(world, kind, place.abusedPort, place.abusedHost, seconds + 2)),
  );
  const working = Promise.all(plans.map((plan) => abuse(plan)));
  await delay(1_000);
  const before = cpuMicros(place.pid);
  const { port, besideHost: host } = place;
  const beside = await askBeside({ port, host, path: world.besidePath, seconds });
  const busy = (cpuMicros(place.pid) - before) / (seconds * 1e6);
  return { beside, busy, done: await working };
}

async function planOf(
  world: AbuseWorld,
  kind: AbuseKind,
  port: number,
  host: string,
  seconds: number,
): Promise<AbusePlan> {
  if (kind !== "frames") return { kind, port, host, seconds };
  const slug = world.host.split(".")[0] ?? "";
  const endpoint = await createEndpoint(world.db, world.tenant);
  const issued = await issueConnectorToken(world.db, world.signingSecret, world.tenant, endpoint);
  const token = issued.connectorToken;
  return { kind, port, host: world.host.replace(slug, endpoint.slug), seconds, token };
}

function keyOf(place: string, kinds: readonly AbuseKind[]): string {
  return `${place} ${kinds.length > 1 ? ALL : (kinds[0] ?? "alone")}`;
}

function linesOf(looks: ReadonlyMap<string, readonly Look[]>, kinds: readonly AbuseKind[]): string[] {
  const p99 = (key: string) => medianOf(looks.get(key), ({ beside }) => beside.kept.p99);
  const name = kinds.length > 1 ? ALL : (kinds[0] ?? "alone");
  return ["nothing", "relay", "nginx"].flatMap((place) => {
    const some = looks.get(keyOf(place, kinds));
    if (some === undefined || (place === "nothing" && kinds.length === 0)) return [];
    const own = place === "nginx" ? "nginx" : "relay";
    // A hostile connector has no like at a server of nothing.
    const busyKey = keyOf("nothing", kinds);
    const ratio = (key: string) => (p99(keyOf(place, kinds)) / p99(key)).toFixed(1);
    const ratios = [`x${ratio(`${own} alone`)} of alone`];
    if (looks.has(busyKey) && place !== "nothing") ratios.push(`x${ratio(busyKey)} of the busy machine`);
    const spread = some.map(({ beside }) => beside.kept.p99).sort((a, b) => a - b);
    const failed = some.reduce((sum, { beside }) => sum + beside.failed, 0);
    return [
      `${name.padEnd(11)} at ${place.padEnd(7)} p50 ${medianOf(some, ({ beside }) => beside.kept.p50)}, ` +
        `p99 ${medianOf(some, ({ beside }) => beside.kept.p99)} ms (${spread[0]} to ${spread.at(-1)}; ${ratios.join(", ")}), ` +
        `new connections p99 ${medianOf(some, ({ beside }) => beside.fresh.p99)} ms, failed ${failed}; ` +
        `${own} ${(medianOf(some, ({ busy }) => busy) * 100).toFixed(0)} % of a core; ` +
        (some.at(-1)?.done.map(rates).join("; ") ?? ""),
    ];
  });
}

function medianOf(looks: readonly Look[] | undefined, of: (look: Look) => number): number {
  return looks === undefined ? Number.NaN : Number(median(looks.map(of)).toFixed(2));
}

/** `chunks 1,200,000/s` */
function rates({ counts, seconds }: AbuseResult): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${Math.round(count / seconds)}/s`)
    .join(", ");
}

/** Takes what comes; answers a head without a body, or the end of a chunked one, and closes: an abuser without a relay. */
async function startNothing(): Promise<{ port: number; close(): void }> {
  const answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  const server = createServer((socket) => {
    let isBody = false;
    let tail = "";
    socket.on("error", () => undefined).setNoDelay(true);
    socket.on("data", (chunk) => {
      isBody ||= chunk.includes("chunked");
      tail = (tail + chunk.subarray(-5).toString("latin1")).slice(-5);
      if (!isBody || tail === "0\r\n\r\n") socket.end(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
