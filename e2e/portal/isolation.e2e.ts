import { beforeAll, describe, expect, test } from "vitest";
import { type Account, signUp } from "../fixtures/account.ts";
import { portalWorld } from "./portal-world.ts";

// Two tenants; everything of the first is asked for by a member of the second, by its right id.
const world = await portalWorld({ relay: false });
const slug = "first-tenant";
const ids = {} as { connector: string; device: string; accessKey: string; apiKey: string; domain: string };
let first: Account;
let second: Account;
let secondApiKey = "";

beforeAll(async () => {
  [first, second] = await Promise.all([
    signUp(world.portalUrl, world.mailbox, "First"),
    signUp(world.portalUrl, world.mailbox, "Second"),
  ]);
  const make = async <T>(account: Account, method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await account.call(method, path, body);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  await make(first, "POST", "/api/endpoints/register", { slug });
  await make(second, "POST", "/api/endpoints/register", { slug: "second-tenant" });
  const { licenseKey } = await make<{ licenseKey: string }>(first, "POST", "/api/license/key");
  const issued = await make<{ connectorId: string }>(first, "POST", "/api/connectors/issue", {
    licenseKey,
    deviceId: "laptop",
    endpointSlug: slug,
  });
  const license = await make<{ devices: { id: string }[] }>(first, "GET", "/api/license");
  const accessKey = await make<{ accessKey: { id: string } }>(first, "POST", "/api/access-keys", {
    name: "one",
  });
  await world.db.updateTable("licenses").set({ plan: "pro" }).execute();
  const domain = await make<{ id: string }>(first, "POST", "/api/domains", {
    endpointSlug: slug,
    host: "api.first-tenant.com",
  });
  const apiKey = await make<{ apiKey: { id: string } }>(first, "POST", "/api/api-keys", { name: "one" });
  const theirs = await make<{ secret: string }>(second, "POST", "/api/api-keys", { name: "two" });
  secondApiKey = theirs.secret;
  Object.assign(ids, {
    connector: issued.connectorId,
    device: license.devices[0]!.id,
    accessKey: accessKey.accessKey.id,
    apiKey: apiKey.apiKey.id,
    domain: domain.id,
  });
});

/** Everything that names something of the first tenant, and what its owner gets for it at the end. */
const routes = (): [method: string, path: string, body?: unknown][] => [
  ["GET", `/api/endpoints/${slug}`],
  ["PATCH", `/api/endpoints/${slug}`, { requireAccessKey: true }],
  ["POST", "/api/endpoints/details", { slug }],
  ["POST", "/api/endpoints/token/rotate", { slug }],
  ["POST", "/api/connectors/issue", { endpointSlug: slug }],
  ["GET", `/api/requests?slug=${slug}`],
  ["POST", "/api/access-keys", { name: "mine", endpointSlug: slug }],
  ["POST", `/api/connectors/${ids.connector}/revoke`],
  ["DELETE", `/api/devices/${ids.device}`],
  ["DELETE", `/api/access-keys/${ids.accessKey}`],
  ["DELETE", `/api/api-keys/${ids.apiKey}`],
  ["GET", `/api/domains?slug=${slug}`],
  ["POST", "/api/domains", { endpointSlug: slug, host: "api.second-tenant.com" }],
  ["POST", `/api/domains/${ids.domain}/verify`],
  ["DELETE", `/api/domains/${ids.domain}`],
  ["DELETE", `/api/endpoints/${slug}`],
];

/** The rows that a successful call would have changed. */
async function everythingOfTheFirst(): Promise<unknown> {
  const { tenant_id } = await world.db
    .selectFrom("endpoints")
    .select("tenant_id")
    .where("slug", "=", slug)
    .executeTakeFirstOrThrow();
  const tables = ["endpoints", "connectors", "devices", "access_keys", "api_keys", "custom_domains"] as const;
  return await Promise.all(
    tables.map((table) =>
      world.db.selectFrom(table).selectAll().where("tenant_id", "=", tenant_id).orderBy("id").execute(),
    ),
  );
}

const asSecondsProgram = (method: string, path: string, body?: unknown) =>
  fetch(`${world.portalUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${secondApiKey}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe("another tenant's ids", () => {
  test("are not found over REST, with a session and with an API key, and nothing changes", async () => {
    const before = await everythingOfTheFirst();
    const answers: string[] = [];
    for (const [method, path, body] of routes()) {
      const calls = [await second.call(method, path, body), await asSecondsProgram(method, path, body)];
      for (const answer of calls) {
        const text = await answer.text();
        const { error } = JSON.parse(text) as { error: { code: string } };
        if (answer.status !== 404 || !/not_found$/.test(error.code))
          answers.push(`${method} ${path}: ${answer.status} ${text}`);
      }
    }
    expect(answers).toEqual([]);
    expect(await everythingOfTheFirst()).toEqual(before);
  });

  test("are not found over tRPC", async () => {
    const input = encodeURIComponent(JSON.stringify({ slug }));
    for (const path of ["endpoints.get", "requests.list"]) {
      const answer = await second.call("GET", `/api/trpc/${path}?input=${input}`);
      expect([path, answer.status]).toEqual([path, 404]);
    }
    const released = await second.call("POST", "/api/trpc/endpoints.release", { slug });
    expect(released.status).toBe(404);
  });

  test("are not in lists", async () => {
    for (const path of [
      "/api/endpoints",
      "/api/access-keys",
      "/api/api-keys",
      "/api/domains",
      "/api/license",
    ]) {
      const text = await (await second.call("GET", path)).text();
      for (const id of [slug, ...Object.values(ids)]) expect(text).not.toContain(id);
    }
  });

  test("are not found as pages", async () => {
    for (const page of ["", "/requests", "/try", "/keys", "/domains", "/settings"]) {
      const answer = await second.call("GET", `/endpoints/${slug}${page}`);
      expect([page, answer.status]).toEqual([page, 404]);
      expect(await answer.text()).not.toContain("hs_ep_");
    }
  });

  test("nobody at all is sent to sign in by pages and told 401 by REST", async () => {
    const page = await fetch(`${world.portalUrl}/endpoints/${slug}`, { redirect: "manual" });
    expect([page.status, page.headers.get("location")?.startsWith("/sign-in")]).toEqual([302, true]);
    for (const [method, path, body] of routes()) {
      const answer = await fetch(`${world.portalUrl}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });

  test("a session does not work from a tenant host's page: another Origin is refused", async () => {
    const cookie = first.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const answer = await fetch(`${world.portalUrl}/api/endpoints/${slug}`, {
      method: "PATCH",
      headers: {
        cookie,
        origin: "http://second-tenant.localhost:8789",
        "content-type": "application/json",
      },
      body: JSON.stringify({ requireAccessKey: true }),
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("their owner reaches every one of them", async () => {
    const answers: string[] = [];
    for (const [method, path, body] of routes()) {
      const answer = await first.call(method, path, body);
      if (!answer.ok) answers.push(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    }
    expect(answers).toEqual([]);
  });
});
