import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../fixtures/free-port.ts";
import { untilListening } from "../listening.ts";
import type { Bench } from "../part.ts";
import type { Peer } from "./peer.ts";
import { findProgram, startPeerProgram } from "./peer-program.ts";

const TOKEN = "benchmark-token-of-no-value";

/** frp's HTTP virtual host. */
export const frp: Peer = {
  name: "frp",
  kind: "HTTP",
  async start(bench, upstreamPort) {
    const [serverProgram, clientProgram] = ["frps", "frpc"].map((name) => find(bench, name));
    const [port, control] = [await freePort(), await freePort()];
    const serverFile = await config(bench, "frps.toml", [
      'bindAddr = "127.0.0.1"',
      `bindPort = ${control}`,
      `vhostHTTPPort = ${port}`,
      `auth.token = "${TOKEN}"`,
    ]);
    const clientFile = await config(bench, "frpc.toml", [
      'serverAddr = "127.0.0.1"',
      `serverPort = ${control}`,
      `auth.token = "${TOKEN}"`,
      "[[proxies]]",
      'name = "bench"',
      'type = "http"',
      'localIP = "127.0.0.1"',
      `localPort = ${upstreamPort}`,
      'customDomains = ["bench.test"]',
    ]);
    const server = await startPeerProgram(bench, "frps", serverProgram!, ["-c", serverFile]);
    await untilListening(control, server);
    const client = await startPeerProgram(bench, "frpc", clientProgram!, ["-c", clientFile]);
    return { port, headers: { Host: "bench.test" }, processes: [end("frps", server), end("frpc", client)] };
  },
};

export const piko: Peer = {
  name: "piko",
  kind: "HTTP",
  async start(bench, upstreamPort) {
    const program = find(bench, "piko");
    const [port, control, admin, gossip] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    const server = await startPeerProgram(bench, "piko server", program, [
      "server",
      `--proxy.bind-addr=127.0.0.1:${port}`,
      `--upstream.bind-addr=127.0.0.1:${control}`,
      `--admin.bind-addr=127.0.0.1:${admin}`,
      `--cluster.gossip.bind-addr=127.0.0.1:${gossip}`,
    ]);
    await untilListening(control, server);
    const agent = await startPeerProgram(bench, "piko agent", program, [
      "agent",
      "http",
      "bench",
      `127.0.0.1:${upstreamPort}`,
      `--connect.url=http://127.0.0.1:${control}`,
    ]);
    return {
      port,
      headers: { "x-piko-endpoint": "bench" },
      processes: [end("server", server), end("agent", agent)],
    };
  },
};

export const chisel: Peer = {
  name: "chisel",
  kind: "TCP",
  async start(bench, upstreamPort) {
    const program = find(bench, "chisel");
    const [port, control] = [await freePort(), await freePort()];
    const server = await startPeerProgram(bench, "chisel server", program, [
      "server",
      "--host",
      "127.0.0.1",
      "--port",
      String(control),
      "--reverse",
    ]);
    await untilListening(control, server);
    const client = await startPeerProgram(bench, "chisel client", program, [
      "client",
      `http://127.0.0.1:${control}`,
      `R:127.0.0.1:${port}:127.0.0.1:${upstreamPort}`,
    ]);
    return { port, headers: {}, processes: [end("server", server), end("client", client)] };
  },
};

export const rathole: Peer = {
  name: "rathole",
  kind: "TCP",
  async start(bench, upstreamPort) {
    const program = find(bench, "rathole");
    const [port, control] = [await freePort(), await freePort()];
    const serverFile = await config(bench, "rathole-server.toml", [
      "[server]",
      `bind_addr = "127.0.0.1:${control}"`,
      `default_token = "${TOKEN}"`,
      "[server.services.bench]",
      `bind_addr = "127.0.0.1:${port}"`,
    ]);
    const clientFile = await config(bench, "rathole-client.toml", [
      "[client]",
      `remote_addr = "127.0.0.1:${control}"`,
      `default_token = "${TOKEN}"`,
      "[client.services.bench]",
      `local_addr = "127.0.0.1:${upstreamPort}"`,
    ]);
    const server = await startPeerProgram(bench, "rathole server", program, ["--server", serverFile]);
    await untilListening(control, server);
    const client = await startPeerProgram(bench, "rathole client", program, ["--client", clientFile]);
    return { port, headers: {}, processes: [end("server", server), end("client", client)] };
  },
};

/** Its control port is fixed at 7835. */
const BORE_CONTROL_PORT = 7_835;

export const bore: Peer = {
  name: "bore",
  kind: "TCP",
  async start(bench, upstreamPort) {
    const program = find(bench, "bore");
    const port = await freePort();
    const server = await startPeerProgram(bench, "bore server", program, [
      "server",
      "--bind-addr",
      "127.0.0.1",
    ]);
    await untilListening(BORE_CONTROL_PORT, server);
    const client = await startPeerProgram(bench, "bore local", program, [
      "local",
      String(upstreamPort),
      "--local-host",
      "127.0.0.1",
      "--to",
      "127.0.0.1",
      "--port",
      String(port),
    ]);
    return { port, headers: {}, processes: [end("server", server), end("client", client)] };
  },
};

function find(bench: Bench, name: string): string {
  return findProgram(name, bench.settings.peersDir);
}

async function config(bench: Bench, name: string, lines: readonly string[]): Promise<string> {
  const file = join(bench.dir, name);
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

function end(name: string, { pid }: { pid: number }): { name: string; pid: number } {
  return { name, pid };
}
