import { LINK_LOST, ResetCode } from "../protocol/codes.ts";

/** An answer of our own: its status, the sentence for people, and when it is worth trying again. */
export interface EdgeError {
  status: number;
  message: string;
  retryAfterSeconds?: number;
}

/** Every answer of our own on a tenant host. `design.md` has the table that outsiders rely on. */
export const edgeErrors = {
  bad_request: { status: 400, message: "The request is not valid HTTP/1.1." },
  invalid_host: { status: 400, message: "The Host of the request is not one clear host name." },
  invalid_access_key: {
    status: 401,
    message: "A valid access key is needed: send it as 'Authorization: Bearer hs_key_…'.",
  },
  payment_required: {
    status: 402,
    message: "This endpoint is paused because its account has an unpaid invoice.",
  },
  endpoint_suspended: { status: 403, message: "This endpoint is suspended." },
  endpoint_not_found: { status: 404, message: "There is no endpoint at this address." },
  method_not_allowed: { status: 405, message: "This method is not offered here." },
  request_timeout: { status: 408, message: "The request did not arrive in time." },
  body_too_large: { status: 413, message: "The request body is larger than the endpoint's plan allows." },
  target_too_long: { status: 414, message: "The request target is longer than the endpoint's plan allows." },
  expectation_failed: { status: 417, message: "Only 'Expect: 100-continue' is understood." },
  rate_limited: { status: 429, message: "Too many requests from this address. Try again later." },
  too_many_requests: { status: 429, message: "The endpoint serves as many requests as its plan allows." },
  budget_exceeded: { status: 429, message: "The budget for this endpoint or access key is used up." },
  quota_exceeded: { status: 429, message: "The account of this endpoint has used what its plan includes." },
  misdirected_request: {
    status: 421,
    message: "The certificate of this connection is not for this host. Ask again on a new connection.",
  },
  head_too_large: {
    status: 431,
    message: "The head of the request is larger than the endpoint's plan allows.",
  },
  internal: { status: 500, message: "The relay failed to handle the request." },
  connector_offline: {
    status: 502,
    message: "No connector is online for this endpoint. Start it on the machine that serves it.",
  },
  link_lost: { status: 502, message: "The connector went away while it served the request." },
  upstream_unreachable: { status: 502, message: "The connector could not reach the upstream." },
  upstream_reset: { status: 502, message: "The upstream closed the connection in mid-exchange." },
  upstream_bad_response: { status: 502, message: "The upstream's response is not valid HTTP/1.1." },
  unavailable: { status: 503, message: "The relay cannot look this endpoint up at the moment." },
  upstream_waking: {
    status: 503,
    message: "The upstream is still starting. Try again in a moment.",
    retryAfterSeconds: 10,
  },
  upstream_timeout: { status: 504, message: "The upstream did not start its response in time." },
  loop_detected: {
    status: 508,
    message: "The request has passed here several times: the upstream leads back to this address.",
  },
  version_not_supported: { status: 505, message: "HTTP/1.1 and HTTP/1.0 are spoken here." },
} as const satisfies Record<string, EdgeError>;
export type EdgeErrorCode = keyof typeof edgeErrors;

const faultCodes: Record<number, EdgeErrorCode> = {
  400: "bad_request",
  405: "method_not_allowed",
  414: "target_too_long",
  417: "expectation_failed",
  431: "head_too_large",
  505: "version_not_supported",
};

/** The code for a head that the parser refused. @param status of `faultStatus` */
export function faultCode(status: number): EdgeErrorCode {
  return faultCodes[status] ?? "bad_request";
}

const resetCodes: Record<number, EdgeErrorCode> = {
  [ResetCode.upstreamUnreachable]: "upstream_unreachable",
  [ResetCode.upstreamTimeout]: "upstream_timeout",
  [ResetCode.upstreamReset]: "upstream_reset",
  [ResetCode.upstreamBadResponse]: "upstream_bad_response",
  [ResetCode.refused]: "connector_offline",
  [ResetCode.tooLarge]: "upstream_bad_response",
  [ResetCode.waking]: "upstream_waking",
  [LINK_LOST]: "link_lost",
};

/** What a RESET from the connector means to the client, when nothing was sent to it yet. */
export function resetErrorCode(code: number): EdgeErrorCode {
  return resetCodes[code] ?? "upstream_reset";
}
