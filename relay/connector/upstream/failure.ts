import { ResetCode } from "../../protocol/codes.ts";

/** Why an exchange failed: the RESET code and a reason without addresses, since it may be shown to the public. */
export interface Failure {
  code: ResetCode;
  reason: string;
}

/** An address that a guard refuses to connect to. */
export class AddressRefusedError extends Error {
  override name = "AddressRefusedError";
}

const connectReasons: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "host name not found for now",
  ETIMEDOUT: "no answer to the connection attempt",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ECONNRESET: "connection reset during set-up",
};

/** A connection that never came about. */
export function connectFailure(error: Error | null): Failure {
  return { code: ResetCode.upstreamUnreachable, reason: describeConnectError(error) };
}

/** What went wrong with a connection attempt, in a few words for people. */
export function describeConnectError(error: Error | null): string {
  if (error instanceof AddressRefusedError) return error.message;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  if (code.startsWith("ERR_TLS") || code.includes("CERT") || code.includes("SIGNED")) {
    return "certificate not accepted";
  }
  return connectReasons[code] ?? "connection failed";
}

export const connectTimedOut: Failure = {
  code: ResetCode.upstreamUnreachable,
  reason: "no answer to the connection attempt",
};
export const headTimedOut: Failure = {
  code: ResetCode.upstreamTimeout,
  reason: "no response head in time",
};
export const closedEarly: Failure = {
  code: ResetCode.upstreamReset,
  reason: "closed before a response head",
};
export const cutShort: Failure = { code: ResetCode.upstreamReset, reason: "closed in mid-response" };

export function badResponse(reason: string): Failure {
  return { code: ResetCode.upstreamBadResponse, reason };
}
