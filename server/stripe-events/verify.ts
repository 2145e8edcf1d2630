import { Stripe } from "stripe";
import { DomainError } from "../errors.ts";
import { SnapshotEvent, ThinEvent } from "./schemas.ts";

/** `snapshot`: events with their object; `thin`: notifications of meter errors. Each has its own route and secret. */
export type WebhookRoute = "snapshot" | "thin";

export const refusals = {
  signature: "the signature is not ours: check the signing secret of this endpoint",
  too_old: "the signature is older than five minutes",
  in_the_future: "the signature is from the future: a clock is wrong",
  wrong_route: "this kind of event belongs to the other route",
  wrong_mode: "the event is of the other mode (live or test) than our key",
  other_account: "the event is of another account",
  malformed: "this is not an event",
} as const;
export type RefusalReason = keyof typeof refusals;

/** Nothing was stored: who sent it is not Stripe, or Stripe is set up wrongly. */
export class WebhookRefusedError extends DomainError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, cause?: unknown) {
    super("invalid", `webhook_${reason}`, refusals[reason], {}, { cause });
    this.name = "WebhookRefusedError";
    this.reason = reason;
  }
}

export interface VerifyOptions {
  readonly stripe: Stripe;
  readonly secret: string;
  /** Whether our key is one of live mode. */
  readonly livemode: boolean;
  readonly now: Date;
}

/** Seconds that a signature may be old, or ahead of us. */
const TOLERANCE_SECONDS = 300;

/** @throws WebhookRefusedError */
export async function verifySnapshot(
  raw: Buffer,
  signature: string | undefined,
  options: VerifyOptions,
): Promise<SnapshotEvent> {
  const { stripe, secret, now, livemode } = options;
  const given = await checked(raw, signature, options, () =>
    stripe.webhooks.constructEventAsync(raw, signature!, secret, TOLERANCE_SECONDS, undefined, now.getTime()),
  );
  const event = SnapshotEvent.safeParse(given);
  if (!event.success) throw new WebhookRefusedError("malformed", event.error);
  if (event.data.account) throw new WebhookRefusedError("other_account");
  if (event.data.livemode !== livemode) throw new WebhookRefusedError("wrong_mode");
  return event.data;
}

/** @throws WebhookRefusedError */
export async function verifyThin(
  raw: Buffer,
  signature: string | undefined,
  options: VerifyOptions,
): Promise<ThinEvent> {
  const { stripe, secret, now, livemode } = options;
  await checked(raw, signature, options, () =>
    stripe.parseEventNotificationAsync(raw, signature!, secret, TOLERANCE_SECONDS, undefined, now.getTime()),
  );
  // The library's object has functions of its own; what was signed is the text.
  const event = ThinEvent.safeParse(JSON.parse(raw.toString("utf8")));
  if (!event.success) throw new WebhookRefusedError("malformed", event.error);
  if (event.data.context) throw new WebhookRefusedError("other_account");
  if (event.data.livemode !== livemode) throw new WebhookRefusedError("wrong_mode");
  return event.data;
}

/** Signature and time, then kind: what is not signed by Stripe is not told what was wrong with it. */
async function checked<T>(
  raw: Buffer,
  signature: string | undefined,
  { now }: VerifyOptions,
  read: () => Promise<T>,
): Promise<T> {
  const times = (signature ?? "").split(",").filter((part) => part.startsWith("t="));
  // The library takes the last of several times, and one that is no number as ever fresh.
  if (times.length !== 1 || !/^t=\d{1,12}$/.test(times[0]!)) throw new WebhookRefusedError("signature");
  let event: T;
  try {
    event = await read();
  } catch (error) {
    throw refusalOf(error, raw);
  }
  const ahead = Number(times[0]!.slice(2)) - now.getTime() / 1_000;
  if (ahead > TOLERANCE_SECONDS) throw new WebhookRefusedError("in_the_future");
  return event;
}

/** The library throws after the signature was found good only for a body that is no JSON, or of the other kind. */
function refusalOf(error: unknown, raw: Buffer): WebhookRefusedError {
  if (error instanceof Stripe.errors.StripeSignatureVerificationError) {
    const tooOld = error.message.startsWith("Timestamp outside");
    // Its fields hold header and body: the message is enough for our log.
    return new WebhookRefusedError(tooOld ? "too_old" : "signature");
  }
  return new WebhookRefusedError(isEvent(raw) ? "wrong_route" : "malformed", error);
}

function isEvent(raw: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(raw.toString("utf8"));
    return SnapshotEvent.safeParse(parsed).success || ThinEvent.safeParse(parsed).success;
  } catch {
    // Not even JSON: that is the answer.
    return false;
  }
}
