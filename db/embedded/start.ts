import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { findPostgresBinaries, type PostgresBinaries } from "./binaries.ts";
import { findRunning, isAlive, readPostmasterFile } from "./postmaster.ts";
import { chooseUser, fileOwner, type RunAs } from "./run-as.ts";

/** A running Postgres. `stop` is idempotent and resolves when the server has ended and its files are closed. */
export interface EmbeddedPostgres {
  /** Connection string of the database `hotspot`'s server; its database is `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** True when a server that outlived its starter was found and taken over. */
  readonly adopted: boolean;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Made when missing; holds `cluster/` (the data), `password` (0600) and `postgres.log`. */
  readonly dataDir: string;
  /** 0 or absent: any free port. Only 127.0.0.1 is listened on. */
  readonly port?: number;
  /** Tests: no fsync. A crash of the machine may then lose the cluster. */
  readonly volatile?: boolean;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/**
 * Starts the Postgres of a local run, making its cluster the first time (about 1 s; later starts about 0.2 s). A server
 * left over from a killed run is adopted; a stale `postmaster.pid` is removed.
 *
 * @throws Error with the last lines of the server's log when it does not come up
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const cluster = join(dataDir, "cluster");
  await mkdir(dataDir, { recursive: true });
  const binaries = await findPostgresBinaries();
  const runAs = await chooseUser([cluster, binaries.postgres]);
  const password = await ensureCluster(dataDir, cluster, binaries, runAs);

  const running = await findRunning(cluster, password);
  if (running) return adopt(running.pid, running.port, password);
  await rm(join(cluster, "postmaster.pid"), { force: true });

  const port = options.port || (await freePort());
  const child = await launch(dataDir, cluster, binaries, runAs, port, options.volatile ?? false);
  await waitUntilReady(child, cluster, dataDir);
  // When the starter ends without stop(), Postgres must not stay behind; SIGINT is its fast and clean shutdown.
  const onExit = () => child.kill("SIGINT");
  process.once("exit", onExit);
  const pid = child.pid!;
  const ended = new Promise<void>((done) =>
    child.once("exit", () => {
      process.off("exit", onExit);
      done();
    }),
  );
  return {
    url: urlOf(port, password),
    port,
    pid,
    adopted: false,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGINT");
        const timer = setTimeout(() => child.kill("SIGQUIT"), STOP_TIMEOUT_MS);
        await ended;
        clearTimeout(timer);
      }
    },
  };
}

const urlOf = (port: number, password: string) =>
  `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;

function adopt(pid: number, port: number, password: string): EmbeddedPostgres {
  return {
    url: urlOf(port, password),
    port,
    pid,
    adopted: true,
    async stop() {
      if (isAlive(pid)) process.kill(pid, "SIGINT");
      const deadline = Date.now() + STOP_TIMEOUT_MS;
      while (isAlive(pid)) {
        if (Date.now() > deadline) throw new Error(`Postgres (pid ${pid}) did not stop`);
        await pause(25);
      }
    },
  };
}

async function ensureCluster(
  dataDir: string,
  cluster: string,
  binaries: PostgresBinaries,
  runAs: RunAs,
): Promise<string> {
  const passwordPath = join(dataDir, "password");
  const made = await stat(join(cluster, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (made) return (await readFile(passwordPath, "utf8")).trim();
  const password = randomBytes(24).toString("hex");
  // An initdb that was cut short leaves a directory that the next one would refuse.
  await rm(cluster, { recursive: true, force: true });
  await mkdir(cluster, { mode: 0o700 });
  await writeFile(passwordPath, `${password}\n`, { mode: 0o600 });
  const owner = await fileOwner();
  if (owner) {
    await chown(cluster, owner.uid, owner.gid);
    await chown(passwordPath, owner.uid, owner.gid);
  }
  const child = run(binaries.initdb, runAs, [
    `--pgdata=${cluster}`,
    "--username=postgres",
    `--pwfile=${passwordPath}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // Same order of text on every machine, without the system's locales.
    "--locale-provider=builtin",
    "--locale=C",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
  ]);
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0) {
    await rm(cluster, { recursive: true, force: true });
    throw new Error(`initdb ended with ${code}: ${output.trim().slice(-2000)}`);
  }
  return password;
}

function run(program: string, runAs: RunAs, args: string[], log?: number): ChildProcess {
  const [command, ...rest] = [...runAs.prefix, program, ...args] as [string, ...string[]];
  return spawn(command, rest, {
    uid: runAs.uid,
    gid: runAs.gid,
    // Own process group: Ctrl-C in a terminal goes to the starter, which stops Postgres last.
    detached: process.platform !== "win32",
    stdio: ["ignore", log ?? "ignore", log ?? "pipe"],
    // Remix's types want NODE_ENV in every environment.
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" } as Partial<NodeJS.ProcessEnv> as NodeJS.ProcessEnv,
  });
}

async function launch(
  dataDir: string,
  cluster: string,
  binaries: PostgresBinaries,
  runAs: RunAs,
  port: number,
  isVolatile: boolean,
): Promise<ChildProcess> {
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    ...(isVolatile ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off" } : {}),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const log = await open(join(dataDir, "postgres.log"), "w");
  try {
    return run(binaries.postgres, runAs, ["-D", cluster, "-p", String(port), ...flags], log.fd);
  } finally {
    await log.close();
  }
}

async function waitUntilReady(child: ChildProcess, cluster: string, dataDir: string): Promise<void> {
  let failure: Error | null = null;
  child.once("error", (error) => {
    failure = error;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const file = await readPostmasterFile(cluster);
    if (file?.pid === child.pid && file?.ready) return;
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (failure || ended || Date.now() > deadline) {
      if (!ended) child.kill("SIGQUIT");
      const log = await readFile(join(dataDir, "postgres.log"), "utf8").catch(() => "");
      throw new Error(`Postgres did not start: ${log.trim().slice(-2000)}`, { cause: failure });
    }
    await pause(20);
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
