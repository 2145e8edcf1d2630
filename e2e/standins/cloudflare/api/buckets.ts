import type { Bucket, LifecycleRule } from "../core/state.ts";
import { timestamp, type World } from "../core/world.ts";
import { bodyObject, type Call, type Route, route, textField } from "./call.ts";
import { Refusal, type Success } from "./envelope.ts";

const READ = "Workers R2 Storage Read";
const WRITE = "Workers R2 Storage Write";
const BASE = "/accounts/:account/r2/buckets";
const JURISDICTIONS = ["default", "eu", "us", "fedramp", "fedramp-high"];
const LOCATIONS = ["apac", "eeur", "enam", "weur", "wnam", "oc"];
const MAX_RULES = 1_000;
const DAY_SECONDS = 86_400;

export const bucketRoutes: readonly Route[] = [
  route(`POST ${BASE}`, WRITE, create),
  route(`GET ${BASE}`, READ, list),
  route(`GET ${BASE}/*`, READ, (call) => ({ result: shown(known(call)) })),
  route(`DELETE ${BASE}/*`, WRITE, remove),
  route(`PUT ${BASE}/*/lifecycle`, WRITE, setLifecycle),
  route(`GET ${BASE}/*/lifecycle`, READ, (call) => ({ result: { rules: known(call).lifecycle } })),
];

async function create(call: Call): Promise<Success> {
  const { world } = call;
  const body = bodyObject(call);
  const jurisdiction = jurisdictionOf(call);
  const name = textField(body, "name", 10_005);
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name))
    throw new Refusal(400, 10_005, "The specified bucket name is not valid.");
  if (find(world, jurisdiction, name))
    throw new Refusal(409, 10_073, "A bucket with that name already exists in your account.");
  const hint = body.locationHint;
  if (hint !== undefined && !LOCATIONS.includes(String(hint)))
    throw new Refusal(400, 10_040, "The location hint is not valid.");
  // Best effort, and only the first time that a name is used at all.
  const location = world.state.locations[`${jurisdiction}/${name}`] ?? String(hint ?? "weur");
  world.state.locations[`${jurisdiction}/${name}`] = location;
  const bucket: Bucket = {
    name,
    jurisdiction,
    location,
    storageClass: String(body.storageClass ?? "Standard"),
    createdAt: timestamp(),
    lifecycle: [
      {
        id: "Default Multipart Abort Rule",
        enabled: true,
        conditions: { prefix: "" },
        abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: 7 * DAY_SECONDS } },
      },
    ],
  };
  world.state.buckets.push(bucket);
  await world.onBucketMade(bucket);
  return { result: shown(bucket) };
}

function list(call: Call): Success {
  const { query, world } = call;
  requireSubscription(world);
  const jurisdiction = jurisdictionOf(call);
  const size = Number(query.get("per_page") ?? 20);
  const after = query.get("cursor") ?? query.get("start_after") ?? "";
  const found = world.state.buckets
    .filter(
      (bucket) =>
        bucket.jurisdiction === jurisdiction &&
        bucket.name.includes(query.get("name_contains") ?? "") &&
        bucket.name > after,
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const buckets = found.slice(0, size);
  const more = found.length > size;
  return {
    result: { buckets: buckets.map(shown) },
    resultInfo: { per_page: size, ...(more ? { cursor: buckets.at(-1)!.name } : {}) },
  };
}

async function remove(call: Call): Promise<Success> {
  const { world } = call;
  const bucket = known(call);
  if ((await world.countObjects(bucket.jurisdiction, bucket.name)) > 0)
    throw new Refusal(409, 10_008, "The bucket you tried to delete is not empty.");
  world.state.buckets.splice(world.state.buckets.indexOf(bucket), 1);
  await world.onBucketDeleted(bucket.jurisdiction, bucket.name);
  return { result: {} };
}

function setLifecycle(call: Call): Success {
  const bucket = known(call);
  const rules = bodyObject(call).rules;
  if (!Array.isArray(rules) || rules.length > MAX_RULES)
    throw new Refusal(400, 10_021, "rules is not a list of at most 1000");
  for (const rule of rules as LifecycleRule[]) checkRule(rule);
  bucket.lifecycle = rules;
  return { result: {} };
}

function checkRule(rule: LifecycleRule): void {
  if (typeof rule.id !== "string" || typeof rule.enabled !== "boolean" || typeof rule.conditions !== "object")
    throw new Refusal(400, 10_021, "a rule needs id, enabled and conditions");
  for (const transition of [rule.deleteObjectsTransition, rule.abortMultipartUploadsTransition]) {
    const condition = transition?.condition;
    if (condition === undefined) continue;
    const whole =
      condition.type === "Age"
        ? Number.isInteger(condition.maxAge) && condition.maxAge >= 0
        : condition.type === "Date" && !Number.isNaN(Date.parse(condition.date));
    if (!whole) throw new Refusal(400, 10_021, "a condition is an Age of seconds or a Date");
  }
}

function known(call: Call): Bucket {
  requireSubscription(call.world);
  const bucket = find(call.world, jurisdictionOf(call), call.params[0]!);
  if (!bucket) throw new Refusal(404, 10_006, "The specified bucket does not exist.");
  return bucket;
}

function find(world: World, jurisdiction: string, name: string): Bucket | undefined {
  return world.state.buckets.find((one) => one.name === name && one.jurisdiction === jurisdiction);
}

/** A bucket of another jurisdiction than the header's is not there. */
function jurisdictionOf(call: Call): string {
  requireSubscription(call.world);
  const told = String(call.headers["cf-r2-jurisdiction"] ?? "default");
  if (!JURISDICTIONS.includes(told)) throw new Refusal(400, 10_041, "The jurisdiction is not valid.");
  return told;
}

function requireSubscription(world: World): void {
  if (!world.r2Subscribed)
    throw new Refusal(403, 10_042, "Please enable R2 through the Cloudflare Dashboard.");
}

function shown(bucket: Bucket): object {
  return {
    name: bucket.name,
    creation_date: bucket.createdAt,
    location: bucket.location.toUpperCase(),
    jurisdiction: bucket.jurisdiction,
    storage_class: bucket.storageClass,
  };
}
