import { afterAll, beforeEach, expect, test } from "vitest";
import { CloudflareStandIn } from "./index.ts";
import { createAsk } from "./testing/api.ts";

const standIn = await CloudflareStandIn.start({ zone: "example.org" });
afterAll(() => standIn.stop());
const ask = createAsk(standIn);
const said = async (line: string, body?: object, headers?: Record<string, string>) => {
  const { status, code } = await ask(line, body, headers);
  return [status, code];
};

beforeEach(() => {
  standIn.clearFaults();
});

test("a tunnel's name is taken until it is deleted, and a deleted one stays in the list", async () => {
  const made = await ask("POST /accounts/:account/cfd_tunnel", { name: "one", config_src: "cloudflare" });
  const { id, token, status } = made.result;
  expect(status).toBe("inactive");
  const parts = JSON.parse(Buffer.from(token, "base64").toString());
  expect(parts).toMatchObject({ a: standIn.accountId, t: id });
  expect((await ask(`GET /accounts/:account/cfd_tunnel/${id}/token`)).result).toBe(token);
  expect(await said("POST /accounts/:account/cfd_tunnel", { name: "one" })).toEqual([409, 1013]);
  expect(await said(`DELETE /accounts/:account/cfd_tunnel/${id}`)).toEqual([200, null]);
  expect(await said(`DELETE /accounts/:account/cfd_tunnel/${id}`)).toEqual([404, 1003]);
  const named = (query: string) => ask(`GET /accounts/:account/cfd_tunnel?name=one${query}`);
  expect((await named("")).result).toMatchObject([{ id, deleted_at: expect.any(String) }]);
  expect((await named("&is_deleted=false")).result).toEqual([]);
  expect(await said("POST /accounts/:account/cfd_tunnel", { name: "one" })).toEqual([200, null]);
  const rotated = await ask(`PATCH /accounts/:account/cfd_tunnel/${standIn.list().tunnels[0]!.id}`, {
    tunnel_secret: Buffer.alloc(32, 1).toString("base64"),
  });
  expect(rotated.result.token).not.toBe(token);
});

test("a config is replaced as a whole, and refused without a catch-all, with a path or with durations as text", async () => {
  const { id } = (await ask("POST /accounts/:account/cfd_tunnel", { name: "two" })).result;
  const line = `PUT /accounts/:account/cfd_tunnel/${id}/configurations`;
  const put = (ingress: object[], originRequest?: object) =>
    said(line, { config: { ingress, ...(originRequest ? { originRequest } : {}) } });
  const last = { service: "http_status:404" };
  const first = { hostname: "a.example.org", service: "http://localhost:8080" };
  expect(await put([first])).toEqual([400, 1056]);
  expect(await put([{ ...first, service: "http://localhost:8080/x" }, last])).toEqual([400, 1056]);
  expect(await put([{ ...first, hostname: "a.*.org" }, last])).toEqual([400, 1056]);
  expect(await put([last, last])).toEqual([400, 1056]);
  expect(await put([first, last], { connectTimeout: "30s" })).toEqual([400, 1056]);
  expect(await put([first, { hostname: "", ...last }], { connectTimeout: 30 })).toEqual([200, null]);
  expect(await put([last])).toEqual([200, null]);
  const { result } = await ask(`GET /accounts/:account/cfd_tunnel/${id}/configurations`);
  expect(result).toMatchObject({ version: 1, config: { ingress: [last] } });
});

test("a name has one CNAME; a name of another zone becomes one of this", async () => {
  const record = { type: "CNAME", name: "acme-1.example.org", content: "x.cfargotunnel.com", proxied: true };
  const POST = "POST /zones/:zone/dns_records";
  const made = await ask(POST, { ...record, ttl: 1, comment: "hotspot:1" });
  expect(await said(POST, { ...record, content: "y.cfargotunnel.com" })).toEqual([400, 81053]);
  expect(await said(POST, record)).toEqual([400, 81058]);
  expect(await said(POST, { type: "A", name: record.name, content: "192.0.2.1" })).toEqual([400, 81054]);
  expect(await said(POST, { ...record, name: "z", ttl: 300 })).toEqual([400, 9021]);
  expect((await ask(POST, { ...record, name: "a.b.com" })).result.name).toBe("a.b.com.example.org");
  const found = await ask("GET /zones/:zone/dns_records?comment.startswith=hotspot:&type=CNAME");
  expect(found.result).toMatchObject([{ id: made.result.id, comment: "hotspot:1" }]);
  const line = `/zones/:zone/dns_records/${made.result.id}`;
  expect((await ask(`PATCH ${line}`, { content: "y.cfargotunnel.com" })).result).toMatchObject({
    content: "y.cfargotunnel.com",
    comment: "hotspot:1",
  });
  expect(await said(`DELETE ${line}`)).toEqual([200, null]);
  expect(await said(`DELETE ${line}`)).toEqual([404, 81044]);
});

test("a bucket is found under its jurisdiction only", async () => {
  const eu = { "cf-r2-jurisdiction": "eu" };
  const BASE = "/accounts/:account/r2/buckets";
  const rules = [
    {
      id: "gone",
      enabled: true,
      conditions: { prefix: "" },
      deleteObjectsTransition: { condition: { type: "Date", date: "2027-01-01T00:00:00Z" } },
    },
  ];
  expect(await said(`POST ${BASE}`, { name: "bucket-1" }, eu)).toEqual([200, null]);
  expect(await said(`POST ${BASE}`, { name: "bucket-1" }, eu)).toEqual([409, 10073]);
  expect(await said(`POST ${BASE}`, { name: "bucket-1" })).toEqual([200, null]);
  expect(await said(`POST ${BASE}`, { name: "Bucket_1" })).toEqual([400, 10005]);
  expect(await said(`DELETE ${BASE}/bucket-1`)).toEqual([200, null]);
  expect(await said(`GET ${BASE}/bucket-1`)).toEqual([404, 10006]);
  expect(await said(`PUT ${BASE}/bucket-1/lifecycle`, { rules }, eu)).toEqual([200, null]);
  expect((await ask(`GET ${BASE}/bucket-1/lifecycle`, undefined, eu)).result).toEqual({ rules });
  expect((await ask(`GET ${BASE}?name_contains=bucket`)).result).toEqual({ buckets: [] });
  standIn.world.r2Subscribed = false;
  expect(await said(`POST ${BASE}`, { name: "bucket-2" })).toEqual([403, 10042]);
  standIn.world.r2Subscribed = true;
});

test("a token's value is told once; a token reaches nothing of the API, and dies when it is deleted", async () => {
  const groups = await ask(
    "GET /accounts/:account/tokens/permission_groups?name=Workers%20R2%20Storage%20Bucket%20Item%20Write",
  );
  const policy = {
    effect: "allow",
    resources: { [`com.cloudflare.edge.r2.bucket.${standIn.accountId}_default_bucket-1`]: "*" },
    permission_groups: [{ id: groups.result[0].id }],
  };
  const BASE = "/accounts/:account/tokens";
  expect(await said(`POST ${BASE}`, { name: "t", policies: [] })).toEqual([400, 1001]);
  const { id, value } = (await ask(`POST ${BASE}`, { name: "t", policies: [policy] })).result;
  expect((await ask(`GET ${BASE}/${id}`)).result).not.toHaveProperty("value");
  const asToken = createAsk(standIn, value);
  expect((await asToken(`GET ${BASE}/verify`)).result).toEqual({ id, status: "active" });
  expect((await asToken("GET /accounts/:account/cfd_tunnel")).code).toBe(10000);
  expect((await ask(`PUT ${BASE}/${id}/value`)).result).not.toBe(value);
  expect(await asToken(`GET ${BASE}/verify`)).toMatchObject({ status: 401, code: 1000 });
  expect(await said(`DELETE ${BASE}/${id}`)).toEqual([200, null]);
  expect(await said(`DELETE ${BASE}/${id}`)).toEqual([404, 1003]);
});

test("what the platform token lacks is refused, and so is another account", async () => {
  standIn.world.granted.delete("DNS Write");
  expect(await said("POST /zones/:zone/dns_records", {})).toEqual([403, 10000]);
  expect(await said("GET /zones/:zone/dns_records")).toEqual([200, null]);
  standIn.world.granted.add("DNS Write");
  expect(await said("GET /accounts/other/cfd_tunnel")).toEqual([403, 10000]);
  expect(await said("GET /nothing")).toEqual([404, 7003]);
  expect((await createAsk(standIn, "wrong")("GET /zones")).status).toBe(403);
});

test("faults: refused, done all the same, late, and never answered", async () => {
  const path = /\/cfd_tunnel$/;
  standIn.fail({ method: "POST", path }, { status: 502, done: true });
  expect(await said("POST /accounts/:account/cfd_tunnel", { name: "three" })).toEqual([502, 10001]);
  expect(await said("POST /accounts/:account/cfd_tunnel", { name: "three" })).toEqual([409, 1013]);
  standIn.fail({ path }, { status: 429, retryAfter: 7 }, 2);
  expect((await ask("GET /accounts/:account/cfd_tunnel")).headers.get("retry-after")).toBe("7");
  expect(await said("GET /accounts/:account/cfd_tunnel")).toEqual([429, 10001]);
  standIn.fail({ path }, { status: 200, delayMs: 5 });
  expect(await said("GET /accounts/:account/cfd_tunnel")).toEqual([200, null]);
  standIn.fail({ path }, { status: 200, hang: true, done: true });
  const signal = AbortSignal.timeout(100);
  await expect(
    fetch(`${standIn.apiBase}/accounts/${standIn.accountId}/cfd_tunnel`, {
      method: "POST",
      headers: { authorization: `Bearer ${standIn.token}` },
      body: JSON.stringify({ name: "four" }),
      signal,
    }),
  ).rejects.toThrow("timeout");
  expect(standIn.list().tunnels.map(({ name }) => name)).toContain("four");
});

test("over 1,200 calls in five minutes everything is refused for the next five", async () => {
  standIn.world.rate.limits = { calls: 3, windowMs: 300_000 };
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask("GET /zones")).status);
  expect(statuses.at(-1)).toBe(429);
  const refused = await ask("GET /accounts/:account/cfd_tunnel");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "300"]);
});
