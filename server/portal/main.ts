import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerBuild } from "@remix-run/node";
import { EnvError, type PortalEnv, readPortalEnv } from "../env.ts";
import { createLog } from "../log.ts";
import { sharesRegistrableDomain } from "./security.ts";
import { startPortal } from "./start.ts";

/** The portal's process: configuration, start, ready line, signals. Ends with 0 after a drain, 1 when it cannot run. */
async function main(): Promise<void> {
  const env = readEnvOrExit();
  const log = createLog({ process: "portal", level: env.logLevel });
  const { baseDomain } = env.endpoints;
  const isLocal = baseDomain === "localhost";
  if (env.production && !isLocal && sharesRegistrableDomain(new URL(env.portalUrl).hostname, baseDomain)) {
    log.warn(
      { portalUrl: env.portalUrl, baseDomain },
      "PORTAL_URL and ENDPOINTS_BASE_DOMAIN share a registrable domain: pages of tenants can flood the portal's cookies and sign users out; use two domains",
    );
  }
  const pages: ServerBuild = await import(pathToFileURL(join(env.buildDir, "server.js")).href);
  const portal = await startPortal(env, { log, pages });
  const { port, adminPort } = portal;
  process.stdout.write(`${JSON.stringify({ event: "ready", process: "portal", port, adminPort })}\n`);

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      portal.stop().then(
        () => process.exit(0),
        (error) => {
          log.error({ err: error }, "portal did not stop cleanly");
          process.exit(1);
        },
      );
    });
  }
}

function readEnvOrExit(): PortalEnv {
  try {
    return readPortalEnv(process.env);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

await main();
