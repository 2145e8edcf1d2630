import { GoawayCode } from "../../protocol/codes.ts";
import { ExitCode, ExitError } from "../exit.ts";

/** How one attempt at a link ended. */
export type LinkEnd =
  /** No link came about; `status` is what the relay answered to the upgrade, null when nothing answered. */
  | { kind: "notOpened"; status: number | null; reason: string }
  /** It was up and is gone without a word. */
  | { kind: "lost"; reason: string }
  /** The relay said that it ends. */
  | { kind: "goaway"; code: number; reason: string }
  /** Its token is about to expire. */
  | { kind: "renew" };

/** What to do about it. `report` is a sentence for the user, null when it is everyday business. */
export type NextStep =
  | { kind: "now"; report: string | null }
  | { kind: "backOff"; minDelayMs: number; newToken: boolean; report: string | null }
  /** Do without this link: others are enough. */
  | { kind: "drop"; report: string }
  | { kind: "exit"; error: ExitError };

const BUSY_DELAY_MS = 2_000;

/** The rules of relay/protocol/README.md for refusals and GOAWAY codes. @param others whether another link is up */
export function nextStep(end: LinkEnd, others: boolean): NextStep {
  if (end.kind === "renew") return { kind: "now", report: null };
  if (end.kind === "lost") return backOff(`link lost: ${end.reason}`);
  return end.kind === "goaway" ? afterGoaway(end.code, end.reason, others) : afterRefusal(end, others);
}

function afterGoaway(code: number, reason: string, others: boolean): NextStep {
  switch (code) {
    case GoawayCode.drain:
      return { kind: "now", report: null };
    case GoawayCode.idle:
      return backOff("the relay has heard nothing from this link");
    case GoawayCode.unauthorized:
      return backOff(`the relay does not accept the token: ${reason}`, { newToken: true });
    case GoawayCode.revoked:
      return exit(ExitCode.suspended, `This connector has been revoked: ${reason || "see the portal"}.`);
    case GoawayCode.suspended:
      return exit(ExitCode.suspended, `The endpoint is suspended: ${reason || "see the portal"}.`);
    case GoawayCode.tooManyLinks:
      return tooMany(others, reason);
    case GoawayCode.version:
      return exit(ExitCode.unexpected, `This connector is too old for the relay (${reason}). Update it.`);
    default:
      return backOff(`the relay ended the link with code ${code}: ${reason}`);
  }
}

function afterRefusal(end: { status: number | null; reason: string }, others: boolean): NextStep {
  switch (end.status) {
    case null:
      return backOff(`the relay does not answer: ${end.reason}`);
    case 401:
    case 402:
    case 403:
      // The portal knows the reason and gives it instead of a token, if it is more than an old token.
      return backOff(`the relay refuses the token (${end.status})`, { newToken: true });
    case 409:
      return tooMany(others, "the plan's connectors are all in use");
    case 426:
      return exit(
        ExitCode.unexpected,
        "This connector and the relay do not speak the same protocol. Update it.",
      );
    case 429:
      return backOff("the relay asks to wait (429)", { minDelayMs: BUSY_DELAY_MS });
    case 503:
      // It drains: its successor may be there in a moment.
      return backOff("the relay asks to wait (503)");
    default:
      return backOff(`the relay answered ${end.status}`, { minDelayMs: BUSY_DELAY_MS });
  }
}

function tooMany(others: boolean, reason: string): NextStep {
  if (others) return { kind: "drop", report: `running with fewer links: ${reason}` };
  return backOff(`too many connectors: ${reason}`, { minDelayMs: BUSY_DELAY_MS });
}

function backOff(report: string, more: { minDelayMs?: number; newToken?: boolean } = {}): NextStep {
  return { kind: "backOff", minDelayMs: more.minDelayMs ?? 0, newToken: more.newToken ?? false, report };
}

function exit(code: ExitCode, message: string): NextStep {
  return { kind: "exit", error: new ExitError(code, message) };
}
