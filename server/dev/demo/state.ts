import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Db } from "../../../db/client.ts";
import { hashSecret } from "../../secrets.ts";

/** All that a person or a script needs to act as the demo tenant. Kept in `demo.json` (0600) across starts. */
export const DemoTenant = z.object({
  email: z.string(),
  password: z.string(),
  licenseKey: z.string(),
  deviceId: z.string(),
  slug: z.string(),
  endpointToken: z.string(),
});
export type DemoTenant = z.infer<typeof DemoTenant>;

export const demoPath = (dataDir: string) => join(dataDir, "demo.json");

/**
 * Reads what an earlier start kept, if the database still agrees with it.
 *
 * @returns null when it has to be made: a first start, a fresh database, or a name or key that was given up since
 */
export async function findDemoTenant(dataDir: string, db: Db): Promise<DemoTenant | null> {
  const kept = await readKeptDemo(dataDir);
  if (!kept) return null;
  const row = await db
    .selectFrom("endpoints")
    .innerJoin("licenses", "licenses.tenant_id", "endpoints.tenant_id")
    .innerJoin("member", "member.organizationId", "endpoints.tenant_id")
    .innerJoin("user", "user.id", "member.userId")
    .select("endpoints.id")
    .where("endpoints.slug", "=", kept.slug)
    .where("endpoints.released_at", "is", null)
    .where("endpoints.status", "=", "active")
    .where("licenses.key_hash", "=", hashSecret(kept.licenseKey))
    .where("licenses.status", "=", "active")
    .where("user.email", "=", kept.email)
    .executeTakeFirst();
  return row ? kept : null;
}

/** What an earlier start kept, whether or not it is still true; null when there is nothing that can be read. */
export async function readKeptDemo(dataDir: string): Promise<DemoTenant | null> {
  try {
    const parsed = DemoTenant.safeParse(JSON.parse(await readFile(demoPath(dataDir), "utf8")));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
