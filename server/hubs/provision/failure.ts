import { CloudflareError, codes } from "../../cloudflare/index.ts";
import type { HubSettings } from "../deps.ts";

/** A step could not be done, for a reason that people and programs are told. */
export class HubFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "HubFailure";
    this.code = code;
  }
}

export interface Failure {
  readonly code: string;
  /** For the hub's owner: no secret, no id of ours. */
  readonly message: string;
  /** Cloudflare said to wait so long. */
  readonly waitMs: number | null;
}

/** Failures that waiting alone does not cure: somebody has to do something. They are still tried again, slowly. */
const permanent = new Set(["hostname_foreign", "cloudflare_permission", "r2_off", "cloudflare_limit"]);

export function isPermanent(code: string | null): boolean {
  return code !== null && permanent.has(code);
}

/** What a step failed with, in words. */
export function failureOf(error: unknown): Failure {
  if (error instanceof HubFailure) return { code: error.code, message: error.message, waitMs: null };
  if (error instanceof CloudflareError) return failureOfCloudflare(error);
  return { code: "internal", message: "Something went wrong on our side", waitMs: null };
}

function failureOfCloudflare(error: CloudflareError): Failure {
  const { status } = error;
  if (status === 429) {
    const seconds = error.retryAfterSeconds ?? 60;
    return {
      code: "cloudflare_busy",
      message: `Cloudflare asks for a pause of ${seconds} s`,
      waitMs: seconds * 1_000,
    };
  }
  if (status === 0) return { code: "cloudflare_silent", message: "Cloudflare does not answer", waitMs: null };
  if (status >= 500) {
    return {
      code: "cloudflare_failing",
      message: `Cloudflare has trouble of its own (${status})`,
      waitMs: null,
    };
  }
  if (error.has(codes.r2NotEnabled)) {
    const message = "R2 is not switched on in the Cloudflare account of whoever runs this installation";
    return { code: "r2_off", message, waitMs: null };
  }
  if (status === 401 || status === 403) {
    const message = `the Cloudflare token of whoever runs this installation may not do this (${error.operation})`;
    return { code: "cloudflare_permission", message, waitMs: null };
  }
  // Limits of accounts and zones have many codes; all of them say so.
  if (error.has(codes.recordQuota) || /\b(quota|limit|maximum)\b/i.test(error.message)) {
    const message = `a limit of the Cloudflare account is reached (${error.operation}): whoever runs this installation has to act`;
    return { code: "cloudflare_limit", message, waitMs: null };
  }
  return { code: "cloudflare_refused", message: error.message, waitMs: null };
}

const GROWTH_LIMIT = 150;
const PERMANENT_AT_LEAST = 15;

/** @param failures in a row before this one */
export function pauseMsOf(failure: Failure, failures: number, { firstPauseMs }: HubSettings): number {
  const growth = Math.min(GROWTH_LIMIT, 2 ** Math.min(failures, 10));
  const factor = isPermanent(failure.code) ? Math.max(PERMANENT_AT_LEAST, growth) : growth;
  // Spread, so that hubs that failed together do not come back together.
  const pause = firstPauseMs * factor * (0.75 + Math.random() / 2);
  return Math.max(pause, failure.waitMs ?? 0);
}
