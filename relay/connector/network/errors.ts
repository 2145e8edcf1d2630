/** No answer within the time. */
export class NoAnswerError extends Error {
  readonly code = "ETIMEDOUT";
  override name = "NoAnswerError";
}

/** The proxy on the way does not let us through. */
export class ProxyRefusedError extends Error {
  override name = "ProxyRefusedError";
  /** What it answered to CONNECT. */
  readonly status: number;

  constructor(status: number) {
    super(status === 407 ? "the proxy wants a user and password (407)" : `the proxy refuses (${status})`);
    this.status = status;
  }
}
