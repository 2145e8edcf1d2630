import type { DnsRecord } from "../core/state.ts";
import { newHexId, timestamp, type World } from "../core/world.ts";
import { bodyObject, type Call, type Route, route, textField } from "./call.ts";
import { page, Refusal, type Success } from "./envelope.ts";

const READ = "DNS Read";
const WRITE = "DNS Write";
const BASE = "/zones/:zone/dns_records";
const ADDRESSES = ["A", "AAAA", "CNAME"];

export const recordRoutes: readonly Route[] = [
  route(`POST ${BASE}`, WRITE, (call) => changed(call, create(call.world, bodyObject(call)))),
  route(`GET ${BASE}`, READ, list),
  route(`POST ${BASE}/batch`, WRITE, batch),
  route(`GET ${BASE}/*`, READ, (call) => ({ result: shown(known(call.world, call.params[0]!)) })),
  route(`PATCH ${BASE}/*`, WRITE, (call) =>
    changed(call, replace(call.world, call.params[0]!, bodyObject(call), true)),
  ),
  route(`PUT ${BASE}/*`, WRITE, (call) =>
    changed(call, replace(call.world, call.params[0]!, bodyObject(call), false)),
  ),
  route(`DELETE ${BASE}/*`, WRITE, (call) => {
    const { id } = remove(call.world, call.params[0]!);
    call.world.onRecordsChange();
    return { result: { id } };
  }),
];

/** `www` becomes `www.<zone>`, and so does a name of another zone: that trap is Cloudflare's. */
export function fullName(zone: string, name: string): string {
  const plain = name.toLowerCase().replace(/\.$/, "");
  if (plain === "@" || plain === zone) return zone;
  return plain.endsWith(`.${zone}`) ? plain : `${plain}.${zone}`;
}

function changed(call: Call, record: DnsRecord): Success {
  call.world.onRecordsChange();
  return { result: shown(record) };
}

function create(world: World, body: Record<string, unknown>): DnsRecord {
  const record = read(world, body, null);
  requireFree(world, record, null);
  world.state.records.push(record);
  return record;
}

function replace(world: World, id: string, body: Record<string, unknown>, merge: boolean): DnsRecord {
  const before = known(world, id);
  const record = read(world, merge ? { ...before, ...body } : body, before);
  requireFree(world, record, id);
  world.state.records[world.state.records.indexOf(before)] = record;
  return record;
}

function remove(world: World, id: string): DnsRecord {
  const record = known(world, id);
  world.state.records.splice(world.state.records.indexOf(record), 1);
  return record;
}

/** Deletes, then patches, puts and posts: all of it or nothing. */
function batch(call: Call): Success {
  const { world } = call;
  const body = bodyObject(call);
  const part = (name: string) => (body[name] ?? []) as Record<string, unknown>[];
  const before = [...world.state.records];
  try {
    const result = {
      deletes: part("deletes").map(({ id }) => remove(world, String(id))),
      patches: part("patches").map((one) => replace(world, String(one.id), one, true)),
      puts: part("puts").map((one) => replace(world, String(one.id), one, false)),
      posts: part("posts").map((one) => create(world, one)),
    };
    world.onRecordsChange();
    return {
      result: Object.fromEntries(Object.entries(result).map(([name, records]) => [name, records.map(shown)])),
    };
  } catch (error) {
    world.state.records.splice(0, Number.POSITIVE_INFINITY, ...before);
    throw error;
  }
}

function read(world: World, body: Record<string, unknown>, before: DnsRecord | null): DnsRecord {
  const type = textField(body, "type", 1_004).toUpperCase();
  const name = fullName(world.zone, textField(body, "name", 9_000));
  if (!/^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]+$/.test(name) || name.length > 253)
    throw new Refusal(400, 9_000, "DNS name is invalid.");
  const proxied = body.proxied === true;
  if (proxied && !ADDRESSES.includes(type))
    throw new Refusal(400, 9_004, "This record type cannot be proxied.");
  const ttl = Number(body.ttl ?? 1);
  if (ttl !== 1 && (proxied || ttl < 60 || ttl > 86_400))
    throw new Refusal(400, 9_021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.");
  const tags = (body.tags ?? []) as string[];
  if (tags.length > 0) throw new Refusal(400, 9_301, "DNS record has 1 tags, exceeding the quota of 0.");
  return {
    id: before?.id ?? newHexId(),
    type,
    name,
    content: textField(body, "content", 9_005),
    proxied,
    ttl,
    comment: typeof body.comment === "string" && body.comment !== "" ? body.comment : null,
    tags,
    created_on: before?.created_on ?? timestamp(),
    modified_on: timestamp(),
    usableAt: world.usableAt(),
  };
}

function requireFree(world: World, record: DnsRecord, except: string | null): void {
  const others = world.state.records.filter(({ id, name }) => name === record.name && id !== except);
  if (others.some(({ type, content }) => type === record.type && content === record.content))
    throw new Refusal(400, 81_058, "An identical record already exists.");
  if (record.type === "CNAME" && others.some(({ type }) => ADDRESSES.includes(type)))
    throw new Refusal(400, 81_053, "An A, AAAA, or CNAME record with that host already exists.");
  if (ADDRESSES.includes(record.type) && others.some(({ type }) => type === "CNAME"))
    throw new Refusal(400, 81_054, "A CNAME record with that host already exists.");
}

function known(world: World, id: string): DnsRecord {
  const record = world.state.records.find((one) => one.id === id);
  if (!record) throw new Refusal(404, 81_044, "Record does not exist.");
  return record;
}

const FIELDS = ["name", "content", "comment"] as const;
const COMPARISONS = {
  exact: (value: string, wanted: string) => value === wanted,
  startswith: (value: string, wanted: string) => value.startsWith(wanted),
  endswith: (value: string, wanted: string) => value.endsWith(wanted),
  contains: (value: string, wanted: string) => value.includes(wanted),
} as const;

function list({ world, query }: Call): Success {
  const tests: ((record: DnsRecord) => boolean)[] = [];
  for (const [parameter, value] of query) {
    const [field, comparison] = parameter.split(".") as [string, keyof typeof COMPARISONS | undefined];
    const of = FIELDS.find((name) => name === field);
    if (of !== undefined) {
      const compare = COMPARISONS[comparison ?? "exact"];
      if (!compare) throw new Refusal(400, 1_001, `unknown filter ${parameter}`);
      tests.push((record) => compare((record[of] ?? "").toLowerCase(), value.toLowerCase()));
    } else if (parameter === "type") tests.push(({ type }) => type === value.toUpperCase());
    else if (parameter === "proxied") tests.push(({ proxied }) => String(proxied) === value);
  }
  const any = query.get("match") === "any" && tests.length > 0;
  const found = world.state.records.filter((record) =>
    any ? tests.some((test) => test(record)) : tests.every((test) => test(record)),
  );
  return page(found.map(shown), query, 100);
}

function shown({ usableAt: _, ...record }: DnsRecord): object {
  return { ...record, proxiable: ADDRESSES.includes(record.type), meta: {}, settings: {} };
}
