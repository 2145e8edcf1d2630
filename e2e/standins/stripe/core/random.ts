import { randomInt } from "node:crypto";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Ids and dice. With a seed the same run gives the same ids and the same faults. */
export class Random {
  #state: number | null;

  constructor(seed: number | null) {
    this.#state = seed === null ? null : seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    if (this.#state === null) return randomInt(2 ** 32) / 2 ** 32;
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  id(prefix: string, length = 24): string {
    let id = `${prefix}_`;
    for (let i = 0; i < length; i++) id += LETTERS[Math.floor(this.next() * LETTERS.length)];
    return id;
  }
}
