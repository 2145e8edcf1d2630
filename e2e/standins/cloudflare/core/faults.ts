/** Calls that a fault is for. `path` is matched against path and query. */
export interface FaultMatch {
  readonly method?: string;
  readonly path: RegExp;
}

export interface FaultAnswer {
  readonly status: number;
  readonly code?: number;
  readonly message?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  /** The call is carried out, and then answered so all the same. */
  readonly done?: boolean;
  /** No answer comes at all, the connection stays open. */
  readonly hang?: boolean;
  /** Waited before the answer; with `status` 200 the call's own answer is given late. */
  readonly delayMs?: number;
}

/** What goes wrong next, in the order in which it was asked for. */
export class Faults {
  readonly #waiting: { match: FaultMatch; answer: FaultAnswer; left: number }[] = [];

  add(match: FaultMatch, answer: FaultAnswer, times: number): void {
    this.#waiting.push({ match, answer, left: times });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  take(method: string, target: string): FaultAnswer | null {
    const found = this.#waiting.find(
      ({ match }) => (match.method === undefined || match.method === method) && match.path.test(target),
    );
    if (!found) return null;
    found.left -= 1;
    if (found.left <= 0) this.#waiting.splice(this.#waiting.indexOf(found), 1);
    return found.answer;
  }
}
