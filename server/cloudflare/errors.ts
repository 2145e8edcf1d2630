/** What Cloudflare said no with, or that it said nothing. Holds no secret: neither its token nor a body goes in. */
export class CloudflareError extends Error {
  /** Of HTTP; 0: no answer came. */
  readonly status: number;
  /** Cloudflare's own. */
  readonly codes: readonly number[];
  /** What was asked, e.g. `tunnels.create`. */
  readonly operation: string;
  /** When it said how long to wait. */
  readonly retryAfterSeconds: number | null;

  constructor(
    operation: string,
    status: number,
    errors: readonly { code: number; message: string }[],
    options: { retryAfterSeconds?: number | null; cause?: unknown } = {},
  ) {
    const told = errors.map(({ code, message }) => `${message} (${code})`).join("; ");
    const what = status === 0 ? "Cloudflare did not answer" : `Cloudflare answered ${status}`;
    super(`${what} to ${operation}${told ? `: ${told}` : ""}`, { cause: options.cause });
    this.name = "CloudflareError";
    this.status = status;
    this.codes = errors.map(({ code }) => code);
    this.operation = operation;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }

  has(...codes: readonly number[]): boolean {
    return this.codes.some((code) => codes.includes(code));
  }
}

/**
 * Codes that mean something to us.
 * @see https://developers.cloudflare.com/r2/api/error-codes/
 */
export const codes = {
  tunnelNameTaken: 1_013,
  tunnelHasConnections: 1_022,
  /** A, AAAA or CNAME of that host; CNAME of that host; a record like it; the same record. */
  recordExists: [81_053, 81_054, 81_057, 81_058],
  recordIdentical: [81_057, 81_058],
  recordNotFound: 81_044,
  /** Records of the zone's plan are used up. */
  recordQuota: 81_045,
  bucketExists: 10_073,
  bucketNotFound: 10_006,
  bucketNotEmpty: 10_008,
  r2NotEnabled: 10_042,
} as const;

export function isCloudflareError(error: unknown, ...any: readonly number[]): error is CloudflareError {
  return error instanceof CloudflareError && (any.length === 0 || error.has(...any));
}

/** What was to be removed is gone already. */
export function isGone(error: unknown): boolean {
  return error instanceof CloudflareError && error.status === 404;
}
