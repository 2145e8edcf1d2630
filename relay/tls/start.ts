import { CertificateBook } from "./certificate.ts";
import { type CertificateFiles, environmentSource } from "./file-source.ts";
import { type KeepLoadedOptions, keepLoaded } from "./keep-loaded.ts";
import { TlsStats } from "./tls-stats.ts";

/** Files are looked at this often, ms: a renewal is days ahead of the end. */
const POLL_MS = 10_000;

export interface Tls {
  readonly book: CertificateBook;
  readonly stats: TlsStats;
  readonly handshakesPerSecond: number;
  stop(): void;
}

/**
 * The certificates of this relay: those of its environment, loaded anew when their files change and on SIGHUP.
 * @throws CertificateError when the environment names some that cannot be used
 */
export async function startTls(
  settings: CertificateFiles & { readonly handshakesPerSecond: number },
  log: KeepLoadedOptions["log"],
): Promise<Tls> {
  const book = new CertificateBook();
  const stats = new TlsStats();
  const onFailed = () => {
    stats.reloadFailures++;
  };
  const source = environmentSource(settings);
  const loaded = await keepLoaded({ book, name: "environment", source, pollMs: POLL_MS, onFailed, log });
  const onHangUp = () => void loaded.reload();
  process.on("SIGHUP", onHangUp);
  return {
    book,
    stats,
    handshakesPerSecond: settings.handshakesPerSecond,
    stop() {
      process.off("SIGHUP", onHangUp);
      loaded.stop();
    },
  };
}
