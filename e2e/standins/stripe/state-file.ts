import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import type { KeptAnswer } from "./core/idempotency.ts";
import type { Stored } from "./core/table.ts";
import type { World } from "./world.ts";

interface Kept {
  version: 1;
  /** Unix seconds. */
  now: number;
  /** Where the pages were; addresses of pages are kept with what they show. */
  url: string;
  sequence: number;
  keys: [string, KeptAnswer][];
  state: Record<string, Stored[]>;
}

/** Keeps the account in a file (0600), so that what was answered outlives a kill. */
export class StateFile {
  readonly #path: string;
  readonly #world: World;
  #dirty = false;
  #writing: Promise<void> | null = null;
  #urlBefore: string | null = null;

  constructor(world: World, path: string) {
    this.#path = path;
    this.#world = world;
    this.#restore();
    world.onChange = () => {
      this.#dirty = true;
    };
  }

  /** The pages have moved since the run before: so do their addresses. */
  moveAddresses(): void {
    const { state, keys, url } = this.#world;
    const before = this.#urlBefore;
    if (before === null || before === url) return;
    const moved = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(before, url));
    const kept = moved(state);
    state.clear();
    state.restore(kept);
    keys.restore(moved(keys));
    this.#world.onChange();
  }

  /** Resolves when everything that has changed by now is in the file. Writes at once are one write. */
  async saved(): Promise<void> {
    while (this.#dirty || this.#writing) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = null;
      });
      await this.#writing;
    }
  }

  async #write(): Promise<void> {
    this.#dirty = false;
    const { state, keys, clock, sequence, url } = this.#world;
    const kept = { version: 1, now: clock.now(), url, sequence, keys, state };
    const temporary = `${this.#path}.tmp`;
    await writeFile(temporary, JSON.stringify(kept), { mode: 0o600 });
    await rename(temporary, this.#path);
  }

  #restore(): void {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    const kept = JSON.parse(text) as Kept;
    this.#world.state.restore(kept.state);
    this.#world.keys.restore(kept.keys);
    this.#world.sequence = kept.sequence;
    this.#world.clock.moveTo(kept.now);
    this.#urlBefore = kept.url;
  }
}
