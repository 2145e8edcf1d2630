import { expect, test } from "vitest";
import type { AccessKeyResult } from "./deps.ts";
import { acme, createTestEdge, get, OK, settle } from "./testing/test-edge.ts";

const guarded = { acme: { ...acme, requireAccessKey: true } };
const good = "hs_key_good0000000";
const checkKey = (secret: string): AccessKeyResult =>
  secret === good ? { ok: true, accessKeyId: "key_1" } : { ok: false };

function ask(fields: string[], options: Parameters<typeof createTestEdge>[0]) {
  const { connect, tunnel, records } = createTestEdge({ checkKey, ...options });
  const client = connect();
  client.send(get("/v1/models", ...fields));
  if (tunnel.streams.length > 0) tunnel.last.respond(OK, "ok");
  return { status: Number(client.received.slice(9, 12)), key: records[0].accessKeyId, client, tunnel };
}

test.each([
  [["Authorization: Bearer hs_key_good0000000"], 200, "key_1"],
  [["authorization: bearer   hs_key_good0000000"], 200, "key_1"],
  [["X-Api-Key: hs_key_good0000000"], 200, "key_1"],
  [["api-key: hs_key_good0000000"], 200, "key_1"],
  [["Authorization: Bearer sk-other", "X-Api-Key: hs_key_good0000000"], 200, "key_1"],
  [["Authorization: Bearer hs_ep_right0000token"], 200, null],
  [["Authorization: Bearer hs_ep_wrong0000token"], 401, null],
  [["Authorization: Bearer hs_key_wrong000000"], 401, null],
  [["Authorization: Bearer sk-other"], 401, null],
  [["Authorization: Basic aHNfa2V5X2dvb2Q="], 401, null],
  [["Authorization: hs_key_good0000000"], 401, null],
  [[], 401, null],
])("with the check on, %j is %d", (fields, status, key) => {
  const found = ask(fields, { routes: guarded });
  expect([found.status, found.key]).toEqual([status, key]);
  if (status === 401) {
    expect(found.client.received).toContain('WWW-Authenticate: Bearer realm="hotspot"\r\n');
    expect(found.client.received).toContain('"code":"invalid_access_key"');
    expect(found.tunnel.streams).toHaveLength(0);
  } else {
    // What the client sent passes untouched.
    for (const line of fields) expect(found.tunnel.last.head).toContain(`${line}\r\n`);
  }
});

test.each([
  [["Authorization: Bearer hs_key_good0000000"], 200, "key_1"],
  [["Authorization: Bearer hs_key_wrong000000"], 200, null],
  [["Authorization: Bearer anything"], 200, null],
  [[], 200, null],
  [["Authorization: Bearer hs_ep_right0000token"], 200, null],
  [["Authorization: Bearer hs_ep_wrong0000token"], 401, null],
])("with the check off, %j is %d", (fields, status, key) => {
  const found = ask(fields, {});
  expect([found.status, found.key]).toEqual([status, key]);
});

test("a decision is kept per route object and version of the keys", async () => {
  let asked = 0;
  const accessKeys = {
    version: 1,
    check: async (): Promise<AccessKeyResult> => {
      asked++;
      return { ok: asked < 3, accessKeyId: "key_1" } as AccessKeyResult;
    },
  };
  const { connect, tunnel, pass } = createTestEdge({ routes: guarded, deps: { accessKeys } });
  const client = connect();
  const again = async () => {
    client.received = "";
    client.send(get("/", `Authorization: Bearer ${good}`));
    await settle();
    if (client.received === "") tunnel.last.respond(OK, "ok");
    return client.received.slice(9, 12);
  };
  expect([await again(), await again(), asked]).toEqual(["200", "200", 1]);
  pass(11_000);
  expect([await again(), await again(), asked]).toEqual(["200", "200", 2]);
  accessKeys.version = 2;
  expect([await again(), asked]).toEqual(["401", 3]);
});

test("a connection whose requests have the same field lines is still asked for each: lines change, keys go", () => {
  let valid = true;
  const accessKeys = {
    version: 1,
    check: (_: unknown, secret: string) =>
      valid && secret === good ? { ok: true as const, accessKeyId: "key_1" } : { ok: false as const },
  };
  const { connect, tunnel, records } = createTestEdge({ routes: guarded, deps: { accessKeys } });
  const client = connect();
  const send = (path: string, ...fields: string[]) => {
    const before = tunnel.streams.length;
    client.send(get(path, ...fields));
    if (tunnel.streams.length > before) tunnel.last.respond(OK, "ok");
    return records.at(-1)!;
  };
  expect(send("/one", `X-Api-Key: ${good}`)).toMatchObject({
    status: 200,
    path: "/one",
    accessKeyId: "key_1",
  });
  expect(send("/two?q", `X-Api-Key: ${good}`)).toMatchObject({ status: 200, path: "/two" });
  // Only the request line differs.
  const [one, two] = tunnel.streams.map(({ head }) => head);
  expect(two).toBe(one!.replace("/one", "/two?q"));
  expect(send("/three", "X-Api-Key: hs_key_wrong000000")).toMatchObject({ status: 401, path: "/three" });
  expect(send("/four", `X-Api-Key: ${good}`, "X-More: 1")).toMatchObject({ status: 200 });
  expect(tunnel.last.head).toContain("X-More: 1\r\n");
  valid = false;
  accessKeys.version++;
  expect(send("/five", `X-Api-Key: ${good}`, "X-More: 1")).toMatchObject({ status: 401 });
});
