import { createHash } from "node:crypto";
import type { Certificate, CertificateBook, CertificateSource } from "./certificate.ts";
import { CertificateError } from "./read-certificate.ts";

export interface KeepLoadedOptions {
  readonly book: CertificateBook;
  readonly name: string;
  readonly source: CertificateSource;
  /** Between two looks, ms. */
  readonly pollMs: number;
  /** Called for each look that finds them unusable. */
  readonly onFailed?: () => void;
  readonly log: {
    info(fields: Record<string, unknown>, message: string): void;
    error(fields: Record<string, unknown>, message: string): void;
  };
}

export interface LoadedSource {
  /** Looks now. What cannot be used is logged, and what was loaded before serves on. Never rejects. */
  reload(): Promise<void>;
  stop(): void;
}

/**
 * Loads a source into the book and looks again now and then, so that a renewed certificate is served without a restart.
 * @throws CertificateError when the first load fails: there is nothing to serve yet
 */
export async function keepLoaded(options: KeepLoadedOptions): Promise<LoadedSource> {
  const { book, name, source, log } = options;
  let print = "";
  let lastFault = "";
  let running: Promise<void> | null = null;

  function take(certificates: readonly Certificate[]): void {
    lastFault = "";
    const next = printOf(certificates);
    if (next === print) return;
    print = next;
    book.replace(name, certificates);
    for (const { names, notAfter } of certificates) log.info({ names, notAfter }, "certificate loaded");
  }

  async function look(): Promise<void> {
    try {
      take(await source.load());
    } catch (error) {
      options.onFailed?.();
      const fault = (error as Error).message;
      // The same fault again is no news.
      if (fault === lastFault) return;
      lastFault = fault;
      const reason = error instanceof CertificateError ? error.fault : "unreadable";
      log.error({ err: error, reason }, "certificate not reloaded, the one before serves on");
    }
  }

  take(await source.load());
  const reload = () => {
    running ??= look().finally(() => {
      running = null;
    });
    return running;
  };
  const timer = setInterval(() => void reload(), options.pollMs);
  timer.unref();
  return { reload, stop: () => clearInterval(timer) };
}

function printOf(certificates: readonly Certificate[]): string {
  const hash = createHash("sha256");
  for (const { certPem, keyPem } of certificates)
    hash.update(certPem).update("\0").update(keyPem).update("\0");
  return hash.digest("hex");
}
