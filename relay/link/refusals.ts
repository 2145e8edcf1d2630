import type { ConnectorRefusal } from "../../server/connectors/index.ts";
import { GoawayCode } from "../protocol/codes.ts";
import type { Refusal } from "./handshake.ts";

interface Meaning {
  readonly refusal: Refusal;
  /** What a live link is told when its token turns bad. */
  readonly goaway: GoawayCode;
  /** Looks like guessing: slowed down and then refused. */
  readonly suspicious: boolean;
}

const wrongToken = (reason: string, message: string, suspicious: boolean): Meaning => ({
  refusal: { status: 401, code: `connector_token_${reason}`, message },
  goaway: GoawayCode.unauthorized,
  suspicious,
});

/** What each verdict on a connector token means on the wire. */
export const meanings = {
  malformed: wrongToken("malformed", "This is not a connector token.", true),
  signature: wrongToken("invalid", "This connector token was not issued by this installation.", true),
  audience: wrongToken("audience", "This token was issued for something else.", true),
  unknown: wrongToken("unknown", "This connector token is not known here. Ask for a new one.", true),
  expired: wrongToken("expired", "This connector token has expired. Ask for a new one.", false),
  revoked: {
    refusal: {
      status: 401,
      code: "connector_token_revoked",
      message: "This connector token was revoked. Ask for a new one.",
    },
    goaway: GoawayCode.revoked,
    suspicious: false,
  },
  license: {
    refusal: {
      status: 403,
      code: "license_inactive",
      message: "The license of this endpoint is not active, or this device was released from it.",
    },
    goaway: GoawayCode.revoked,
    suspicious: false,
  },
  suspended: {
    refusal: { status: 403, code: "suspended", message: "This endpoint or its account is suspended." },
    goaway: GoawayCode.suspended,
    suspicious: false,
  },
} as const satisfies Record<ConnectorRefusal, Meaning>;

export const draining: Refusal = {
  status: 503,
  code: "relay_draining",
  message: "This relay is stopping. Connect again.",
  retryAfterSeconds: 1,
};

export const unavailable: Refusal = {
  status: 503,
  code: "relay_unavailable",
  message: "Connector tokens cannot be checked at the moment. Try again.",
  retryAfterSeconds: 2,
};

export const tooManyConnectors = (limit: number): Refusal => ({
  status: 409,
  code: "too_many_connectors",
  message: `The plan allows ${limit} connectors at a time for this endpoint. Stop one, or change the plan.`,
});

export const tooManyAttempts = (waitMs: number): Refusal => ({
  status: 429,
  code: "too_many_attempts",
  message: "Too many wrong connector tokens. Wait before trying again.",
  retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
});
