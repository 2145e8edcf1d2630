import { ExitCode, ExitError } from "../exit.ts";

/** The portal answered, but not with what was asked for. */
export class PortalError extends Error {
  readonly status: number;
  /** Stable code of the error body; `http_<status>` when there was none. */
  readonly code: string;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { requestId?: string; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.name = "PortalError";
    this.status = status;
    this.code = code;
    this.requestId = more.requestId ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}

/** The portal did not answer, or something else did. */
export class PortalUnreachableError extends Error {
  override name = "PortalUnreachableError";
}

const suspensions = new Set(["endpoint_suspended", "tenant_suspended", "payment_required"]);
const refusals = new Set([
  "license_inactive",
  "device_limit",
  "invalid_license_key",
  "plan_limit",
  "tcp_not_configured",
  "tcp_needs_connector",
]);

/**
 * Says how a portal error ends the program.
 * @returns null when trying again later may help
 */
export function exitFor(error: PortalError): ExitError | null {
  const message = error.requestId ? `${error.message} (request ${error.requestId})` : error.message;
  if (suspensions.has(error.code) || error.status === 402) return new ExitError(ExitCode.suspended, message);
  if (refusals.has(error.code) || error.status === 401) return new ExitError(ExitCode.refused, message);
  if (error.status === 404 || error.status === 409) return new ExitError(ExitCode.notFound, message);
  if (error.status === 403) return new ExitError(ExitCode.refused, message);
  if (error.status === 429 || error.status === 408 || error.status >= 500) return null;
  return new ExitError(ExitCode.usage, message);
}
