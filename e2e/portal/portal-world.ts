import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, inject } from "vitest";
import { createTestDb, type TestDb } from "../../db/testing/index.ts";
import { freePort } from "../fixtures/free-port.ts";
import { resolveLocalhostNames } from "../fixtures/localhost-names.ts";
import { Mailbox } from "../fixtures/mailbox.ts";
import { type ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { type Portal, startPortal } from "../fixtures/portal-process.ts";
import { type Relay, startRelay } from "../fixtures/relay-process.ts";

export interface PortalWorldOptions {
  /** False: only the portal, for what concerns nobody else. */
  relay?: boolean;
  /** For what has to know the portal's address before it starts; any free one when left out. */
  portalPort?: number;
  portalEnv?: Record<string, string>;
  relayEnv?: Record<string, string>;
}

/** A database of its own, a relay and a portal on it. */
export interface PortalWorld {
  readonly db: TestDb["db"];
  readonly portal: Portal;
  readonly relay: Relay;
  readonly portalUrl: string;
  readonly mailbox: Mailbox;
  readonly secrets: { auth: string; internal: string; signing: string };
  /** The portal's data folder; goes with the world. */
  readonly dataDir: string;
  readonly children: readonly ManagedProcess[];
  stopLater(process: ManagedProcess): void;
  /** Starts a portal with the same settings again, on the same port, once the first is gone. */
  restartPortal(): Promise<void>;
  /** A tenant host with the relay's port. */
  hostOf(slug: string): string;
}

/** Registers the start and stop of a world with the calling test file. */
export async function portalWorld(options: PortalWorldOptions = {}): Promise<PortalWorld> {
  const database = await createTestDb();
  const dataDir = await mkdtemp(join(tmpdir(), "hotspot-e2e-"));
  const secrets = { auth: secret(), internal: secret(), signing: secret() };
  const children: ManagedProcess[] = [];
  const parts = {} as { portal: Portal; relay: Relay };
  const launchPortal = async (port: number, relayPort: number) => {
    parts.portal = await startPortal({
      buildDir: inject("portalBuildDir"),
      databaseUrl: database.url,
      dataDir,
      port,
      relayPort,
      authSecret: secrets.auth,
      internalSecret: secrets.internal,
      signingSecret: secrets.signing,
      env: options.portalEnv,
    });
    children.push(parts.portal.process);
  };

  beforeAll(async () => {
    resolveLocalhostNames();
    const port = options.portalPort ?? (await freePort());
    const portalUrl = `http://localhost:${port}`;
    if (options.relay !== false) {
      parts.relay = await startRelay({
        databaseUrl: database.url,
        internalSecret: secrets.internal,
        signingSecret: secrets.signing,
        dataDir,
        env: { PORTAL_URL: portalUrl, ...options.relayEnv },
      });
      children.push(parts.relay.process);
    }
    await launchPortal(port, parts.relay?.port ?? (await freePort()));
  });
  afterAll(async () => {
    await stopAll(children);
    await rm(dataDir, { recursive: true, force: true });
  });

  return {
    db: database.db,
    dataDir,
    secrets,
    children,
    mailbox: new Mailbox(dataDir),
    get portal() {
      return parts.portal;
    },
    get relay() {
      return parts.relay;
    },
    get portalUrl() {
      return parts.portal.url;
    },
    stopLater: (child) => void children.push(child),
    restartPortal: async () => launchPortal(parts.portal.port, parts.relay?.port ?? (await freePort())),
    hostOf: (slug) => `${slug}.localhost:${parts.relay.port}`,
  };
}

const secret = () => randomBytes(24).toString("hex");
