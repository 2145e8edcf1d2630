import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { createTestDb, type TestDb } from "../../db/testing/index.ts";
import { resolveLocalhostNames } from "../fixtures/localhost-names.ts";
import { type ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { type Relay, startRelay } from "../fixtures/relay-process.ts";
import { type IssuingPortal, startIssuingPortal } from "../standins/issuing-portal.ts";

export interface RelayWorldOptions {
  /** Settings of the relay beyond the defaults. */
  env?: Record<string, string>;
  /** Absent: a migrated database on the server that the tests share. */
  database?: TestDb;
}

/** A database of its own, a relay on it, and something that issues connector tokens. */
export interface RelayWorld {
  readonly db: TestDb["db"];
  readonly databaseUrl: string;
  readonly relay: Relay;
  readonly portalUrl: string;
  readonly internalSecret: string;
  readonly signingSecret: string;
  /** A folder that goes with the world. */
  readonly scratchDir: string;
  /** Starts a relay with the same settings again, on the same port, once the first is gone. */
  restartRelay(env?: Record<string, string>): Promise<void>;
  stopLater(process: ManagedProcess): void;
}

/** Registers the start and stop of a world with the calling test file. */
export async function relayWorld(options: RelayWorldOptions = {}): Promise<RelayWorld> {
  const database = options.database ?? (await createTestDb());
  const internalSecret = randomBytes(24).toString("hex");
  const signingSecret = randomBytes(24).toString("hex");
  const scratchDir = await mkdtemp(join(tmpdir(), "hotspot-e2e-"));
  const children: ManagedProcess[] = [];
  const parts = {} as { relay: Relay; portal: IssuingPortal };

  const launch = async (port: number, env: Record<string, string> = {}) => {
    parts.relay = await startRelay({
      databaseUrl: database.url,
      internalSecret,
      signingSecret,
      dataDir: scratchDir,
      port,
      env: { ...options.env, ...env },
    });
    children.push(parts.relay.process);
  };

  beforeAll(async () => {
    resolveLocalhostNames();
    await launch(0);
    parts.portal = await startIssuingPortal({
      db: database.db,
      signingSecret,
      relayPort: parts.relay.port,
      firstTcpPort: Number(options.env?.RELAY_TCP_PORTS?.split("-")[0] ?? 20_000),
    });
  });
  afterAll(async () => {
    await stopAll(children);
    await parts.portal?.stop();
    await rm(scratchDir, { recursive: true, force: true });
  });

  return {
    db: database.db,
    databaseUrl: database.url,
    get relay() {
      return parts.relay;
    },
    get portalUrl() {
      return parts.portal.url;
    },
    internalSecret,
    signingSecret,
    scratchDir,
    restartRelay: (env) => launch(parts.relay.port, env),
    stopLater: (child) => void children.push(child),
  };
}
