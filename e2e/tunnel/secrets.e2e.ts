import { expect, test, vi } from "vitest";
import { createAccessKey } from "../../db/testing/index.ts";
import { issueConnectorToken } from "../fixtures/connector-token.ts";
import { freePort } from "../fixtures/free-port.ts";
import { dialLink } from "../fixtures/link-dial.ts";
import { RawHttp, rawRequest } from "../fixtures/raw-http.ts";
import { databaseTraces, fileTraces, leaks, processTraces } from "../fixtures/traces.ts";
import { connect, makeTenant, tunnelLab } from "./lab.ts";

const lab = await tunnelLab({ env: { LOG_LEVEL: "trace" } });
const { world } = lab;

test("no secret that passes the tunnel is in a log, a file, a command line or, unhashed, in the database", async () => {
  const guarded = await makeTenant(world, { requireAccessKey: true });
  const connector = await connect(world, guarded, { to: lab.upstream.url, env: { LOG_LEVEL: "trace" } });
  const key = await createAccessKey(world.db, guarded);
  const issue = async (ttlSeconds: number) =>
    (await issueConnectorToken(world.db, world.signingSecret, guarded, guarded, { ttlSeconds }))
      .connectorToken;
  const secrets: Record<string, string> = {
    "the license key": guarded.licenseKey,
    "the endpoint token": guarded.endpointToken,
    "the access key": key.secret,
    "a wrong access key": "hs_key_00wrong00wrong00wrong00wrong00",
    "a connector token": await issue(60),
    "an expired connector token": await issue(-60),
    "the internal secret": world.internalSecret,
    "the signing secret": world.signingSecret,
    "a key for the upstream": "sk-upstream-4711-own-key-of-a-consumer",
    "a cookie of the upstream": "session-4711-of-somebody",
    "what was said": "the-prompt-is-nobodys-business-4711",
  };
  lab.upstream.on("/cut", (req) => void req.socket.destroy());
  lab.upstream.on("/wrong", (req) => void req.socket.end("HTTP/1.1 200 OK\r\nBad Header\r\n\r\n"));
  const nobody = { ...guarded, host: `nobody-here.localhost:${lab.port}` };
  for (const secret of Object.values(secrets)) {
    for (const { host } of [guarded, lab.tenant, nobody]) {
      for (const path of ["/none", "/cut", "/wrong"]) {
        const fields = [`Authorization: Bearer ${secret}`, `X-Api-Key: ${secret}`, `Cookie: s=${secret}`];
        const forwarding = [`X-Hotspot-Proxy-Auth: ${secret}`, `X-Forwarded-For: ${secret}`];
        await rawRequest(
          lab.port,
          [
            `POST ${path}?key=${secret} HTTP/1.1`,
            `Host: ${host}`,
            ...fields,
            ...forwarding,
            `Content-Length: ${secret.length}`,
          ],
          secret,
        );
      }
    }
    await dialLink(lab.port, `Bearer ${secret}`);
    // Not HTTP at all: whatever is said of it must not quote it.
    const http = await RawHttp.open(lab.port);
    http.send(`${secret} ${secret}\r\n${secret}: ${secret}\r\nHost: ${secret}\r\n\r\n`);
    await http.rest();
    http.close();
  }
  const unreachable = await makeTenant(world);
  await connect(world, unreachable, { to: `http://127.0.0.1:${await freePort()}` });
  await rawRequest(lab.port, [`GET /?key=${key.secret} HTTP/1.1`, `Host: ${unreachable.host}`]);
  await vi.waitFor(
    async () => {
      const { length } = await world.db.selectFrom("request_log").select("id").execute();
      expect(length).toBeGreaterThan(3 * Object.keys(secrets).length);
    },
    { timeout: 30_000, interval: 100 },
  );

  const traces = [
    ...(await processTraces([world.relay.process, connector, lab.connector])),
    ...(await fileTraces(world.scratchDir)),
    ...(await databaseTraces(world.db)),
  ];
  for (const [where, mark] of [
    ["output of relay", "link ready"],
    ["output of connector", "/none"],
    ["table request_log", "/none"],
  ] as const) {
    expect(traces.find((trace) => trace.where === where)?.text).toContain(mark);
  }
  expect(leaks(traces, secrets)).toEqual([]);
});
