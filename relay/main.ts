import { EnvError } from "../server/env-schema.ts";
import { readRelayEnv } from "./env.ts";
import { createLog } from "./log.ts";
import { startRelay } from "./relay.ts";

const env = readEnv();
const log = createLog(env.logLevel);

process.on("unhandledRejection", (error) => log.error({ err: error }, "unhandled rejection"));

try {
  const relay = await startRelay(env, log);
  const { port, tlsPort, adminPort } = relay;
  const ready = { event: "ready", process: "relay", port, ...(tlsPort !== null && { tlsPort }), adminPort };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  log.info({ port, tlsPort, adminPort }, "relay ready");
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      relay.drain().then(
        () => log.flush(() => process.exit(0)),
        (error: unknown) => {
          log.fatal({ err: error }, "drain failed");
          log.flush(() => process.exit(1));
        },
      );
    });
  }
} catch (error) {
  process.stderr.write(`The relay could not start: ${(error as Error).message}\n`);
  process.exit(1);
}

function readEnv() {
  try {
    return readRelayEnv(process.env);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
