import { StripeError } from "./errors.ts";

const KEPT_SECONDS = 24 * 3600;

export interface KeptAnswer {
  /** Method, path and body of the first call. */
  readonly call: string;
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
  readonly at: number;
}

/**
 * Answers by idempotency key: kept for 24 h of clock, errors of the server included; a key whose first call still runs
 * is a conflict, one that comes again with another call is refused.
 */
export class IdempotencyKeys {
  readonly #kept = new Map<string, KeptAnswer>();
  readonly #running = new Set<string>();

  /**
   * Takes a key for a call.
   * @returns the answer to give again; null: go on, then `end`
   * @throws StripeError idempotency_error, 400 or 409
   */
  begin(key: string, call: string, now: number): KeptAnswer | null {
    if (key.length > 255) throw new StripeError(400, "Idempotency keys can be at most 255 characters long.");
    if (this.#running.has(key)) {
      const message = `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}.`;
      throw new StripeError(409, message, { type: "idempotency_error", code: "idempotency_key_in_use" });
    }
    const kept = this.#kept.get(key);
    if (kept && now - kept.at < KEPT_SECONDS) {
      if (kept.call === call) return kept;
      const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`;
      throw new StripeError(400, message, { type: "idempotency_error" });
    }
    this.#kept.delete(key);
    this.#running.add(key);
    return null;
  }

  /** @param answer null: the call was refused before it began, so nothing is kept */
  end(key: string, answer: KeptAnswer | null): void {
    this.#running.delete(key);
    if (answer) this.#kept.set(key, answer);
  }

  forgetBefore(now: number): void {
    for (const [key, { at }] of this.#kept) if (now - at >= KEPT_SECONDS) this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }

  toJSON(): [string, KeptAnswer][] {
    return [...this.#kept];
  }

  restore(entries: [string, KeptAnswer][]): void {
    for (const [key, kept] of entries) this.#kept.set(key, kept);
  }
}
