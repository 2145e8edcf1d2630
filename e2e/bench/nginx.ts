import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../fixtures/free-port.ts";

export interface Nginx {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The upstream of both sides: one worker that serves `/1k`, 1,024 bytes from a file. */
export async function startStaticUpstream(dir: string): Promise<Nginx> {
  const www = join(dir, "www");
  await mkdir(www, { recursive: true });
  await writeFile(join(www, "1k"), "x".repeat(1024));
  return await startNginx(
    join(dir, "upstream"),
    (port) => `
    server { listen 127.0.0.1:${port}; root ${www}; open_file_cache max=16; }`,
  );
}

/** The yardstick: one worker doing proxy_pass with kept connections, nothing else, no log. */
export async function startProxy(dir: string, upstream: Nginx): Promise<Nginx> {
  return await startNginx(
    join(dir, "proxy"),
    (port) => `
    upstream origin { server 127.0.0.1:${upstream.port}; keepalive 128; keepalive_requests 100000000; }
    server {
      listen 127.0.0.1:${port};
      location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
    }`,
  );
}

async function startNginx(dir: string, servers: (port: number) => string): Promise<Nginx> {
  await mkdir(join(dir, "temp"), { recursive: true });
  const port = await freePort();
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(dir, "temp", kind)};`)
    .join(" ");
  const config = `
daemon off; master_process off; worker_processes 1; pid ${join(dir, "pid")}; error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s; sendfile on; tcp_nodelay on; ${temp}
  ${servers(port)}
}`;
  await writeFile(join(dir, "nginx.conf"), config);
  const child = spawn("nginx", ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", "stderr"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  await once(child, "spawn");
  for (const deadline = Date.now() + 5_000; ; await delay(20)) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    const up = await fetch(`http://127.0.0.1:${port}/1k`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) break;
    if (Date.now() > deadline) throw new Error("nginx did not answer within 5 s");
  }
  return {
    port,
    pid: child.pid!,
    stop: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
