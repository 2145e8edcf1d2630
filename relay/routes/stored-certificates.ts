import type { CertificateBook, CertificateSource } from "../tls/certificate.ts";

/** The name under which they are in the book. */
const SOURCE = "database";

export interface StoredCertificatesOptions {
  readonly book: Pick<CertificateBook, "replace">;
  /** `loadCertificates` of server/certificates. */
  readonly source: CertificateSource;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** The certificates that the portal ordered, kept in the book as they change. */
export class StoredCertificates {
  private readonly options: StoredCertificatesOptions;
  private running: Promise<void> | null = null;
  private again = false;
  private print = "";

  constructor(options: StoredCertificatesOptions) {
    this.options = options;
  }

  /** Loads them anew. While Postgres is away, those that were loaded serve on; its return is a reason to ask again. Never rejects. */
  reload(): Promise<void> {
    // A notice during a look may tell of what that look did not see.
    this.again = this.running !== null;
    this.running ??= this.look();
    return this.running;
  }

  private async look(): Promise<void> {
    const { book, source, log } = this.options;
    do {
      this.again = false;
      try {
        const certificates = await source.load();
        // Replacing tells every listener, so what did not change is left as it is.
        const print = certificates.map(({ certPem }) => certPem).join();
        if (print === this.print) continue;
        this.print = print;
        book.replace(SOURCE, certificates);
        log.info({ count: certificates.length }, "certificates of the database loaded");
      } catch (error) {
        log.warn({ err: error }, "certificates of the database not loaded, those before serve on");
      }
    } while (this.again);
    this.running = null;
  }
}
