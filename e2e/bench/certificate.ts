import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Absent } from "./absent.ts";

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A self-signed P-256 certificate for these names, made by openssl, good for a day. */
export async function makeCertificate(dir: string, names: readonly string[]): Promise<CertificateFiles> {
  const [certFile, keyFile] = [join(dir, "cert.pem"), join(dir, "key.pem")];
  const alternatives = names.map((name) => `DNS:${name}`).join(",");
  try {
    await promisify(execFile)("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
      ...["-subj", "/CN=benchmark", "-addext", `subjectAltName=${alternatives}`],
      ...["-keyout", keyFile, "-out", certFile],
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new Absent("openssl is not on this machine");
    throw error;
  }
  return { certFile, keyFile };
}
