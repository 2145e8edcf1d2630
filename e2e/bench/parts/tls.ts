import { makeCertificate } from "../certificate.ts";
import { middle, paired, type Run, takeTurns } from "../compare.ts";
import { nginxSide, startProxy, startStaticUpstream } from "../nginx.ts";
import type { Part } from "../part.ts";
import { startTunnel } from "../tunnel.ts";

/** The same load over TLS, HTTP/1.1, on kept connections; both ends have the same certificate. */
export const tls: Part = {
  name: "tls",
  rows: [
    {
      key: "rate",
      what: "TLS, HTTP/1.1, 1 KB GET, 64 connections, requests/s against nginx with TLS",
      unit: "x",
      better: "higher",
      bar: 0.8,
      aim: 0.95,
    },
  ],
  async run(bench, report) {
    // wrk names the host of its URL in the handshake, and another one in the Host field: the certificate is good for both.
    const files = await makeCertificate(bench.dir, ["localhost", "*.localhost"]);
    const upstream = await startStaticUpstream(bench);
    const proxy = await startProxy(bench, upstream, { tls: files });
    const tunnel = await startTunnel(bench, {
      upstreamPort: upstream.port,
      env: {
        RELAY_TLS_PORT: "0",
        RELAY_TLS_CERT: files.certFile,
        RELAY_TLS_KEY: files.keyFile,
        RELAY_TLS_HANDSHAKES_PER_SECOND: "100000",
      },
    });
    const sides = [nginxSide("nginx tls", proxy), tunnel.side()].map((side) => ({
      ...side,
      target: { ...side.target, secure: true },
    }));
    const [theirs, ours] = sides as [(typeof sides)[0], (typeof sides)[0]];
    const turns = await takeTurns(
      bench.load,
      [theirs, { ...ours, target: { ...ours.target, port: tunnel.tlsPort } }],
      {
        ...bench.settings,
        connections: 64,
        onRun: (side, run) => bench.log(`  ${side.padEnd(12)} ${run.requestsPerSecond.toFixed(0)} req/s`),
      },
    );
    const rate = paired(
      turns.runs,
      ours.name,
      theirs.name,
      (a, b) => a.requestsPerSecond / b.requestsPerSecond,
    );
    const absolute = (name: string) => middle(turns.runs[name]!, (run) => run.requestsPerSecond).toFixed(0);
    const micros = (name: string, process: string) =>
      middle(turns.runs[name]!, (run: Run) => run.cpuPerRequest[process]!).toFixed(1);
    report("rate", {
      value: rate.median,
      spread: rate,
      note: `${absolute(ours.name)} against ${absolute(theirs.name)} requests/s; relay ${micros(ours.name, "relay")} µs, nginx ${micros(theirs.name, "nginx")}`,
    });
    return turns;
  },
};
