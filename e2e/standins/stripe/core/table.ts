import { noSuch } from "./errors.ts";

/** Anything Stripe keeps under an id. Fields that start with `_` are ours and never leave. */
export interface Stored {
  id: string;
}

/** Objects of one kind, in the order in which they were made. */
export class Table<T extends Stored> {
  /** What an error calls one of them. */
  readonly kind: string;
  readonly #rows = new Map<string, T>();

  constructor(kind: string) {
    this.kind = kind;
  }

  add(row: T): T {
    this.#rows.set(row.id, row);
    return row;
  }

  find(id: string): T | undefined {
    return this.#rows.get(id);
  }

  /** @throws StripeError 404 resource_missing; 400 when the id came in a parameter */
  get(id: string, param?: string): T {
    const row = this.#rows.get(id);
    if (!row) throw param === undefined ? noSuch(this.kind, id) : noSuch(this.kind, id, param, 400);
    return row;
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  clear(): void {
    this.#rows.clear();
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Oldest first. */
  values(): IterableIterator<T> {
    return this.#rows.values();
  }

  filter(wanted: (row: T) => boolean): T[] {
    return [...this.#rows.values()].filter(wanted);
  }

  /** Newest first, as lists of Stripe are. */
  newest(wanted: (row: T) => boolean = () => true): T[] {
    return this.filter(wanted).reverse();
  }
}
