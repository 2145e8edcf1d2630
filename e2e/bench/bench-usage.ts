import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createDb } from "../../db/client.ts";
import { startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";
import { createTenant } from "../../db/testing/factories.ts";
import { signUp } from "../fixtures/account.ts";
import { buildPortal } from "../fixtures/build-portal.ts";
import { freePort } from "../fixtures/free-port.ts";
import { Mailbox } from "../fixtures/mailbox.ts";
import { stopAll } from "../fixtures/managed-process.ts";
import { startPortal } from "../fixtures/portal-process.ts";
import type { Section } from "./section.ts";
import { addThings, generateUsage, type UsageTenant } from "./usage/generate.ts";
import { countRows, timeAddress, usageAddresses } from "./usage/measure.ts";

const REQUESTS = 10_000_000;
/** The first one is the tenant whose pages are asked for. */
const SHARES = [0.4, 0.2, 0.1, 0.1, 0.08, 0.06, 0.04, 0.02];
const BAR_MS = 200;

/**
 * The usage pages of a tenant with four of ten million requests of a year, and the questions behind them. Filling the
 * database takes some minutes and 8 GB.
 */
export async function benchUsage(dir: string): Promise<Section> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, "usage-postgres"), volatile: true });
  const db = createDb(postgres.url, { max: 2 });
  try {
    await migrateToLatest(db);
    const dataDir = join(dir, "usage-portal");
    const portal = await startPortal({
      buildDir: await buildPortal(),
      databaseUrl: postgres.url,
      dataDir,
      port: await freePort(),
      relayPort: await freePort(),
      authSecret: secret(),
      internalSecret: secret(),
      signingSecret: secret(),
      env: { LOG_LEVEL: "warn" },
    });
    try {
      const account = await signUp(portal.url, new Mailbox(dataDir));
      const { id } = (await (await account.call("GET", "/api/tenant")).json()) as { id: string };
      await db.updateTable("tenant_settings").set({ plan: "team" }).where("tenant_id", "=", id).execute();
      const tenants: UsageTenant[] = [];
      for (const [index, share] of SHARES.entries()) {
        const tenantId = index === 0 ? id : (await createTenant(db, { plan: "pro" })).tenantId;
        const tenant = { tenantId, share, endpoints: 20, accessKeys: 50, models: 8 };
        const { id: licenseId } = await db
          .selectFrom("licenses")
          .select("id")
          .where("tenant_id", "=", tenantId)
          .executeTakeFirstOrThrow();
        await addThings(db, tenant, licenseId);
        tenants.push(tenant);
      }
      console.error(`making ${REQUESTS} requests …`);
      await generateUsage(db, tenants, { requests: REQUESTS, days: 365, until: new Date() });
      const counted = await countRows(db, id);
      const times = [];
      for (const [name, address] of Object.entries(usageAddresses(`key_${id}_3`, new Date()))) {
        times.push(await timeAddress(name, address, (path) => account.call("GET", path)));
      }
      const rows = times.map(
        ({ name, p50Ms, p95Ms }) =>
          `${name.padEnd(32)}${p50Ms.toFixed(1).padStart(9)}${p95Ms.toFixed(1).padStart(9)}`,
      );
      const slowest = Math.max(...times.map(({ p95Ms }) => p95Ms));
      return {
        name: "usage",
        text: [
          `usage over ${counted.requests} requests; sums of the tenant: ${counted.hourly} by hour, ${counted.daily} by day, ${counted.monthly} by month`,
          `${"".padEnd(32)}${"p50 ms".padStart(9)}${"p95 ms".padStart(9)}`,
          ...rows,
        ].join("\n"),
        figures: { counted, times },
        verdicts: [
          {
            label: "p95 of the slowest usage page or question, ms",
            value: slowest,
            bar: `< ${BAR_MS}`,
            met: slowest < BAR_MS,
          },
        ],
      };
    } finally {
      await stopAll([portal.process]);
    }
  } finally {
    await db.destroy();
    await postgres.stop();
  }
}

const secret = () => randomBytes(24).toString("hex");
