import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { freePort } from "../../fixtures/free-port.ts";
import { until } from "../../fixtures/until.ts";
import { DnsStandIn } from "../dns.ts";
import { startUpstream } from "../upstream.ts";
import { CloudflareStandIn } from "./index.ts";
import { createAsk } from "./testing/api.ts";
import { startCloudflared } from "./testing/cloudflared.ts";

const dns = await DnsStandIn.start();
const [standIn, upstream, folder] = await Promise.all([
  CloudflareStandIn.start({ zone: "example.org", dns }),
  startUpstream(),
  mkdtemp(join(tmpdir(), "hotspot-cloudflared-")),
]);
const ask = createAsk(standIn);
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
  dns.stop();
  await Promise.all([standIn.stop(), upstream.stop(), rm(folder, { recursive: true })]);
});

/** Asks the edge for a host; the answer as soon as its header is there. */
function visit(host: string, path = "/"): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(new URL(path, standIn.edgeUrl), { headers: { host } }, resolve).on("error", reject).end();
  });
}
const seen = async (host: string, path?: string) => {
  const response = await visit(host, path);
  return [response.statusCode, await text(response)];
};
const ingress = (...rules: object[]) => ({ config: { ingress: [...rules, { service: "http_status:404" }] } });

async function makeTunnel(name: string, host: string, service = upstream.url) {
  const { result } = await ask("POST /accounts/:account/cfd_tunnel", { name, config_src: "cloudflare" });
  await ask(
    `PUT /accounts/:account/cfd_tunnel/${result.id}/configurations`,
    ingress({ hostname: host, service }),
  );
  const record = { type: "CNAME", name: host, content: `${result.id}.cfargotunnel.com`, proxied: true };
  await ask("POST /zones/:zone/dns_records", { ...record, ttl: 1 });
  return { id: result.id as string, token: result.token as string };
}

async function runWithToken(token: string) {
  const file = join(folder, `${Math.random()}.token`);
  await writeFile(file, token, { mode: 0o600 });
  const metrics = `127.0.0.1:${await freePort()}`;
  const args = ["tunnel", "--metrics", metrics, "run", "--token-file", file];
  const program = startCloudflared(standIn, args);
  stops.push(program.stop);
  const ready = () =>
    until(async () => {
      const response = await fetch(`http://${metrics}/ready`);
      return [response.status, await response.json()] as [number, { readyConnections: number }];
    });
  return { ...program, metrics, ready };
}
const isReady = (program: { ready(): Promise<[number, { readyConnections: number }]> }) =>
  until(async () => expect((await program.ready())[1].readyConnections).toBe(4));

test("a public request goes by record and tunnel to the service behind cloudflared, streaming", async () => {
  const { id, token } = await makeTunnel("one", "one.example.org");
  expect(await seen("one.example.org")).toEqual([530, "error code: 1033"]);
  expect(await seen("nobody.example.org")).toEqual([530, "error code: 1001"]);
  expect([...dns.addresses]).toEqual([["one.example.org", "127.0.0.1"]]);

  const program = await runWithToken(token);
  await isReady(program);
  const tunnel = async () => (await ask(`GET /accounts/:account/cfd_tunnel/${id}`)).result;
  expect((await tunnel()).status).toBe("healthy");
  const { result } = await ask(`GET /accounts/:account/cfd_tunnel/${id}/connections`);
  expect(result).toMatchObject([{ config_version: 0, version: "2026.8.2" }]);
  expect(result[0].conns).toHaveLength(4);

  let finish: () => unknown = () => expect.fail("nobody asked");
  upstream.on("/stream", (req, res) => {
    res.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).write(`for ${req.headers.host}\n`);
    finish = () => res.end("end");
  });
  const response = await visit("one.example.org", "/stream");
  const [first] = await new Promise<Buffer[]>((done) => response.once("data", (chunk) => done([chunk])));
  expect([String(first), response.headers["set-cookie"]]).toEqual(["for one.example.org\n", ["a=1", "b=2"]]);
  finish();
  expect(await text(response)).toBe("end");
  expect(await seen("one.example.org", "/nothing")).toEqual([404, "not scripted"]);

  // A new config reaches the running program, and its version is told.
  const line = `PUT /accounts/:account/cfd_tunnel/${id}/configurations`;
  await ask(line, ingress({ hostname: "one.example.org", service: "http_status:418" }));
  await until(async () => expect(await seen("one.example.org")).toEqual([418, ""]));
  expect(standIn.world.connectorsOf(id)[0]!.configVersion).toBe(1);
  const metrics = await (await fetch(`http://${program.metrics}/metrics`)).text();
  expect(metrics).toContain("cloudflared_orchestration_config_version 1");

  // Connected, it is not deleted; cleaned up, the program comes back; stopped, it can go.
  expect((await ask(`DELETE /accounts/:account/cfd_tunnel/${id}`)).code).toBe(1022);
  await ask(`DELETE /accounts/:account/cfd_tunnel/${id}/connections`);
  expect(standIn.list().connections).toEqual([]);
  await until(() => expect(standIn.list().connections).toMatchObject([{ tunnelId: id, count: 4 }]));
  expect(await program.stop()).toBe(0);
  await until(async () => expect((await tunnel()).status).toBe("down"));
  expect((await ask(`DELETE /accounts/:account/cfd_tunnel/${id}`)).status).toBe(200);
});

test("a WebSocket goes through", async () => {
  const { token } = await makeTunnel("ws", "ws.example.org");
  await isReady(await runWithToken(token));
  const server = new WebSocketServer({ noServer: true });
  upstream.onUpgrade("/socket", (req, socket, head) => {
    server.handleUpgrade(req, socket, head, (ws) => ws.on("message", (data) => ws.send(`echo ${data}`)));
  });
  const url = `${standIn.edgeUrl.replace("http", "ws")}/socket`;
  const client = new WebSocket(url, { headers: { host: "ws.example.org" } });
  const answer = new Promise((done, fail) => {
    client.on("open", () => client.send("hello")).on("message", (data) => done(String(data)));
    client.on("error", fail);
  });
  expect(await answer).toBe("echo hello");
  client.close();
});

test("a wrong token, and one whose tunnel is gone, never ends cloudflared: /ready says it", async () => {
  const { id, token } = await makeTunnel("rotated", "rotated.example.org");
  await ask(`PATCH /accounts/:account/cfd_tunnel/${id}`, {
    tunnel_secret: Buffer.alloc(32, 9).toString("base64"),
  });
  const program = await runWithToken(token);
  await until(() => expect(program.output()).toContain("Unauthorized: Invalid tunnel secret"));
  expect(await program.ready()).toMatchObject([503, { readyConnections: 0 }]);
  const check = startCloudflared(standIn, ["tunnel", "--metrics", program.metrics, "ready"]);
  expect(await check.exit).toBe(1);
  await ask(`DELETE /accounts/:account/cfd_tunnel/${id}`);
  await until(() => expect(program.output()).toContain("Unauthorized: Tunnel not found"));
  expect(await program.stop()).toBe(0);
});

test("what was made a moment ago has not got around yet", async () => {
  standIn.world.propagationMs = 700;
  const { token } = await makeTunnel("late", "late.example.org");
  standIn.world.propagationMs = 0;
  expect(dns.addresses.has("late.example.org")).toBe(false);
  const program = await runWithToken(token);
  await until(() => expect(program.output()).toContain("Unauthorized: Tunnel not found"));
  await isReady(program);
  await until(() => expect(dns.addresses.get("late.example.org")).toBe("127.0.0.1"));
});

test("with credentials and a config of its own, the rules of the file hold", async () => {
  const { result } = await ask("POST /accounts/:account/cfd_tunnel", { name: "own", config_src: "local" });
  const credentials = join(folder, "own.json");
  await writeFile(credentials, JSON.stringify(result.credentials_file));
  const config = join(folder, "own.yml");
  const metrics = `127.0.0.1:${await freePort()}`;
  const rules = "ingress:\n  - hostname: own.example.org\n    service: http_status:201\n";
  await writeFile(
    config,
    `tunnel: ${result.id}\ncredentials-file: ${credentials}\nmetrics: ${metrics}\n${rules}  - service: http_status:404\n`,
  );
  const name = { type: "CNAME", name: "*.example.org", content: `${result.id}.cfargotunnel.com` };
  await ask("POST /zones/:zone/dns_records", { ...name, proxied: true });
  const program = startCloudflared(standIn, ["tunnel", "--config", config, "run"]);
  stops.push(program.stop);
  await until(async () => expect(await seen("own.example.org")).toEqual([201, ""]));
  expect(await seen("other.example.org")).toEqual([404, ""]);
  const check = startCloudflared(standIn, ["tunnel", "--config", config, "ingress", "validate"]);
  expect([await check.exit, check.output()]).toEqual([0, `Validating rules from ${config}\nOK\n`]);
  await writeFile(config, rules);
  const refused = startCloudflared(standIn, ["tunnel", "--config", config, "ingress", "validate"]);
  expect([await refused.exit, refused.output()]).toEqual([1, expect.stringContaining("must match all URLs")]);
});

test("exit codes: 0 for a version, 255 for a call that is wrong", async () => {
  const code = (...args: string[]) => startCloudflared(standIn, args).exit;
  const codes = await Promise.all([
    code("--version"),
    code("tunnel", "run"),
    code("tunnel", "run", "--token", "not a token"),
    code("tunnel", "run", "--token-file", join(folder, "missing")),
    code("tunnel", "run", "--credentials-file", join(folder, "missing"), "name"),
  ]);
  expect(codes).toEqual([0, 255, 255, 255, 1]);
});
