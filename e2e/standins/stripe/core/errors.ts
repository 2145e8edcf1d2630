export type ErrorType = "invalid_request_error" | "idempotency_error" | "card_error" | "api_error";

/** An answer that is an error, in the shape Stripe gives it. */
export class StripeError extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly code: string | null;
  readonly param: string | null;
  /** More fields of the error object, e.g. `decline_code`, `payment_intent`. */
  readonly fields: Record<string, unknown>;
  /** What `stripe-should-retry` says; null leaves the header out. */
  readonly shouldRetry: boolean | null;

  constructor(
    status: number,
    message: string,
    more: {
      type?: ErrorType;
      code?: string;
      param?: string;
      fields?: Record<string, unknown>;
      shouldRetry?: boolean;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.type = more.type ?? "invalid_request_error";
    this.code = more.code ?? null;
    this.param = more.param ?? null;
    this.fields = more.fields ?? {};
    this.shouldRetry = more.shouldRetry ?? null;
  }

  body(requestId: string): { error: Record<string, unknown> } {
    const { type, code, param, message, fields } = this;
    return {
      error: {
        ...(code === null
          ? {}
          : { code, doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}` }),
        message,
        ...(param === null ? {} : { param }),
        request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
        type,
        ...fields,
      },
    };
  }
}

/** 400 with what is wrong with one parameter. */
export function badParam(param: string, message: string, code = "parameter_invalid"): StripeError {
  return new StripeError(400, message, { code, param });
}

/** What Stripe says to an id it does not know: 404 in a path, 400 in a parameter. */
export function noSuch(kind: string, id: string, param = "id", status = 404): StripeError {
  return new StripeError(status, `No such ${kind}: '${id}'`, { code: "resource_missing", param });
}
