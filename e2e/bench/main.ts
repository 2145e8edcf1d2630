import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { compare, type Side } from "./compare.ts";
import { chooseLoad } from "./load.ts";
import { startProxy, startStaticUpstream } from "./nginx.ts";
import { bars, table, verdict } from "./report.ts";
import { readSettings } from "./settings.ts";
import { startTunnel } from "./tunnel.ts";
import { waitUntilLogged } from "./wait-until-logged.ts";

// Measures the tunnel against nginx on the same machine and the same upstream. Ratios within one run are what counts:
// machines, and the same machine an hour later, differ by more than what is measured.
const settings = readSettings(process.argv.slice(2), process.env);
const nginxVersion = requireNginx();
const { load, name: loadName } = await chooseLoad();
console.log(
  `load: ${loadName}; ${nginxVersion}; ${settings.pairs} pairs of ${settings.seconds} s; ${cpus().length} CPUs`,
);

const dir = await mkdtemp(join(tmpdir(), "hotspot-bench-"));
const cleanups: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
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
      ],
    },
  ];
  let served = 0;
  const onRun = (side: Side, run: { requests: number; requestsPerSecond: number }) => {
    if (side === sides[1]) served += run.requests;
    console.log(`  ${side.name.padEnd(17)} ${run.requestsPerSecond.toFixed(0)} req/s`);
  };
  const options = { pairs: settings.pairs, seconds: settings.seconds, onRun };
  const many = await compare(load, sides, { ...options, connections: 64 });
  const one = await compare(load, sides, { ...options, connections: 1 });
  const logged = await waitUntilLogged(tunnel.loggedRequests, served);

  const verdicts = {
    throughput: many.throughputRatio >= bars.throughputRatioAt64,
    latency: one.addedMedianMs < bars.addedMedianMsAt1,
    // The warm-up runs are in the log and not in the count.
    requestLog: logged >= served,
  };
  console.log(`\n${table(many)}\n\n${table(one)}\n`);
  console.log(
    verdict("throughput of nginx at 64 connections", many.throughputRatio, verdicts.throughput, ">= 0.50"),
  );
  console.log(
    verdict("added median latency at 1 connection, ms", one.addedMedianMs, verdicts.latency, "< 0.5"),
  );
  console.log(verdict("request log rows per served request", logged / served, verdicts.requestLog, ">= 1"));
  await mkdir(settings.dataDir, { recursive: true });
  const file = join(settings.dataDir, "bench.json");
  const measured = { at: new Date().toISOString(), load: loadName, nginx: nginxVersion, cpus: cpus().length };
  await writeFile(file, `${JSON.stringify({ ...measured, verdicts, served, logged, many, one }, null, 2)}\n`);
  console.log(`written to ${file}`);
  if (Object.values(verdicts).includes(false)) process.exitCode = 1;
} finally {
  for (const cleanup of cleanups) await cleanup();
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
