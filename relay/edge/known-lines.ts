import { KnownFields, type RequestHead } from "../protocol/http1/index.ts";
import type { Forwarding } from "./forwarding.ts";
import type { HostMatch } from "./host.ts";

/** A connection whose requests differ each time is not looked at any more after so many of them. */
const MAX_MISSES = 8;

/** What follows from the field lines of a request alone; each is found out by who needs it first. */
export interface Derived {
  host: HostMatch | null;
  forwarding: Forwarding | null;
  /** Undefined before it was looked for. */
  secret: string | null | undefined;
  /** What goes to the upstream behind the request line. */
  lines: Buffer | null;
}

/** The field lines of a connection's last request, and what was found out of them. */
export class KnownLines {
  fields: KnownFields | null = null;
  private derived: Derived = nothing();
  private misses = 0;

  /** Takes note of a request that was parsed with `fields` in hand. */
  note(head: RequestHead): void {
    if (head.known !== null) {
      this.misses = 0;
      return;
    }
    if (this.misses >= MAX_MISSES) return;
    this.misses++;
    this.fields = this.misses < MAX_MISSES ? KnownFields.of(head) : null;
    this.derived = nothing();
    head.known = this.fields;
  }

  /** What is known of the lines of this head; null when they are others. */
  of(head: RequestHead): Derived | null {
    return head.known !== null && head.known === this.fields ? this.derived : null;
  }
}

function nothing(): Derived {
  return { host: null, forwarding: null, secret: undefined, lines: null };
}
