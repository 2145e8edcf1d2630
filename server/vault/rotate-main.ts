import { createDb } from "../../db/client.ts";
import { EnvError, readVariables } from "../env-schema.ts";
import { portalVariables } from "../env-variables.ts";
import { createLocalKeyService } from "./key-service.ts";
import { rotateVault } from "./rotate.ts";

/** `npm run vault:rotate [tenant]`: new keys for every tenant that has one, or for one; the portals seal the records anew. */
async function main([tenantId]: string[]): Promise<void> {
  const { DATABASE_URL, SEALING_KEYS } = portalVariables;
  const values = readVariables({ DATABASE_URL, SEALING_KEYS }, process.env);
  if (!values.SEALING_KEYS)
    throw new EnvError([`SEALING_KEYS is not set; expected ${SEALING_KEYS.expected}`]);
  const db = createDb(values.DATABASE_URL, { max: 1, applicationName: "hotspot-vault-rotate" });
  try {
    const rotated = await rotateVault(db, createLocalKeyService(values.SEALING_KEYS), tenantId);
    console.log(
      `${rotated} tenant ${rotated === 1 ? "key" : "keys"} replaced; portals seal what they sealed anew`,
    );
  } finally {
    await db.destroy();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
