import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { issueConnectorToken } from "../fixtures/connector-token.ts";
import { within } from "../fixtures/gate.ts";
import { type MiniConnector, startMiniConnector } from "../fixtures/mini-connector.ts";
import { patternBlock } from "../fixtures/pattern.ts";
import { fieldValues, rawRequest } from "../fixtures/raw-http.ts";
import { bodyOf } from "../standins/upstream.ts";
import { makeTenant, tunnelLab } from "./lab.ts";

const lab = await tunnelLab();

async function miniConnector(): Promise<{ host: string; mini: MiniConnector }> {
  const tenant = await makeTenant(lab.world);
  const { connectorToken } = await issueConnectorToken(lab.world.db, lab.world.signingSecret, tenant, tenant);
  const mini = await startMiniConnector({
    url: `ws://127.0.0.1:${lab.port}/ws/connect`,
    token: connectorToken,
    upstreamPort: lab.upstream.port,
  });
  return { host: tenant.host, mini };
}

const ask = (host: string, lines: string[], body: string | Uint8Array = "") =>
  rawRequest(lab.port, [lines[0]!, `Host: ${host}`, ...lines.slice(1)], body);

test("a connector that was written from the protocol's page alone serves what ours does", async () => {
  const { host, mini } = await miniConnector();
  expect(mini.welcome).toMatchObject({
    version: 1,
    windowBytes: 262_144,
    maxPayloadBytes: 65_536,
    features: [],
  });
  lab.upstream.on("/plain", (_req, res) => res.setHeader("set-cookie", ["a=1", "b=2"]).end("hello"));
  const plain = await ask(host, ["GET /plain HTTP/1.1"]);
  expect([plain.status, plain.body.toString(), fieldValues(plain, "set-cookie")]).toEqual([
    200,
    "hello",
    ["a=1", "b=2"],
  ]);

  // Beyond the first windows in both directions, with a length and in chunks.
  const sent = Buffer.concat(Array.from({ length: 48 }, (_, i) => patternBlock(i * 65_536)));
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  lab.upstream.on("/sum", async (req, res) => res.end(digest(await bodyOf(req))));
  lab.upstream.on("/large", (_req, res) => res.end(sent));
  const sum = await ask(host, ["POST /sum HTTP/1.1", `Content-Length: ${sent.length}`], sent);
  expect(sum.body.toString()).toBe(digest(sent));
  const chunks = Buffer.concat([
    Buffer.from(`${sent.length.toString(16)}\r\n`),
    sent,
    Buffer.from("\r\n0\r\n\r\n"),
  ]);
  const chunked = await ask(host, ["POST /sum HTTP/1.1", "Transfer-Encoding: chunked"], chunks);
  expect(chunked.body.toString()).toBe(digest(sent));
  const large = await ask(host, ["GET /large HTTP/1.1"]);
  expect(digest(large.body)).toBe(digest(sent));

  const many = await Promise.all(Array.from({ length: 50 }, () => ask(host, ["GET /plain HTTP/1.1"])));
  expect(new Set(many.map(({ body }) => body.toString()))).toEqual(new Set(["hello"]));
});

test("it leaves without losing a request: what is under way ends, then it closes", async () => {
  const { host, mini } = await miniConnector();
  let finish = () => {};
  const arrived = new Promise<void>((resolve) => {
    lab.upstream.on("/slow", (_req, res) => {
      finish = () => res.end("done");
      resolve();
    });
  });
  const answer = ask(host, ["GET /slow HTTP/1.1"]);
  await within(30_000, "request at the upstream", arrived);
  const gone = mini.leave();
  finish();
  expect((await within(30_000, "answer", answer)).body.toString()).toBe("done");
  await within(30_000, "close", gone);
});

test.each([
  ["versions of its own", { versions: [1, 2] }, 1],
  ["an unknown version alone", { versions: [2] }, null],
  ["no version", { versions: [] }, null],
])("a connector with %s is greeted or told which version is spoken", async (_name, hello, version) => {
  const tenant = await makeTenant(lab.world);
  const { connectorToken } = await issueConnectorToken(lab.world.db, lab.world.signingSecret, tenant, tenant);
  const started = startMiniConnector({
    url: `ws://127.0.0.1:${lab.port}/ws/connect`,
    token: connectorToken,
    upstreamPort: lab.upstream.port,
    hello,
  });
  if (version === null) await expect(started).rejects.toThrow(/this relay speaks version 1, the connector/);
  else expect((await started).welcome.version).toBe(version);
});
