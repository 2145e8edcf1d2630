/** Requests in progress of one endpoint. */
export interface Running {
  count: number;
}

/** Requests in progress by endpoint. */
export class InFlight {
  private readonly byEndpoint = new Map<string, Running>();

  /** Count in it at once, or ask for it again: what is at rest may be forgotten. */
  of(endpointId: string): Running {
    let running = this.byEndpoint.get(endpointId);
    if (running === undefined) {
      running = { count: 0 };
      this.byEndpoint.set(endpointId, running);
    }
    return running;
  }

  /** Forgets endpoints that have none. Call now and then. */
  sweep(): void {
    for (const [endpointId, { count }] of this.byEndpoint)
      if (count === 0) this.byEndpoint.delete(endpointId);
  }
}
