import { Readable } from "node:stream";
import { sql } from "kysely";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { createConnector, createEndpoint, createTenant, createTestDb } from "../../../db/testing/index.ts";
import { callerOf, makeDeps, sessionOf, startRest, testConfig } from "../../testing/api.ts";
import { openApiDocument, restRoutes } from "./index.ts";
import { type JsonSchema, resolveSchema } from "./schema-text.ts";

/** Bodies that no route takes, whatever its input. Text is sent as UTF-8. */
const neverTaken: [string, string | Buffer][] = [
  ["an open brace", "{"],
  ["an open bracket", "["],
  ["a closing brace", "}"],
  ["a word", "hello"],
  ["undefined", "undefined"],
  ["NaN", "NaN"],
  ["null", "null"],
  ["true", "true"],
  ["a number", "42"],
  ["a huge number", "1e999"],
  ["a text", '"text"'],
  ["an empty list", "[]"],
  ["a list of objects", "[{}]"],
  ["a form", "slug=acme&licenseKey=x"],
  ["XML", "<?xml version='1.0'?><slug>acme</slug>"],
  ["single quotes", "{'slug': 'acme'}"],
  ["a trailing comma", '{"slug": "acme",}'],
  ["a missing value", '{"slug": }'],
  ["a missing colon", '{"slug" "acme"}'],
  ["a comment", '{"slug": "acme" /* x */}'],
  ["an unquoted key", '{slug: "acme"}'],
  ["two documents", "{}{}"],
  ["half a document", '{"slug": "ac'],
  ["a raw line feed in a text", '{"slug": "a\ncme"}'],
  ["a raw NUL", '{"slug": "a\0cme"}'],
  ["a bad escape", '{"slug": "\\x41"}'],
  ["a short unicode escape", '{"slug": "\\u12"}'],
  ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ["UTF-16", Buffer.from('{"slug": "acme"}', "utf16le")],
  [
    "an overlong slash",
    Buffer.concat([Buffer.from('{"slug": "'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
  ],
  ["only NUL bytes", Buffer.alloc(64)],
  ["random bytes", Buffer.from("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "hex")],
  ["gzip", Buffer.from("1f8b0800000000000003ab56ca4d2d2e4e4c4f05003b0d5e3a0d000000", "hex")],
  ["a NUL escape in an unknown field", '{"extra": "\\u0000"}'],
  ["half a surrogate pair in an unknown field", '{"extra": "\\ud800"}'],
  ["the wrong half first", '{"extra": "\\udc00\\ud800"}'],
  ["a NUL in a key", '{"ex\\u0000tra": 1}'],
  ["half a surrogate pair in a key", '{"\\udfff": 1}'],
  ["__proto__", '{"__proto__": {"isAdmin": true}}'],
  ["__proto__ further down", '{"extra": {"__proto__": {"isAdmin": true}}}'],
  ["__proto__ in a list", '{"extra": [{"__proto__": 1}]}'],
  ["17 levels of objects", `${'{"a":'.repeat(17)}1${"}".repeat(17)}`],
  ["1,000 levels of lists", `{"a":${"[".repeat(1000)}${"]".repeat(1000)}}`],
  ["14,000 levels of objects", `${'{"a":'.repeat(14_000)}1${"}".repeat(14_000)}`],
  ["40,000 open brackets", "[".repeat(40_000)],
];

/** Values of every type, each tried in every field whose schema does not allow it. */
const wrongValues: [string, unknown][] = [
  ["a number", 7],
  ["a fraction", -0.5],
  ["true", true],
  ["the word true", "true"],
  ["null", null],
  ["a list", ["a"]],
  ["an empty list", []],
  ["an object", { a: 1 }],
  ["an empty text", ""],
  ["an object with toString", { toString: "x" }],
  ["6,000 characters", "x".repeat(6000)],
  ["a NUL", "a\0b"],
  ["half a surrogate pair", "a\ud800b"],
];

const { db } = await createTestDb();
const deps = makeDeps(db);
const owner = await createTenant(db, { plan: "team" });
const endpoint = await createEndpoint(db, owner);
const { connectorId } = await createConnector(db, owner, endpoint);
const base = await startRest(deps, { owner: sessionOf(owner) });
const document = openApiDocument(testConfig);

const hubId = "office";
const { hubToken } = await callerOf(deps, { session: sessionOf(owner) }).hubs.register({ hubId });

const machine = { licenseKey: owner.licenseKey, deviceId: "laptop" };
/** Input that each route takes, so that one field at a time can be wrong. Path fields stand in it too. */
const goodInput: Record<string, Record<string, unknown>> = {
  "endpoints.register": { ...machine, slug: "well-formed" },
  "endpoints.details": { ...machine, slug: endpoint.slug },
  "endpoints.rotateToken": { ...machine, slug: endpoint.slug },
  "endpoints.update": { slug: endpoint.slug, requireAccessKey: false },
  "billing.startCheckout": { plan: "pro" },
  "billing.completeCheckout": { sessionId: "cs_none" },
  "billing.previewChange": { plan: "team" },
  "billing.changePlan": { plan: "team" },
  "billing.cancel": {},
  "billing.resume": {},
  "billing.openPortal": {},
  "billing.payInvoice": { id: "in_none" },
  "billing.addTaxId": { type: "eu_vat", value: "DE123456789" },
  "billing.applyCoupon": { coupon: "WELCOME" },
  "billing.cancelNow": { tenantId: owner.tenantId, reason: "x" },
  "budgets.set": { metric: "tokens", period: "day", limit: 5, hard: true },
  "connectors.issue": { ...machine, endpointSlug: endpoint.slug },
  "tcpTunnels.open": { ...machine, endpointSlug: endpoint.slug, name: "22" },
  "domains.add": { endpointSlug: endpoint.slug, host: "api.well-formed.example" },
  "domains.verify": { id: "dom_none" },
  "connectors.heartbeat": { connectorId, status: "online", capacity: 1, latencyMs: 1 },
  "connectors.verify": { connectorToken: "x" },
  "connectors.revoke": { connectorId },
  "ledger.adjust": { tenantId: owner.tenantId, meter: "tokens", quantity: 1, reason: "good will", by: "x" },
  "hubs.report": { hubId, version: "1", checks: [], accessKeyId: null, backup: null },
  "hubs.ownBackupPassword": { hubId },
  "hubs.register": { ...machine, hubId: "well-formed" },
  "hubs.update": { hubId, name: "Office" },
  "hubs.enable": { ...machine, hubId },
  "hubs.disable": { hubId },
  "hubs.rotateKeys": { hubId },
  "hubs.rotateToken": { hubId },
  "hubs.backupPassword": { hubId },
  "hubs.addHostname": { hubId, name: "wiki" },
  "managedCloudflare.enroll": { account_id: owner.tenantId, hub_id: hubId },
  "managedCloudflare.rotateKeys": { hub_id: hubId },
  "managedCloudflare.disable": { hub_id: hubId },
  "licenses.issueKey": {},
  "accessKeys.create": { name: "key" },
  "apiKeys.create": { name: "key" },
  "abuse.report": { slug: "somebody", reason: "spam", detail: "x" },
  "tenants.suspend": { tenantId: owner.tenantId, reason: "x" },
  "tenants.resume": { tenantId: owner.tenantId },
};
const routes = restRoutes.filter(({ method }) => method === "POST" || method === "PATCH");

async function send(route: (typeof routes)[number], body: string | Buffer, contentType = "application/json") {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    String(goodInput[route.procedure]![name]),
  );
  const bearer = /heartbeat|verify|internal/.test(route.path)
    ? testConfig.relayInternalSecret
    : /managed-cloudflare|hubs\/(report|own-)/.test(route.path)
      ? hubToken
      : null;
  const response = await fetch(base + path, {
    method: route.method,
    headers: {
      "content-type": contentType,
      ...(bearer === null ? { "x-test-user": "owner" } : { authorization: `Bearer ${bearer}` }),
    },
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    error: (JSON.parse(text) as { error?: Record<string, unknown> }).error,
    text,
  };
}

/** Fields of a route's body with their schemas, from the document. */
function fieldsOf(route: (typeof routes)[number]): { name: string; schema: JsonSchema; required: boolean }[] {
  const operation = document.paths?.[route.path]?.[route.method.toLowerCase() as "post" | "patch"];
  const body = operation?.requestBody as { content: Record<string, { schema: JsonSchema }> } | undefined;
  const schema = body ? resolveSchema(document, body.content["application/json"]!.schema) : {};
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: field,
    required: schema.required?.includes(name) ?? false,
  }));
}

/** Whether a value may be right for a field; then it is no case for this test. */
function mayBeRight(schema: JsonSchema, value: unknown): boolean {
  if (schema.anyOf) return schema.anyOf.some((option) => mayBeRight(option, value));
  const types = [schema.type ?? []].flat();
  if (value === null) return types.includes("null");
  if (typeof value === "number") return types.includes("number") || (types.includes("integer") && value >= 0);
  if (typeof value === "boolean") return types.includes("boolean");
  if (Array.isArray(value) && value.length === 0) return types.includes("array");
  if (typeof value !== "string") return false;
  const clean = value.isWellFormed() && !value.includes("\0") && value.length < 6000;
  return types.includes("string") && !schema.enum && !schema.format && clean;
}

function wrongBodiesOf(route: (typeof routes)[number]): { title: string; body: string; field: string }[] {
  const good = goodInput[route.procedure]!;
  return fieldsOf(route).flatMap(({ name, schema, required }) => [
    ...wrongValues
      .filter(([, value]) => !mayBeRight(schema, value))
      .map(([title, value]) => ({
        title: `${name}: ${title}`,
        body: JSON.stringify({ ...good, [name]: value }),
        field: name,
      })),
    ...(required
      ? [{ title: `no ${name}`, body: JSON.stringify({ ...good, [name]: undefined }), field: name }]
      : []),
  ]);
}

/** Everything that could have been stored, as one text. */
async function contents(): Promise<string> {
  const tables = [
    "endpoints",
    "connectors",
    "access_keys",
    "api_keys",
    "abuse_reports",
    "audit_log",
    "tenant_settings",
    "licenses",
    "hubs",
    "hub_hostnames",
    "hub_keys",
    "hub_buckets",
  ];
  const dumps = await Promise.all(
    tables.map((table) => sql`select * from ${sql.table(table)} order by 1`.execute(db)),
  );
  return JSON.stringify(dumps.map(({ rows }) => rows));
}

let before: string;
beforeAll(async () => {
  // The first call of the device activates it; that is no matter of this test.
  await send(routes.find(({ procedure }) => procedure === "endpoints.details")!, JSON.stringify(machine));
  before = await contents();
});
afterEach(async () => {
  expect(await contents()).toBe(before);
  expect(deps.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("every route with a body is here", () => {
  expect(routes.map(({ procedure }) => procedure).sort()).toEqual(Object.keys(goodInput).sort());
});

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  "%s",
  (_title, route) => {
    const wrong = wrongBodiesOf(route);

    test("refuses 45 bodies that are no clean JSON object, with 400 and the field", async () => {
      for (const [title, body] of neverTaken) {
        const { status, error } = await send(route, body);
        expect({ title, status }).toEqual({ title, status: 400 });
        expect(error, title).toMatchObject({
          code: expect.stringMatching(/^invalid_/),
          message: expect.any(String),
          field: expect.stringMatching(/./),
          requestId: "req-rest",
        });
      }
      expect(neverTaken.length).toBeGreaterThanOrEqual(45);
    });

    test.runIf(wrong.length > 0)("refuses a wrong value in each field, with 400 and that field", async () => {
      for (const { title, body, field } of wrong) {
        const { status, error, text } = await send(route, body);
        expect({ title, status, text }).toMatchObject({ title, status: 400 });
        expect(error?.field, title).toMatch(new RegExp(`^${field}(\\.|$)`));
      }
      expect(neverTaken.length + wrong.length).toBeGreaterThanOrEqual(50);
    });

    test("refuses another content type, and compression", async () => {
      for (const type of [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
      ]) {
        expect(await send(route, "{}", type)).toMatchObject({
          status: 400,
          error: { field: "content-type" },
        });
      }
    });

    test("refuses 10 MB with 413 and reads no more of it", async () => {
      const body = JSON.stringify({ ...goodInput[route.procedure], extra: "x".repeat(10_000_000) });
      expect(await send(route, body)).toMatchObject({
        status: 413,
        error: { code: "body_too_large", field: "body" },
      });
    });
  },
);

test("a body without a length is cut off at the limit too, and the answer arrives", async () => {
  const chunks = Array.from({ length: 200 }, () => new Uint8Array(1000).fill(0x20));
  const response = await fetch(`${base}/api/abuse/report`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Readable.toWeb(Readable.from(chunks)),
    duplex: "half",
  } as unknown as RequestInit);
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ error: { code: "body_too_large" } });
});

describe("queries and paths", () => {
  test.each([
    ["/api/endpoints/availability", "slug"],
    ["/api/endpoints/availability?slug=a&slug=b", "slug"],
    ["/api/endpoints/availability?slug=%00abc", "slug"],
    [`/api/endpoints/availability?slug=${"x".repeat(300)}`, "slug"],
    ["/api/endpoints/availability?slug[a]=b", "slug"],
    ["/api/connectors/status", "slug"],
    ["/api/requests?limit=abc", "limit"],
    ["/api/requests?limit=0", "limit"],
    ["/api/requests?limit=1e9", "limit"],
    ["/api/requests?limit=1.5", "limit"],
    ["/api/requests?cursor=%00", "cursor"],
    ["/api/requests?cursor=abc", "cursor"],
  ])("%s is refused with 400 and the field", async (path, field) => {
    const response = await fetch(base + path, { headers: { "x-test-user": "owner" } });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: unknown }).error).toMatchObject({ field });
  });

  test.each([
    "%00",
    "%ED%A0%80",
    "..%2f..%2fetc",
    "%",
    "x".repeat(5000),
    "'%20or%201=1--",
    "__proto__",
    "constructor",
  ])("/api/endpoints/%s is not found", async (slug) => {
    const response = await fetch(`${base}/api/endpoints/${slug}`, { headers: { "x-test-user": "owner" } });
    expect([400, 404]).toContain(response.status);
  });

  test("text that Postgres would read as a number stays text", async () => {
    const answer = await fetch(`${base}/api/endpoints/availability?slug=1e3`);
    expect(await answer.json()).toMatchObject({ slug: "1e3", available: true });
  });
});
