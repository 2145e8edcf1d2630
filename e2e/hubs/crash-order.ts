import { deepStrictEqual as same } from "node:assert/strict";
import { sql } from "kysely";
import { createRandom, type Random } from "../chaos/random.ts";
import { until } from "../fixtures/until.ts";
import { type CrashHub, type Enrollment, tryKey } from "./crash-hub.ts";
import type { CrashWorld, KillPoint } from "./crash-world.ts";

/** How many calls to Cloudflare each part makes for three hubs; a kill is drawn from as many. */
const CALLS = { enroll: 19, rotate: 6, disable: 15, expire: 2 } as const;
type Part = keyof typeof CALLS;
/** A portal that starts on a busy machine, and pauses between tries. */
const SETTLED_MS = 60_000;
/** Calls that are answered with trouble now and then, whether they were carried out or not. */
const FRAGILE = [
  /\/cfd_tunnel$/,
  /\/dns_records$/,
  /\/r2\/buckets$/,
  /\/tokens$/,
  /\/configurations$/,
  /\/lifecycle$/,
];

/** The portal is killed in so many parts of an order. */
const KILLS = 2;

/**
 * Enroll, rotate and disable of three hubs at once, and the end of the backups' time; the portal is killed in two of these four parts.
 * After each part the account holds what it should, each thing once; in the end nothing.
 *
 * @returns where the portal was killed
 */
export async function runCrashOrder(world: CrashWorld, seed: number): Promise<string[]> {
  const random = createRandom(seed);
  const deadly = new Set<Part>();
  while (deadly.size < KILLS) deadly.add(random.pick(["enroll", "rotate", "disable", "expire"] as const));
  const kills: string[] = [];
  const part = async (name: Part, act: () => Promise<void>) => {
    trouble(world, random);
    const point = killPoint(random, name);
    const armed = deadly.has(name) ? world.arm(point) : null;
    await act();
    const killed = await armed?.done();
    world.cloudflare.clearFaults();
    if (armed) kills.push(`${name}: ${killed ?? `not killed, there was no call ${point.call}`}`);
  };
  const { hubs } = world;
  // A year of somebody's clicks in a few minutes; limits are other tests' matter.
  await world.db.deleteFrom("rate_limits").execute();

  let enrolled: Enrollment[] = [];
  await part("enroll", async () => {
    // Each hub asks twice at once: a slow start and the person at the keyboard.
    const twice = await Promise.all(hubs.map((hub) => Promise.all([hub.enroll(), hub.enroll()])));
    for (const [first, second] of twice) same(second, first);
    enrolled = twice.map(([first]) => first!);
  });
  await holdsEachOnce(world, enrolled);
  await writeToBuckets(world, enrolled);

  await part("rotate", async () => {
    const before = enrolled;
    const keys = await Promise.all(hubs.map((hub) => hub.rotate()));
    // The old ones work until the hubs say that they use the new ones.
    enrolled = before.map((old, at) => ({ ...old, ...keys[at]! }));
    for (const [at, hub] of hubs.entries()) await hub.report(keys[at]!.r2_access_key_id);
    await until(() => same(world.cloudflare.list().tokens.length, hubs.length), SETTLED_MS);
    for (const old of before) same(await tryKey(old, old, "old"), "Unauthorized");
  });
  await holdsEachOnce(world, enrolled);
  await writeToBuckets(world, enrolled);

  for (const [at, hub] of hubs.entries()) hub.connect(enrolled[at]!);
  await part("disable", async () => {
    await Promise.all(hubs.map((hub) => hub.disable()));
    await allOff(world);
  });
  const { tunnels, connections, records, buckets, tokens, objects } = world.cloudflare.list();
  same([tunnels, connections, records, tokens], [[], [], [], []]);
  same([buckets.length, objects.length > 0], [2, true]);

  await part("expire", async () => {
    await passAMonth(world);
    await nothingLeft(world);
  });
  return kills;
}

function killPoint(random: Random, part: Part): KillPoint {
  return {
    call: Math.floor(random.between(1, CALLS[part] + 1)),
    moment: random.pick(["arrived", "done", "answered"] as const),
    laterMs: random.between(0, 25),
  };
}

/** In every second part one call goes wrong beside the kill. */
function trouble({ cloudflare }: CrashWorld, random: Random): void {
  if (random.between(0, 1) < 0.5) return;
  const status = random.pick([502, 504]);
  const method = random.pick(["POST", "PUT"]);
  cloudflare.fail({ method, path: random.pick(FRAGILE) }, { status, done: random.between(0, 1) < 0.7 });
}

/** One tunnel, record and key per hub, one bucket per tenant, and all of it where the hubs were told. */
async function holdsEachOnce(
  { cloudflare, hubs, db }: CrashWorld,
  enrolled: readonly Enrollment[],
): Promise<void> {
  const { tunnels, records, buckets, tokens } = cloudflare.list();
  const sorted = (values: readonly string[]) => values.toSorted();
  const of = <K extends keyof Enrollment>(name: K) => sorted(enrolled.map((one) => one[name]));
  const rows = await db.selectFrom("hubs").select(["id", "tunnel_id", "state"]).execute();
  same(sorted(tunnels.map(({ id }) => id)), of("tunnel_id"));
  same(sorted(rows.map((row) => row.tunnel_id!)), of("tunnel_id"));
  for (const { name, id } of tunnels) same(name, `hotspot-${rows.find((row) => row.tunnel_id === id)!.id}`);
  same(sorted(records.map(({ name }) => name)), of("hostname"));
  for (const { hostname, tunnel_id } of enrolled) {
    const { content } = records.find(({ name }) => name === hostname)!;
    same(content, `${tunnel_id}.cfargotunnel.com`);
    const { config } = tunnels.find(({ id }) => id === tunnel_id)!;
    same(
      config?.ingress?.map((rule) => rule.hostname ?? null),
      [hostname, null],
    );
  }
  same(sorted(tokens.map(({ id }) => id)), of("r2_access_key_id"));
  same(sorted(buckets.map(({ name }) => name)), sorted([...new Set(of("r2_bucket"))]));
  const [one, two, other] = enrolled;
  same([one!.r2_bucket === two!.r2_bucket, one!.r2_bucket === other!.r2_bucket], [true, false]);
  for (const { lifecycle } of buckets) same(lifecycle.length > 0, true);
  // And the same again, however often it is asked.
  same(await Promise.all(hubs.map((hub: CrashHub) => hub.enroll())), enrolled);
}

/** Every key opens its own bucket and no other. */
async function writeToBuckets({ hubs }: CrashWorld, enrolled: readonly Enrollment[]): Promise<void> {
  for (const [at, one] of enrolled.entries()) same(await tryKey(one, one, `hubs/${hubs[at]!.hubId}`), "ok");
  same(await tryKey(enrolled[0]!, enrolled[2]!, "stolen"), "AccessDenied");
}

async function allOff({ db }: CrashWorld): Promise<void> {
  await until(async () => {
    const rows = await db.selectFrom("hubs").select(["state", "step"]).execute();
    same(rows, Array(rows.length).fill({ state: "off", step: null }));
  }, SETTLED_MS);
}

/** Then the timetable, which goes by the minute, wakes the hubs: that is done here, so that nobody waits for it. */
async function passAMonth({ db }: CrashWorld): Promise<void> {
  await sql`update hubs set disabled_at = disabled_at - interval '31 days', next_try_at = now()`.execute(db);
  await sql`select graphile_worker.add_job('hub_work', json_build_object('hubPk', id), job_key := 'hub_work:' || id)
    from hubs`.execute(db);
}

async function nothingLeft({ cloudflare }: CrashWorld): Promise<void> {
  const nothing = { tunnels: [], connections: [], records: [], buckets: [], tokens: [], objects: [] };
  await until(() => same(cloudflare.list(), nothing), SETTLED_MS);
  same(await cloudflare.uploads(), []);
}
