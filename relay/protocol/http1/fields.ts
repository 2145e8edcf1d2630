import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from "./characters.ts";
import { HEAD_INCOMPLETE, HeadFault } from "./faults.ts";
import { fieldKind } from "./field-kinds.ts";
import { MAX_FIELDS } from "./limits.ts";

const WIDTH = 5;

/** Field lines of one head as offsets into its buffer. Reused from head to head; holds no bytes itself. */
export class FieldTable {
  count = 0;
  private readonly cells = new Int32Array(MAX_FIELDS * WIDTH);

  kind(index: number): number {
    return this.cells[index * WIDTH];
  }
  /** Start of the field line. */
  nameStart(index: number): number {
    return this.cells[index * WIDTH + 1];
  }
  nameEnd(index: number): number {
    return this.cells[index * WIDTH + 2];
  }
  /** Value without the white space around it. */
  valueStart(index: number): number {
    return this.cells[index * WIDTH + 3];
  }
  valueEnd(index: number): number {
    return this.cells[index * WIDTH + 4];
  }
  /** End of the field line, after its CRLF: where the next line starts. */
  lineEnd(index: number, endOfFields: number): number {
    return index + 1 < this.count ? this.cells[(index + 1) * WIDTH + 1] : endOfFields;
  }

  /** Index of the first field of a kind, -1 when there is none. */
  find(kind: number): number {
    for (let i = 0; i < this.count; i++) if (this.cells[i * WIDTH] === kind) return i;
    return -1;
  }

  /** All of it, as offsets from `start`. */
  copyCells(start: number): Int32Array {
    const cells = this.cells.slice(0, this.count * WIDTH);
    for (let i = 0; i < cells.length; i++) if (i % WIDTH !== 0) cells[i] -= start;
    return cells;
  }

  /** Takes a copy back, for the same lines at `start`. */
  setCells(copy: Int32Array, start: number): void {
    const { cells } = this;
    for (let i = 0; i < copy.length; i += WIDTH) {
      cells[i] = copy[i];
      cells[i + 1] = copy[i + 1] + start;
      cells[i + 2] = copy[i + 2] + start;
      cells[i + 3] = copy[i + 3] + start;
      cells[i + 4] = copy[i + 4] + start;
    }
    this.count = copy.length / WIDTH;
  }

  add(kind: number, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const at = this.count++ * WIDTH;
    const cells = this.cells;
    cells[at] = kind;
    cells[at + 1] = nameStart;
    cells[at + 2] = nameEnd;
    cells[at + 3] = valueStart;
    cells[at + 4] = valueEnd;
  }
}

/**
 * Reads field lines up to and with the empty line. Refuses what another reader could read in a second way: a bare CR
 * or LF, a folded line, white space before the colon, control characters (RFC 9112 sections 2.2, 5.1, 5.2).
 *
 * @returns offset after the empty line, `HEAD_INCOMPLETE`, or a `HeadFault`
 */
export function parseFields(table: FieldTable, bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  table.count = 0;
  for (;;) {
    if (at >= to) return HEAD_INCOMPLETE;
    let byte = bytes[at];
    if (byte === CR) {
      if (at + 1 >= to) return HEAD_INCOMPLETE;
      return bytes[at + 1] === LF ? at + 2 : HeadFault.malformed;
    }
    const nameStart = at;
    while (TOKEN[byte] === 1) {
      if (++at >= to) return HEAD_INCOMPLETE;
      byte = bytes[at];
    }
    if (byte !== COLON || at === nameStart) return HeadFault.malformed;
    const nameEnd = at++;
    while (at < to && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    while (at < to && VALUE[bytes[at]] === 1) at++;
    if (at >= to) return HEAD_INCOMPLETE;
    if (bytes[at] !== CR) return HeadFault.malformed;
    if (at + 1 >= to) return HEAD_INCOMPLETE;
    if (bytes[at + 1] !== LF) return HeadFault.malformed;
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    if (table.count === MAX_FIELDS) return HeadFault.headTooLarge;
    table.add(fieldKind(bytes, nameStart, nameEnd), nameStart, nameEnd, valueStart, valueEnd);
    at += 2;
  }
}
