/** What was started, to be stopped in the opposite order. */
export class Resources {
  private cleanups: (() => Promise<unknown> | unknown)[] = [];
  private closed = false;

  /** Remembers how to end something. Once closed, it is ended at once: whoever starts it now does so too late. */
  async keep(cleanup: () => Promise<unknown> | unknown): Promise<void> {
    if (!this.closed) return void this.cleanups.push(cleanup);
    await cleanup();
    throw new Error("the time of this part is over");
  }

  /** Ends everything; one that fails does not keep the others running. @returns what went wrong */
  async close(): Promise<unknown[]> {
    this.closed = true;
    const faults: unknown[] = [];
    while (this.cleanups.length > 0) {
      const cleanup = this.cleanups.pop()!;
      try {
        await cleanup();
      } catch (error) {
        faults.push(error);
      }
    }
    return faults;
  }
}
