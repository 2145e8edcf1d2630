/** What went wrong, for transports: each maps a kind to its own status once. */
export const errorKinds = [
  "not_found",
  "conflict",
  "forbidden",
  "unauthorized",
  "invalid",
  "limit",
  "precondition",
  "unavailable",
  "internal",
] as const;
export type ErrorKind = (typeof errorKinds)[number];

/**
 * An expected answer of a rule. `kind` is for transports, `code` for programs (stable, snake_case, documented), the
 * message is a sentence a person can act on. Never put a secret into any of them.
 *
 * @param details shown to the caller: `field` names the wrong input, `limit` and `used` explain a `limit`
 */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    details: Record<string, unknown> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = "DomainError";
    this.kind = kind;
    this.code = code;
    this.details = details;
  }
}
