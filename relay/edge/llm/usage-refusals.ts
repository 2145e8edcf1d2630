/** An upstream that refused to be asked for usage is not asked for so long, ms. */
const REMEMBERED_MS = 3_600_000;
/** Endpoints remembered; one is about 100 bytes. */
const MAX_ENDPOINTS = 10_000;

/** Endpoints whose upstream answers `stream_options` with an error. */
export class UsageRefusals {
  private readonly until = new Map<string, number>();

  /** @param now ms since the epoch */
  add(endpointId: string, now: number): void {
    // The oldest goes first; asking it again costs one more refused request.
    if (this.until.size >= MAX_ENDPOINTS) this.until.delete(this.until.keys().next().value ?? "");
    this.until.set(endpointId, now + REMEMBERED_MS);
  }

  has(endpointId: string, now: number): boolean {
    const until = this.until.get(endpointId);
    if (until === undefined) return false;
    if (now < until) return true;
    this.until.delete(endpointId);
    return false;
  }
}
