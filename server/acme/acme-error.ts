import acme from "acme-client";

/** What a CA refused, in its own words (RFC 8555 section 6.7). */
export class AcmeError extends Error {
  /** Without its prefix: `rateLimited`, `unauthorized`, `dns` ... */
  readonly type: string;
  readonly status: number;
  /** null: it did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(type: string, detail: string, status: number, retryAfterSeconds: number | null) {
    super(detail);
    this.name = "AcmeError";
    this.type = type;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const PREFIX = "urn:ietf:params:acme:error:";
let prepared = false;

/**
 * Makes the library say what the CA said. By itself it waits for as long as `Retry-After` tells, hours perhaps, inside a call,
 * and keeps of an error only its text; here a job waits, and knows the kind.
 */
export function prepareLibrary(): void {
  if (prepared) return;
  prepared = true;
  Object.assign((acme.axios.defaults as { acmeSettings?: object }).acmeSettings ?? {}, {
    retryMaxAttempts: 0,
  });
  acme.axios.defaults.timeout = REQUEST_TIMEOUT_MS;
  acme.axios.interceptors.response.use((response) => {
    const { status, data } = response;
    const type = String(data?.type ?? "");
    // The library itself repeats what was refused for its nonce.
    if (type === `${PREFIX}badNonce`) return response;
    if (status === 429 || status >= 500 || (status >= 400 && type.startsWith(PREFIX))) {
      const kind = type.startsWith(PREFIX)
        ? type.slice(PREFIX.length)
        : status === 429
          ? "rateLimited"
          : "server";
      const detail = String(data?.detail ?? `the CA answered ${status}`);
      throw new AcmeError(kind, detail, status, secondsOf(response.headers["retry-after"]));
    }
    return response;
  });
}

const REQUEST_TIMEOUT_MS = 30_000;

/** `Retry-After` is seconds or a date (RFC 9110 section 10.2.3). */
function secondsOf(value: unknown): number | null {
  if (typeof value !== "string" || value === "") return null;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1_000));
}
