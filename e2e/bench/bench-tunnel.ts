import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { compare, type Side } from "./compare.ts";
import { chooseLoad } from "./load.ts";
import { startProxy, startStaticUpstream } from "./nginx.ts";
import { type Section, table } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { startTunnel } from "./tunnel.ts";
import { waitUntilLogged } from "./wait-until-logged.ts";

/** The tunnel, with key check, rate limit and request log on, beside one nginx worker before the same upstream. */
export async function benchTunnel(dir: string, settings: BenchSettings): Promise<Section> {
  const nginxVersion = requireNginx();
  const { load, name: loadName } = await chooseLoad();
  console.log(`load: ${loadName}; ${nginxVersion}; ${settings.pairs} pairs of ${settings.seconds} s`);
  const cleanups: (() => Promise<void>)[] = [];
  try {
    const upstream = await startStaticUpstream(join(dir, "nginx"));
    cleanups.unshift(upstream.stop);
    const proxy = await startProxy(join(dir, "nginx"), upstream);
    cleanups.unshift(proxy.stop);
    const tunnel = await startTunnel(dir, upstream.port);
    cleanups.unshift(tunnel.stop);
    const sides: [Side, Side] = [
      {
        name: "nginx proxy_pass",
        target: { port: proxy.port, path: "/1k", headers: {} },
        processes: [{ name: "nginx", pid: proxy.pid }],
      },
      {
        name: "hotspot",
        target: tunnel.target,
        processes: [
          { name: "relay", pid: tunnel.relay.pid },
          { name: "connector", pid: tunnel.connector.pid },
          // It writes the request log, on the same CPUs.
          { name: "postgres", pid: tunnel.postgresPid },
        ],
      },
    ];
    let served = 0;
    const options = {
      pairs: settings.pairs,
      seconds: settings.seconds,
      onRun(side: Side, run: { requests: number; requestsPerSecond: number }) {
        if (side === sides[1]) served += run.requests;
        console.log(`  ${side.name.padEnd(17)} ${run.requestsPerSecond.toFixed(0)} req/s`);
      },
    };
    const many = await compare(load, sides, { ...options, connections: 64 });
    const one = await compare(load, sides, { ...options, connections: 1 });
    const logged = await waitUntilLogged(tunnel.loggedRequests, served);
    return {
      name: "tunnel",
      text: `${table(many)}\n\n${table(one)}`,
      figures: { load: loadName, nginx: nginxVersion, served, logged, many, one },
      verdicts: [
        {
          label: "throughput of nginx proxy_pass at 64 connections",
          value: many.throughputRatio,
          bar: ">= 0.50",
          met: many.throughputRatio >= 0.5,
        },
        {
          label: "added median latency at 1 connection, ms",
          value: one.addedMedianMs,
          bar: "< 0.5",
          met: one.addedMedianMs < 0.5,
        },
        // Warm-up runs are in the log and not in the count, so this may exceed 1.
        { label: "request log rows per request", value: logged / served, bar: ">= 1", met: logged >= served },
      ],
    };
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

function requireNginx(): string {
  try {
    // nginx -v prints on stderr.
    return execFileSync("sh", ["-c", "PATH=$PATH:/usr/sbin; nginx -v 2>&1"], { encoding: "utf8" }).trim();
  } catch {
    console.error(
      "The benchmark compares with nginx, which is not here. On Debian: apt-get install nginx-light wrk",
    );
    process.exit(2);
  }
}
