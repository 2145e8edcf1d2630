import { execFileSync } from "node:child_process";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../fixtures/free-port.ts";
import { ManagedProcess } from "../fixtures/managed-process.ts";
import { Absent } from "./absent.ts";
import type { Side } from "./compare.ts";
import { untilListening } from "./listening.ts";
import type { Bench } from "./part.ts";

export interface Nginx {
  readonly port: number;
  readonly pid: number;
}

/** Where a proxy gets its answers. */
export interface Origin {
  readonly port: number;
}

/**
 * The upstream of all sides: one worker that serves `/1k`, 1,024 bytes from a file, and `/bulk`.
 * @param bulkBytes length of `/bulk`; all zeros, on no disk
 */
export async function startStaticUpstream(bench: Bench, bulkBytes = 0): Promise<Nginx> {
  const www = join(bench.dir, "www");
  await mkdir(www, { recursive: true });
  await writeFile(join(www, "1k"), "x".repeat(1024));
  await writeFile(join(www, "bulk"), "");
  await truncate(join(www, "bulk"), bulkBytes);
  return await startNginx(
    bench,
    "upstream",
    (port) => `server { listen 127.0.0.1:${port}; root ${www}; open_file_cache max=16; }`,
  );
}

/** The yardstick: one worker doing proxy_pass with kept connections, bodies streamed both ways, no log, nothing else. */
export async function startProxy(
  bench: Bench,
  upstream: Origin,
  options: { name?: string; tls?: { certFile: string; keyFile: string } } = {},
): Promise<Nginx> {
  const { tls } = options;
  const listen = tls ? "ssl" : "";
  const secure = tls ? `ssl_certificate ${tls.certFile}; ssl_certificate_key ${tls.keyFile};` : "";
  return await startNginx(
    bench,
    options.name ?? "proxy",
    (port) => `
    upstream origin { server 127.0.0.1:${upstream.port}; keepalive 512; keepalive_requests 100000000; }
    server {
      listen 127.0.0.1:${port} ${listen}; ${secure}
      client_max_body_size 0;
      location / {
        proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_request_buffering off; proxy_max_temp_file_size 0;
      }
    }`,
  );
}

/** One nginx before several upstreams, each under a host name of its own; the bodies are streamed. */
export async function startFront(
  bench: Pick<Bench, "dir" | "resources">,
  hosts: readonly { host: string; port: number }[],
): Promise<Nginx> {
  const upstream = ({ port }: { port: number }, n: number) =>
    `upstream origin${n} { server 127.0.0.1:${port}; keepalive 512; keepalive_requests 100000000; }`;
  const server = (listening: number) => (one: { host: string }, n: number) =>
    `server {
      listen 127.0.0.1:${listening}; server_name ${one.host}; client_max_body_size 0;
      location / {
        proxy_pass http://origin${n}; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_request_buffering off; proxy_max_temp_file_size 0;
      }
    }`;
  return await startNginx(
    bench,
    "front",
    (port) => `${hosts.map(upstream).join("\n")}\n${hosts.map(server(port)).join("\n")}`,
  );
}

/** nginx as a side of a comparison that asks for `/1k`. */
export function nginxSide(name: string, front: Nginx, ...behind: readonly Nginx[]): Side {
  const processes = [front, ...behind].map(({ pid }, n) => ({
    name: n === 0 ? "nginx" : `nginx ${n + 1}`,
    pid,
  }));
  return { name, target: { port: front.port, path: "/1k", headers: {} }, processes };
}

async function startNginx(
  bench: Pick<Bench, "dir" | "resources">,
  name: string,
  servers: (port: number) => string,
): Promise<Nginx> {
  const dir = join(bench.dir, `nginx-${name}`);
  await mkdir(join(dir, "temp"), { recursive: true });
  const port = await freePort();
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(dir, "temp", kind)};`)
    .join(" ");
  const config = `
daemon off; master_process off; worker_processes 1; pid ${join(dir, "pid")}; error_log stderr warn;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s; sendfile on; tcp_nodelay on; ${temp}
  ${servers(port)}
}`;
  await writeFile(join(dir, "nginx.conf"), config);
  requireNginx();
  const child = new ManagedProcess(
    `nginx ${name}`,
    "nginx",
    ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", "stderr"],
    {
      cwd: dir,
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    },
  );
  await bench.resources.keep(() => child.stop());
  await untilListening(port, child);
  return { port, pid: child.pid };
}

function requireNginx(): void {
  try {
    // It prints its version on stderr.
    execFileSync("sh", ["-c", "PATH=$PATH:/usr/sbin; nginx -v 2>&1"]);
  } catch {
    throw new Absent("nginx is not on this machine (Debian: apt-get install nginx-light)");
  }
}
