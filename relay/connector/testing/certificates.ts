import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface TestCertificate {
  key: string;
  cert: string;
  /** The authority's certificate, which nobody trusts without being told. */
  caFile: string;
}

/** An authority of its own and one certificate from it, made with openssl. */
export function makeCertificate(dir: string, names: string[]): TestCertificate {
  const path = (name: string) => join(dir, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    ...["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Test authority"],
    ...["-keyout", path("ca.key"), "-out", path("ca.pem")],
  );
  openssl("req", ...newKey, "-subj", `/CN=${names[0]}`, "-keyout", path("key.pem"), "-out", path("request"));
  const alternatives = names.map((name) => `${/^[\d.]+$/.test(name) ? "IP" : "DNS"}:${name}`);
  writeFileSync(path("extensions"), `subjectAltName=${alternatives.join(",")}\n`);
  openssl(
    ...["x509", "-req", "-in", path("request"), "-CA", path("ca.pem"), "-CAkey", path("ca.key")],
    ...["-CAcreateserial", "-days", "2", "-extfile", path("extensions"), "-out", path("cert.pem")],
  );
  const read = (name: string) => readFileSync(path(name), "utf8");
  return { key: read("key.pem"), cert: read("cert.pem"), caFile: path("ca.pem") };
}
