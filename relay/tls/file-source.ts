import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Certificate, CertificateSource } from "./certificate.ts";
import { CertificateError, readCertificate } from "./read-certificate.ts";

/** Where an operator put certificates. */
export interface CertificateFiles {
  /** PEM text, or the path of a file. */
  readonly cert: string | null;
  readonly key: string | null;
  /** A folder of `<name>.crt` or `.pem` beside `<name>.key`. */
  readonly dir: string | null;
}

/** Certificates from the environment, and from the files that it names; read anew by each `load`. */
export function environmentSource(files: CertificateFiles): CertificateSource {
  return {
    async load() {
      const found: Certificate[] = [];
      if (files.cert !== null && files.key !== null) {
        const [cert, key] = await Promise.all([textOf(files.cert), textOf(files.key)]);
        found.push(readCertificate(cert, key, "RELAY_TLS_CERT"));
      }
      if (files.dir !== null) found.push(...(await loadFolder(files.dir)));
      return found;
    },
  };
}

async function loadFolder(dir: string): Promise<Certificate[]> {
  const names = await readdir(dir).catch((cause: unknown) => {
    throw new CertificateError("unreadable", `the folder ${dir} cannot be read`, { cause });
  });
  const pairs = names
    .filter((name) => /\.(crt|pem)$/.test(name))
    .sort()
    .map((name) => ({ cert: join(dir, name), key: join(dir, name.replace(/\.(crt|pem)$/, ".key")) }));
  return Promise.all(
    pairs.map(async (pair) => {
      const [cert, key] = await Promise.all([textOf(pair.cert), textOf(pair.key)]);
      return readCertificate(cert, key, pair.cert);
    }),
  );
}

async function textOf(pemOrPath: string): Promise<string> {
  if (pemOrPath.includes("-----BEGIN")) return pemOrPath;
  return readFile(pemOrPath, "utf8").catch((cause: unknown) => {
    throw new CertificateError("unreadable", `the file ${pemOrPath} cannot be read`, { cause });
  });
}
