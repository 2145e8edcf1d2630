/** What became of the TLS handshakes of this relay. */
export class TlsStats {
  /** That led to a connection. */
  handshakes = 0;
  /** Of those, with a ticket of an earlier one. */
  resumed = 0;
  /** Certificates that were to be loaded and could not be used. */
  reloadFailures = 0;
  /** By reason. */
  readonly failures = new Map<TlsFailure, number>();

  failed(reason: TlsFailure): void {
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }
}

export type TlsFailure =
  /** We have no certificate for the name that was asked for, or none was named. */
  | "unknown_name"
  | "no_name"
  | "timeout"
  /** TLS 1.1 and older. */
  | "version"
  /** Its address starts too many. */
  | "flood"
  /** Not TLS. */
  | "plain_text"
  /** The client left before the end. */
  | "aborted"
  | "other";

/** The reason for an error of the TLS library. */
export function failureOf(error: unknown): TlsFailure {
  const { code, message } = error as { code?: string; message?: string };
  if (message === UNKNOWN_NAME) return "unknown_name";
  switch (code) {
    case "ERR_SSL_NO_CERTIFICATE_SET":
      return "no_name";
    case "ERR_TLS_HANDSHAKE_TIMEOUT":
      return "timeout";
    case "ERR_SSL_UNSUPPORTED_PROTOCOL":
    case "ERR_SSL_NO_SUPPORTED_VERSIONS_ENABLED":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION":
      return "version";
    case "ERR_SSL_HTTP_REQUEST":
    case "ERR_SSL_HTTPS_PROXY_REQUEST":
      return "plain_text";
    case "ECONNRESET":
      return "aborted";
    default:
      return "other";
  }
}

/** Message of the error that refuses a handshake for a name without a certificate. */
export const UNKNOWN_NAME = "unrecognized_name";
