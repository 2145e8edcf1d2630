import * as x509 from "@peculiar/x509";

const DAY_MS = 86_400_000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A certificate authority of its own. */
export interface Authority {
  readonly rootPem: string;
  /** What a request asks for. @throws when it is not signed by its own key */
  readCsr(der: Buffer): Promise<{ names: string[]; key: x509.PublicKey }>;
  /** A chain of one leaf under the root. PEM. */
  issue(csr: { names: string[]; key: x509.PublicKey }, notBefore: Date, days: number): Promise<string>;
}

export async function createAuthority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=ACME Stand-in Root",
    keys,
    serialNumber: "01",
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 3_650 * DAY_MS),
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  return {
    rootPem: root.toString("pem"),
    async readCsr(der) {
      const request = new x509.Pkcs10CertificateRequest(new Uint8Array(der));
      if (!(await request.verify())) throw new Error("the request is not signed by its key");
      const names = request.extensions.find((each) => each instanceof x509.SubjectAlternativeNameExtension);
      return {
        names: (names?.names.items ?? []).map(({ value }) => value.toLowerCase()),
        key: request.publicKey,
      };
    },
    async issue({ names, key }, notBefore, days) {
      const leaf = await x509.X509CertificateGenerator.create({
        subject: "",
        issuer: root.subject,
        publicKey: key,
        signingKey: keys.privateKey,
        serialNumber: (++serial).toString(16).padStart(4, "0"),
        notBefore,
        notAfter: new Date(notBefore.getTime() + days * DAY_MS),
        signingAlgorithm: algorithm,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
        ],
      });
      return `${leaf.toString("pem")}\n${root.toString("pem")}\n`;
    },
  };
}
