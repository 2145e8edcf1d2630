/** RESET codes: why one stream ended early. The table with meanings is in README.md. */
export const ResetCode = {
  cancel: 0,
  upstreamUnreachable: 1,
  upstreamTimeout: 2,
  upstreamReset: 3,
  upstreamBadResponse: 4,
  refused: 5,
  flowControl: 6,
  internal: 7,
  tooLarge: 8,
  waking: 9,
} as const;
export type ResetCode = (typeof ResetCode)[keyof typeof ResetCode];

/** Local code, never on the wire: what `onReset` is told when the link itself went away. */
export const LINK_LOST = 0xffff;

/** GOAWAY codes: why a link ends, and by that what the connector should do next (README.md). */
export const GoawayCode = {
  drain: 0,
  protocolError: 1,
  flowControl: 2,
  frameTooLarge: 3,
  unauthorized: 4,
  revoked: 5,
  suspended: 6,
  tooManyLinks: 7,
  version: 8,
  idle: 9,
  internal: 10,
} as const;
export type GoawayCode = (typeof GoawayCode)[keyof typeof GoawayCode];

const goawayNames = new Map<number, string>(Object.entries(GoawayCode).map(([name, code]) => [code, name]));

/** The name of a GOAWAY code for logs; `unknown` for a number this version does not have. */
export function goawayName(code: number): string {
  return goawayNames.get(code) ?? "unknown";
}

/** WebSocket close codes we use, RFC 6455 section 7.4.1. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  policyViolation: 1008,
  messageTooBig: 1009,
  internalError: 1011,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

const closeCodes: Record<GoawayCode, CloseCode> = {
  [GoawayCode.drain]: CloseCode.goingAway,
  [GoawayCode.protocolError]: CloseCode.protocolError,
  [GoawayCode.flowControl]: CloseCode.protocolError,
  [GoawayCode.frameTooLarge]: CloseCode.messageTooBig,
  [GoawayCode.unauthorized]: CloseCode.policyViolation,
  [GoawayCode.revoked]: CloseCode.policyViolation,
  [GoawayCode.suspended]: CloseCode.policyViolation,
  [GoawayCode.tooManyLinks]: CloseCode.policyViolation,
  [GoawayCode.version]: CloseCode.policyViolation,
  [GoawayCode.idle]: CloseCode.goingAway,
  [GoawayCode.internal]: CloseCode.internalError,
};

/** The WebSocket close code that goes with a GOAWAY code. */
export function closeCodeOf(code: GoawayCode): CloseCode {
  return closeCodes[code];
}

/** A peer broke the protocol. `code` is the GOAWAY it is sent before the link is closed. */
export class ProtocolError extends Error {
  readonly code: GoawayCode;

  constructor(code: GoawayCode, message: string) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
  }
}
