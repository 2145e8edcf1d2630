import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeCertificate, type TestCertificate } from "../fixtures/certificates.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { send } from "../fixtures/http.ts";
import { tunnelLab } from "./lab.ts";

const dir = await mkdtemp(join(tmpdir(), "hotspot-tls-"));
const wildcard = await makeCertificate("*.localhost", "localhost");
const exact = await makeCertificate("exact.localhost");
await put("wildcard", wildcard);
await put("exact", exact);
const lab = await tunnelLab({
  env: { RELAY_TLS_PORT: "0", RELAY_TLS_DIR: dir, RELAY_HSTS_SECONDS: "600", RELAY_HTTPS_REDIRECT: "on" },
});
const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });

beforeAll(() => lab.upstream.on("/hello", (req, res) => res.end(JSON.stringify(req.headers))));
afterAll(async () => {
  agent.destroy();
  await rm(dir, { recursive: true, force: true });
});

/** Key first, then the certificate, each in one step: a look in between finds a pair that does not fit, and waits. */
async function put(name: string, { cert, key }: TestCertificate): Promise<void> {
  for (const [ending, text] of [
    ["key", key],
    ["crt", cert],
  ] as const) {
    await writeFile(join(dir, `.${name}`), text);
    await rename(join(dir, `.${name}`), join(dir, `${name}.${ending}`));
  }
}

const hostName = () => lab.host.split(":")[0]!;
const onlyBase64 = (pem: string) => pem.replace(/-----[A-Z ]+-----|\s/g, "");

/** A finished handshake, or the error that it ended with. */
function shake(servername: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: "127.0.0.1",
      port: lab.world.relay.tlsPort,
      servername,
      rejectUnauthorized: false,
      ...options,
    });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
}

async function served(servername: string): Promise<string> {
  const socket = await shake(servername);
  const found = socket.getPeerCertificate().raw.toString("base64");
  socket.destroy();
  return found;
}

function ask(path: string, host = lab.host, servername = hostName()) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const asked = request(
        { host: "127.0.0.1", port: lab.world.relay.tlsPort, path, agent, servername, headers: { host } },
        (response) => {
          let body = "";
          response.setEncoding("latin1");
          response.on("data", (text) => (body += text));
          response.on("end", () =>
            resolve({ status: response.statusCode!, headers: response.headers, body }),
          );
          response.on("error", reject);
        },
      );
      asked.on("error", reject);
      asked.end();
    },
  );
}

async function metrics(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${lab.world.relay.adminPort}/metrics`)).text();
}

test("a request over https reaches the upstream, which is told so; the answer asks for https from now on", async () => {
  const answer = await ask("/hello");
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({
    "x-forwarded-proto": "https",
    forwarded: expect.stringContaining("proto=https"),
  });
  expect(answer.headers["strict-transport-security"]).toBe("max-age=600");
  expect((await ask("/api/endpoints/health")).headers["strict-transport-security"]).toBe("max-age=600");
});

test("the certificate is the one of the server name: exact before wildcard; others are refused and counted", async () => {
  expect(await served("exact.localhost")).toBe(onlyBase64(exact.cert));
  expect(await served("EXACT.localhost")).toBe(onlyBase64(exact.cert));
  expect(await served("other.localhost")).toBe(onlyBase64(wildcard.cert));
  await expect(shake("example.com")).rejects.toThrow();
  await expect(shake("two.labels.localhost")).rejects.toThrow();
  await expect(shake("")).rejects.toThrow();
  const text = await metrics();
  expect(text).toContain('hotspot_tls_failures_total{reason="unknown_name"} 2');
  expect(text).toContain('hotspot_tls_failures_total{reason="no_name"} 1');
  expect(text).toMatch(/hotspot_tls_certificate_expiry_seconds\{name="exact.localhost"\} \d{10}/);
});

test("TLS 1.2 and 1.3 are spoken, nothing older, and a client's ticket spares it a full handshake", async () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const first = await shake(hostName(), { minVersion: version, maxVersion: version });
    expect(first.getProtocol()).toBe(version);
    first.write(`GET /hello HTTP/1.1\r\nHost: ${lab.host}\r\n\r\n`);
    // The ticket of TLS 1.3 comes with the first answer.
    await once(first, "data");
    const session = first.getSession();
    first.destroy();
    const second = await shake(hostName(), { minVersion: version, maxVersion: version, session });
    expect(second.isSessionReused()).toBe(true);
    second.destroy();
  }
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  await expect(shake(hostName(), old)).rejects.toThrow();
});

test("a Host that the certificate of the connection does not cover is answered with 421, one that it covers is served", async () => {
  const answer = await ask("/hello", lab.host, "exact.localhost");
  expect(answer.status).toBe(421);
  expect(answer.headers["hotspot-error"]).toBe("misdirected_request");
  lab.otherUpstream.on("/hello", (_req, res) => res.end("other"));
  expect((await ask("/hello", lab.otherHost, hostName())).body).toBe("other");
});

test("a plain request is sent to https with its path and query; a host without a certificate, or a connector, is not", async () => {
  const sent = await send(lab.port, lab.host, "/hello?a=b");
  expect(sent.status).toBe(308);
  expect(sent.headers.location).toBe(`https://${hostName()}:${lab.world.relay.tlsPort}/hello?a=b`);
  expect((await send(lab.port, "elsewhere.example.com", "/")).status).toBe(404);
  expect((await send(lab.port, "localhost", "/connect")).status).toBe(426);
});

test("large bodies pass whole in both directions, a reader that pauses included; nothing is left open", async () => {
  const size = 24_000_000;
  const block = randomBytes(1_000_000);
  const hash = createHash("sha256");
  for (let sent = 0; sent < size; sent += block.length) hash.update(block);
  const whole = hash.digest("hex");
  lab.upstream.on("/down", async (_req, res) => {
    res.writeHead(200, { "content-length": size });
    for (let sent = 0; sent < size; sent += block.length) if (!res.write(block)) await once(res, "drain");
    res.end();
  });
  lab.upstream.on("/up", async (req, res) => {
    const received = createHash("sha256");
    for await (const chunk of req) received.update(chunk as Buffer);
    res.end(received.digest("hex"));
  });
  const socket = await shake(hostName());
  socket.write(`GET /down HTTP/1.1\r\nHost: ${lab.host}\r\nConnection: close\r\n\r\n`);
  const received = createHash("sha256");
  let head = "";
  for await (const chunk of socket) {
    const bytes = chunk as Buffer;
    const end = head.includes("\r\n\r\n") ? 0 : bytes.indexOf("\r\n\r\n") + 4;
    head += bytes.subarray(0, end).toString("latin1");
    received.update(bytes.subarray(end));
    // Between two turns the reader does nothing, so that the relay's side fills up.
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(received.digest("hex")).toBe(whole);

  const up = await shake(hostName());
  up.write(`POST /up HTTP/1.1\r\nHost: ${lab.host}\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`);
  for (let sent = 0; sent < size; sent += block.length) if (!up.write(block)) await once(up, "drain");
  let answer = "";
  for await (const chunk of up) answer += String(chunk);
  expect(answer).toContain(whole);

  // Of clients; links are counted elsewhere. The agent keeps up to four.
  await vi.waitFor(async () => {
    const open = /^hotspot_edge_connections (\d+)/m.exec(await metrics())?.[1];
    expect(Number(open)).toBeLessThanOrEqual(4);
  }, 30_000);
});

test("a connector's link is served over wss", async () => {
  const ca = join(dir, "ca.txt");
  await writeFile(ca, wildcard.cert);
  const upstream = lab.upstream;
  upstream.on("/over-wss", (_req, res) => res.end("through"));
  await lab.connector.kill("SIGTERM");
  const connector = await startConnector({
    licenseKey: lab.tenant.licenseKey,
    slug: lab.tenant.slug,
    portalUrl: lab.world.portalUrl,
    configDir: lab.world.scratchDir,
    to: upstream.url,
    args: ["--relay", `wss://localhost:${lab.world.relay.tlsPort}/ws/connect`],
    env: { NODE_EXTRA_CA_CERTS: ca },
  });
  lab.world.stopLater(connector);
  expect((await ask("/over-wss")).body).toBe("through");
});

test("new certificates are served without a failed request; a broken one changes nothing and is named in the log", async () => {
  const statuses: number[] = [];
  const failures: unknown[] = [];
  const load = { on: true };
  const clients = [1, 2, 3, 4].map(async () => {
    while (load.on)
      await ask("/hello").then(
        ({ status }) => statuses.push(status),
        (error) => failures.push(error),
      );
  });
  const renewed = await makeCertificate("*.localhost", "localhost");
  await put("wildcard", renewed);
  lab.world.relay.process.kill("SIGHUP");
  await vi.waitFor(
    async () => expect(await served("other.localhost")).toBe(onlyBase64(renewed.cert)),
    30_000,
  );

  await put("wildcard", { cert: renewed.cert, key: exact.key });
  lab.world.relay.process.kill("SIGHUP");
  await vi.waitFor(() => {
    const lines = lab.world.relay.process.stderr.filter((line) => line.includes("certificate not reloaded"));
    expect(lines.join()).toContain("key_mismatch");
  }, 30_000);
  expect(await served("other.localhost")).toBe(onlyBase64(renewed.cert));
  const before = statuses.length;
  await vi.waitFor(() => expect(statuses.length).toBeGreaterThan(before + 8), 30_000);
  load.on = false;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
