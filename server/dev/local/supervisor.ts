import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { ensureBuild } from "../build/build.ts";
import { startDemoUpstream } from "../demo-upstream/server.ts";
import { startWatchdog } from "../processes/watchdog.ts";
import { addressesOf } from "./addresses.ts";
import { Cleanups } from "./cleanups.ts";
import { say, step } from "./console.ts";
import { openDatabase } from "./database.ts";
import { devJsonPath, removeDevJson, writeDevJson } from "./dev-json.ts";
import { programEnvironment } from "./environment.ts";
import { createErrorLines } from "./error-lines.ts";
import { Fleet } from "./fleet.ts";
import { lockDataDir } from "./lock.ts";
import { prepareLogs } from "./log-files.ts";
import { choosePort } from "./ports.ts";
import { waitUntilServed } from "./probe.ts";
import { localSecrets } from "./secrets.ts";
import { readLocalSettings } from "./settings.ts";
import { listenForStop } from "./stop-signal.ts";
import { summary } from "./summary.ts";
import { watchSources } from "./watch.ts";

const SERVED_TIMEOUT_MS = 20_000;

/**
 * Runs all of Hotspot on this machine until it is told to stop: database, portal, relay, and a demo tenant whose
 * connector forwards to the demo upstream.
 *
 * @param options.watch restart programs when their sources change
 * @returns the exit code: 0 after a wanted stop, 1 when a program kept crashing
 * @throws StartError with what to do about it
 */
export async function runLocal(root: string, options: { watch: boolean }): Promise<number> {
  const cleanups = new Cleanups();
  let gaveUp = false;
  // The watchdog then ends what we leave.
  const stopping = listenForStop(() => process.exit(1));
  try {
    await start(root, options, stopping, cleanups, () => {
      gaveUp = true;
      stopping.abort();
    });
    await new Promise<void>((resolve) => {
      if (stopping.signal.aborted) resolve();
      stopping.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } catch (error) {
    const wanted = stopping.signal.aborted && !gaveUp;
    // Ends what is still being started or built.
    stopping.abort();
    if (!wanted) throw error;
  } finally {
    await step("Stopping", cleanups.run());
  }
  if (!gaveUp) say("Stopped.");
  return gaveUp ? 1 : 0;
}

async function start(
  root: string,
  { watch }: { watch: boolean },
  stopping: AbortController,
  cleanups: Cleanups,
  onGivenUp: () => void,
) {
  const startedAt = Date.now();
  const { signal: stopped } = stopping;
  const settings = readLocalSettings(root);
  const { dataDir } = settings;
  await mkdir(dataDir, { recursive: true });
  const lock = await lockDataDir(dataDir);
  cleanups.add(lock.release);
  const ports = {
    portal: await choosePort("PORT", settings.ports.portal),
    relay: await choosePort("RELAY_PORT", settings.ports.relay),
  };
  const addresses = addressesOf(settings, ports);
  const stripePort = settings.environment.STRIPE_SECRET_KEY?.trim()
    ? null
    : await choosePort("STRIPE_SECRET_KEY", 0);

  const build = () => step("Building the portal", ensureBuild(root, stopped));
  const firstBuild = build();
  // Awaited by the fleet; a failure before that must not end us before the clean-up.
  firstBuild.catch(() => undefined);
  cleanups.add(() => firstBuild.catch(() => undefined));

  const [watchdog, secrets, upstream] = await Promise.all([
    startWatchdog(join(root, "node_modules", ".bin", "bun"), [devJsonPath(dataDir), lock.path]),
    localSecrets(dataDir, settings.environment),
    startDemoUpstream(),
    prepareLogs(dataDir, ["portal", "relay", "connector", ...(stripePort === null ? [] : ["stripe"])]),
  ]);
  cleanups.add(watchdog.dismiss);
  cleanups.add(upstream.close);
  await lock.setWatchdog(watchdog.pid);
  const database = await step(
    settings.databaseUrl ? "Connecting to the database" : "Starting Postgres",
    openDatabase(settings, (pid) => watchdog.add(pid, "database")),
  );
  cleanups.add(database.stop);
  stopped.throwIfAborted();

  let isUp = false;
  let nextBuild: typeof firstBuild | null = firstBuild;
  const fleet = await Fleet.start(
    {
      context: {
        root,
        dataDir,
        env: programEnvironment({
          settings,
          ports,
          addresses,
          secrets,
          databaseUrl: database.url,
          stripeUrl: stripePort === null ? null : `http://127.0.0.1:${stripePort}`,
          development: watch,
        }),
        onErrorLine: createErrorLines((name) =>
          relative(process.cwd(), join(dataDir, "logs", `${name}.log`)),
        ),
      },
      addresses,
      database,
      upstreamUrl: upstream.url,
      stripe:
        stripePort === null
          ? null
          : {
              port: stripePort,
              webhookSecret: secrets.STRIPE_WEBHOOK_SECRET,
              thinWebhookSecret: secrets.STRIPE_THIN_WEBHOOK_SECRET,
            },
      build() {
        const taken = nextBuild ?? build();
        nextBuild = null;
        return taken;
      },
      watchdog,
      onChanged() {
        if (isUp) void writeDevJson(dataDir, fleet.describe());
      },
      onGivenUp,
    },
    stopped,
  );
  cleanups.add(() => fleet.stop());
  const dev = fleet.describe();
  const access = await step(
    "Waiting for the first answer through the tunnel",
    waitUntilServed(ports.relay, new URL(dev.tenantUrl).host, SERVED_TIMEOUT_MS, stopped),
  );
  cleanups.add(() => removeDevJson(dataDir));
  isUp = true;
  await writeDevJson(dataDir, fleet.describe());
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  say(summary(fleet.describe(), { guarded: access === "guarded", seconds }));
  if (watch) cleanups.add(watchSources(root, fleet));
}
