/** A certificate with its key, PEM. */
export interface Certificate {
  /** Lower case; may be `*.example.com`. */
  readonly names: readonly string[];
  /** The leaf first, then what leads to its root. */
  readonly certPem: string;
  readonly keyPem: string;
  readonly notAfter: Date;
}

/** Where certificates come from; files, or the database. */
export interface CertificateSource {
  /** @throws CertificateError when any of them cannot be used */
  load(): Promise<readonly Certificate[]>;
}

/** All certificates of this relay, by the names they are for. */
export class CertificateBook {
  private readonly sources = new Map<string, readonly Certificate[]>();
  private readonly listeners: (() => void)[] = [];
  private exact = new Map<string, Certificate>();
  /** By what follows the `*.`. */
  private wildcards = new Map<string, Certificate>();

  /** Puts what a source has now in the place of what it had. Connections that are open keep their certificate. */
  replace(sourceName: string, certificates: readonly Certificate[]): void {
    this.sources.set(sourceName, certificates);
    this.exact = new Map();
    this.wildcards = new Map();
    for (const certificate of this.all()) {
      for (const name of certificate.names) {
        const table = name.startsWith("*.") ? this.wildcards : this.exact;
        const key = name.startsWith("*.") ? name.slice(2) : name;
        const before = table.get(key);
        // Two for one name: the one that is good for longer.
        if (before === undefined || before.notAfter < certificate.notAfter) table.set(key, certificate);
      }
    }
    for (const listener of this.listeners) listener();
  }

  /** The certificate for a host name: one that names it, else a wildcard one label up (RFC 9525 section 6.3); null: none. */
  select(serverName: string): Certificate | null {
    const name = plainName(serverName);
    const dot = name.indexOf(".");
    return this.exact.get(name) ?? (dot > 0 ? (this.wildcards.get(name.slice(dot + 1)) ?? null) : null);
  }

  /** Called after each `replace`. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Each certificate once, in the order of their sources. */
  all(): Certificate[] {
    return [...new Set([...this.sources.values()].flat())];
  }
}

/** Is a host name among the names of a certificate? */
export function covers(certificate: Certificate, hostName: string): boolean {
  const name = plainName(hostName);
  const dot = name.indexOf(".");
  const wildcard = dot > 0 ? `*${name.slice(dot)}` : null;
  return certificate.names.some((known) => known === name || known === wildcard);
}

function plainName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}
