import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeCertificate } from "../fixtures/certificates.ts";
import { clientHello } from "../fixtures/client-hello.ts";
import { within } from "../fixtures/gate.ts";
import { metricOf } from "../fixtures/metrics.ts";
import { processMemory } from "../fixtures/process-memory.ts";
import { RawHttp } from "../fixtures/raw-http.ts";
import { until } from "../fixtures/until.ts";
import { tunnelLab } from "../tunnel/lab.ts";

const KIB = 1024;
const PER_ADDRESS = 400;
const dir = await mkdtemp(join(tmpdir(), "hotspot-handshakes-"));
const { cert, key } = await makeCertificate("*.localhost", "localhost");
await writeFile(join(dir, "one.crt"), cert);
await writeFile(join(dir, "one.key"), key);
// Three seconds instead of ten: what the timer does is the same.
const lab = await tunnelLab({
  env: {
    RELAY_TLS_PORT: "0",
    RELAY_TLS_DIR: dir,
    RELAY_TLS_HANDSHAKE_SECONDS: "3",
    RELAY_MAX_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS),
  },
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const relayBytes = () => processMemory(lab.world.relay.process.pid).residentBytes;
const timeouts = () => metricOf(lab.world.relay, "hotspot_tls_failures_total");

/** One request with a handshake of its own. */
function ask(from: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false, rejectUnauthorized: false, localAddress: from });
    const servername = lab.host.split(":")[0] ?? "";
    const options = { host: "127.0.0.1", port: lab.world.relay.tlsPort, path: "/beside", servername, agent };
    get({ ...options, headers: { host: lab.host } }, (response) => {
      let body = "";
      response.setEncoding("latin1").on("data", (text) => (body += text));
      response.on("end", () => resolve(body)).on("error", reject);
    }).on("error", reject);
  });
}

/** Handshakes that stop after nothing, after half of the first message, and after the whole of it. */
async function stall(count: number, from: string): Promise<RawHttp[]> {
  const hello = await clientHello(lab.host.split(":")[0] ?? "");
  const firsts = [Buffer.alloc(0), hello.subarray(0, hello.length >> 1), hello];
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const http = await RawHttp.open(lab.world.relay.tlsPort, from);
      http.socket.on("error", () => undefined);
      http.send(firsts[n % firsts.length] ?? hello);
      return http;
    }),
  );
}

test("handshakes that stall are cut by a timer and counted, cost little until then, and others are served meanwhile", async () => {
  lab.upstream.on("/beside", (_req, res) => res.end("beside"));
  expect(await ask("127.0.0.5")).toBe("beside");
  // What the first ones cost is code and buffers that the others use as well.
  for (const http of await stall(150, "127.0.0.3")) await http.closed();
  await until(async () => expect(await timeouts()).toBe(150));
  const before = relayBytes();
  const stalled = await stall(300, "127.0.0.4");
  const each = (relayBytes() - before) / stalled.length;
  expect(each).toBeLessThan(100 * KIB);
  const isStalled = ({ socket }: RawHttp) => !socket.destroyed && !socket.readableEnded;
  expect(await within(30_000, "another client", ask("127.0.0.5"))).toBe("beside");
  expect(stalled.filter(isStalled).length).toBeGreaterThan(0);
  await within(30_000, "the timer", Promise.all(stalled.map((http) => http.closed())));
  await until(async () => expect(await timeouts()).toBe(450));
  console.log(`a stalled handshake: ${(each / KIB).toFixed(0)} KiB`);
});

test("one address may have so many at once; over it they are refused, of that address only", async () => {
  const refusedBefore = await metricOf(lab.world.relay, "hotspot_edge_connections_refused");
  const dials = await Promise.allSettled(
    Array.from({ length: PER_ADDRESS + 100 }, () => RawHttp.open(lab.world.relay.tlsPort, "127.0.0.6")),
  );
  await until(async () =>
    expect(await metricOf(lab.world.relay, "hotspot_edge_connections_refused")).toBe(refusedBefore + 100),
  );
  expect(await within(30_000, "another client", ask("127.0.0.5"))).toBe("beside");
  for (const dial of dials) if (dial.status === "fulfilled") dial.value.close();
  await until(async () =>
    expect(await metricOf(lab.world.relay, "hotspot_edge_connections")).toBeLessThan(5),
  );
  expect(await ask("127.0.0.6")).toBe("beside");
});
