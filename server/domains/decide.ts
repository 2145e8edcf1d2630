import type { Selectable } from "kysely";
import type { CustomDomainsTable, DomainState } from "../../db/schema/index.ts";
import type { Sighting } from "./look-up.ts";
import type { WantedRecords } from "./records.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Checks in a row without the proof after which a domain lapses: one slip of a zone must not take a service down. */
export const GRACE_CHECKS = 3;
/** While the proof is missed, the next check comes after this: with the daily one before, grace is two to 26 hours. */
const MISSED_CHECK_MS = HOUR_MS;
/** A zone whose servers have been silent so long is as gone as one without the record. */
const SILENCE_MS = 7 * DAY_MS;
/** A claim that is not proven by then is not looked for any more, until its owner asks. */
const PENDING_MS = 14 * DAY_MS;
/** One that lapsed may come back by itself so long. */
const LAPSED_MS = 30 * DAY_MS;

/** The part of a row that is decided on. */
export type DomainFacts = Pick<
  Selectable<CustomDomainsTable>,
  "host" | "state" | "created_at" | "proven_at" | "held_since" | "failures"
>;

/** How it stands with the certificate of the host. */
export type CertificateStanding =
  /** The operator brings certificates, so none is missing. */
  | { readonly kind: "off" }
  | { readonly kind: "valid" }
  | { readonly kind: "none" }
  /** The last order failed. */
  | { readonly kind: "failed"; readonly error: string };

/** What a check comes to. */
export interface Decision {
  readonly state: DomainState;
  readonly reason: string | null;
  readonly held: boolean;
  readonly failures: number;
  /** The proof was seen now. */
  readonly proven: boolean;
  /** null: not by itself. */
  readonly nextCheckAt: Date | null;
}

export interface CheckOf {
  readonly domain: DomainFacts;
  readonly seen: Sighting;
  readonly wanted: WantedRecords;
  readonly certificate: CertificateStanding;
  /** Another account has proven this host. */
  readonly heldByOther: boolean;
  readonly now: Date;
}

/** The one rule from what DNS and CA say to the state of a domain. */
export function decide(check: CheckOf): Decision {
  const { domain, seen } = check;
  if (seen.proof === true) return check.heldByOther ? heldElsewhere(check) : decideProven(check);
  return domain.held_since === null ? decideUnproven(check) : decideMissed(check);
}

function decideProven(check: CheckOf): Decision {
  const { domain, seen, wanted, certificate, now } = check;
  const base = { held: true, failures: 0, proven: true };
  const daily = after(now, DAY_MS);
  if (seen.route !== true) {
    const { name, value } = wanted.route;
    const waiting = backOff(domain.held_since ?? now, now);
    const reason =
      seen.route === null
        ? `DNS did not answer whether ${name} leads to ${value}.`
        : `${name} ${seen.leadsTo === null ? "leads nowhere yet" : `leads to ${seen.leadsTo}`}: set a CNAME record to ${value}.`;
    // Behind a proxy of its owner's the name may well lead elsewhere, so this takes nothing away that works.
    return { ...base, state: "verified", reason, nextCheckAt: waiting };
  }
  switch (certificate.kind) {
    case "off":
    case "valid":
      return { ...base, state: "active", reason: null, nextCheckAt: daily };
    case "none":
      return { ...base, state: "issuing", reason: "A certificate is being ordered.", nextCheckAt: daily };
    case "failed":
      return {
        ...base,
        state: "failed",
        reason: `No certificate yet: ${certificate.error}`,
        nextCheckAt: daily,
      };
  }
}

function heldElsewhere({ domain, now }: CheckOf): Decision {
  return {
    state: "failed",
    reason: `${domain.host} is proven by another account. Take that account's TXT record away, then check again.`,
    held: false,
    failures: 0,
    proven: false,
    nextCheckAt: isOld(domain.created_at, PENDING_MS, now) ? null : after(now, HOUR_MS),
  };
}

/** It never was proven, or lapsed: nothing is served. */
function decideUnproven({ domain, seen, wanted, now }: CheckOf): Decision {
  const { name } = wanted.proof;
  const base = { held: false, failures: 0, proven: false };
  const missing =
    seen.proof === null
      ? `DNS did not answer for ${name}.`
      : seen.otherProof
        ? `The TXT record ${name} holds another value.`
        : `The TXT record ${name} is not there yet.`;
  if (domain.proven_at !== null) {
    const nextCheckAt = isOld(domain.proven_at, LAPSED_MS, now) ? null : after(now, DAY_MS);
    const reason = `${missing.replace(" is not there yet", " is gone")} The domain is not served.`;
    return { ...base, state: "lapsed", reason, nextCheckAt };
  }
  if (isOld(domain.created_at, PENDING_MS, now)) {
    const reason = `${missing} It was not proven in 14 days; check again when it is set.`;
    return { ...base, state: "failed", reason, nextCheckAt: null };
  }
  return { ...base, state: "pending", reason: missing, nextCheckAt: backOff(domain.created_at, now) };
}

/** It is served, and the proof was not seen this time. */
function decideMissed({ domain, seen, wanted, now }: CheckOf): Decision {
  const { name } = wanted.proof;
  const silentTooLong = isOld(domain.proven_at ?? domain.created_at, SILENCE_MS, now);
  const failures = seen.proof === null ? domain.failures : domain.failures + 1;
  if (failures >= GRACE_CHECKS || (seen.proof === null && silentTooLong)) {
    const reason = `The TXT record ${name} is gone. The domain is not served.`;
    return {
      state: "lapsed",
      reason,
      held: false,
      failures: 0,
      proven: false,
      nextCheckAt: after(now, HOUR_MS),
    };
  }
  const reason =
    seen.proof === null
      ? `DNS did not answer for ${name}; it is asked again within the hour.`
      : `The TXT record ${name} is missing (${failures} of ${GRACE_CHECKS} checks): the domain stops being served unless it comes back.`;
  const nextCheckAt = after(now, MISSED_CHECK_MS);
  return { state: domain.state, reason, held: true, failures, proven: false, nextCheckAt };
}

/** A minute at first, a tenth of the time that was waited already, an hour at most. */
function backOff(since: Date, now: Date): Date {
  const waited = now.getTime() - since.getTime();
  return after(now, Math.min(HOUR_MS, Math.max(MINUTE_MS, waited / 10)));
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

function isOld(since: Date, ms: number, now: Date): boolean {
  return now.getTime() - since.getTime() > ms;
}
