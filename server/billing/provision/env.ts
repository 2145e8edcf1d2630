import { EnvError, readVariables } from "../../env-schema.ts";
import { portalVariables } from "../../env-variables.ts";

/** The few variables of the portal that provisioning needs; it runs without the rest. */
export function readProvisionEnv(source: Readonly<Record<string, string | undefined>>) {
  const { DATABASE_URL, STRIPE_SECRET_KEY, STRIPE_API_BASE, PORTAL_URL, PORT } = portalVariables;
  const values = readVariables(
    { DATABASE_URL, STRIPE_SECRET_KEY, STRIPE_API_BASE, PORTAL_URL, PORT },
    source,
  );
  if (!values.STRIPE_SECRET_KEY) {
    throw new EnvError([`STRIPE_SECRET_KEY is not set; expected ${STRIPE_SECRET_KEY.expected}`]);
  }
  return {
    databaseUrl: values.DATABASE_URL,
    secretKey: values.STRIPE_SECRET_KEY,
    apiBase: values.STRIPE_API_BASE ?? null,
    portalUrl: values.PORTAL_URL ?? `http://localhost:${values.PORT}`,
  };
}
