/** What has to be undone at the end, in reverse. One failure does not keep the rest from being undone. */
export class Cleanups {
  readonly #steps: (() => unknown)[] = [];

  add(undo: () => unknown): void {
    this.#steps.push(undo);
  }

  /** @throws AggregateError of what failed, after all was tried */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.#steps.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be stopped");
  }
}
